#!/bin/sh
# Runs the tests that match the regular expressions given as a user who is nobody. What such a user cannot reach is
# not tried, and that is said.
set -u
nobody=65534
bundle=$(pwd)/.build/debug/plumbPackageTests.xctest

skip() {
    echo "Not tried as an ordinary user: $1."
    exit 0
}

[ "$(id -u)" = 0 ] || skip 'whoever runs these tests is one'
command -v setpriv >/dev/null || skip 'setpriv is not installed'
become="setpriv --reuid $nobody --regid $nobody --clear-groups --"
$become test -x "$bundle" || skip "$bundle is closed to others"
$become test -r Package.swift || skip "$(pwd) is closed to others"
$become "$bundle" --testing-library swift-testing --list-tests >/dev/null 2>&1 ||
    skip "the libraries of Swift are closed to others"

place=$(mktemp -d) && chown "$nobody:$nobody" "$place" || exit 1
trap 'rm -rf "$place"' EXIT
for filter in "$@"; do
    set -- "$@" --filter "$filter"
    shift
done
cd / || exit 1
env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME="$place" TMPDIR="$place" ${PLUMB_SEED:+PLUMB_SEED="$PLUMB_SEED"} \
    $become "$bundle" --testing-library swift-testing --no-parallel "$@" 2>&1
