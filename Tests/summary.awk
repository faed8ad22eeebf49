# The end of `make test`, out of its log: what failed and why, in few lines, and the runner's own summary last.
# The summary is that of the last log, the failures are those of all.
# Where the runner was ended itself, the tests that had begun and not ended, and its last words.

BEGIN { issueLinesMax = 20; columnsMax = 400; lastWordsMax = 8 }

function name(line) {
    sub(/^[^ ]+ Test /, "", line)
    sub(/( with [0-9]+ test cases?)? (started\.|passed after|failed after).*$/, "", line)
    return line
}

function note(line) {
    issueLines++
    if (issueLines <= issueLinesMax) issues = issues substr(line, 1, columnsMax) "\n"
}

FNR == 1 {
    if (NR > 1 && summary == "") for (test in running) note("The earlier runner was ended in the middle of " test)
    if (summary ~ / failed after /) note("The earlier run: " summary)
    summary = ""
    split("", running)
}

{ words[FNR % lastWordsMax] = $0 }

/^[^ ]+ Test run with / { if (index($0, " tests")) { summary = $0 } isIssue = 0; next }
/^[^ ]+ Test (case passing |run started)/ { isIssue = 0; next }
/^[^ ]+ Test .* started\.$/ { running[name($0)] = 1; isIssue = 0; next }
/^[^ ]+ Test .* recorded an issue / { note($0); isIssue = 1; next }
/^[^ ]+ Test .* (passed|failed) after / { delete running[name($0)]; isIssue = 0; next }
/^↳ / { if (isIssue) note($0); next }
/: Fatal error: |: error: |^error: / { note($0) }
{ isIssue = 0 }

END {
    if (issueLines) printf "\nWhat failed:\n%s", issues
    if (issueLines > issueLinesMax) printf "and %d lines more in %s\n", issueLines - issueLinesMax, FILENAME
    if (summary == "") {
        print "\nThe runner was ended before its summary. Begun and not ended:"
        for (test in running) if (count++ < lastWordsMax) print "    " test
        print "Its last words:"
        for (i = FNR - lastWordsMax + 1; i <= FNR; i++) {
            if (i > 0) print "    " substr(words[i % lastWordsMax], 1, columnsMax)
        }
    } else {
        print summary
    }
}
