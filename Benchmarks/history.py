#!/usr/bin/env python3
"""Measures a repository with a long history and many files: read where it stands, and fetched from a server.

Usage: history.py BUILD_DIRECTORY [COMMITS [FILES [ROUNDS]]]

The defaults are 50,000 commits and 10,000 files. Prints one figure a line; whatever was started is ended again.
"""
import hashlib
import hmac
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from datetime import datetime, timezone

import fleet

STOPPED = fleet.INSTANCE + "  desired: stopped\n"
SECRET = b"bench"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fill(host, commits, files):
    """Writes the history with fast-import: every commit changes one of the files."""
    importer = subprocess.Popen(["git", "-C", host.repo, "fast-import", "--quiet", "--force"], stdin=subprocess.PIPE)

    def put(path, text):
        data = text.encode()
        importer.stdin.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")

    for number in range(commits):
        who = f"committer Bench <bench@example.org> {1_500_000_000 + number} +0000\n"
        importer.stdin.write(f"commit refs/heads/main\n{who}data 2\n.\n\n".encode())
        if number == 0:
            put("unit.yaml", fleet.UNIT)
            put("stamped.yaml", fleet.STAMPED % 0)
            for index in range(files - 2):
                put(f"d{index % 100}/s{index}.yaml", STOPPED % index)
        else:
            index = number % (files - 2)
            put(f"d{index % 100}/s{index}.yaml", STOPPED % index + f"# {number}\n")
    importer.stdin.close()
    if importer.wait() != 0:
        raise SystemExit("git fast-import failed")


def accepted(host, commit):
    def check():
        found = host.get("/v1/status")["source"].get("accepted")
        return found if found and found["commit"] == commit else None
    return check


def begin(host, *more):
    words = [os.path.join(host.build, "plumb"), "agent", "--node", "bench", "--state-dir",
             os.path.join(host.root, "state"), "--runtime-dir", host.runtime, "--listen", "127.0.0.1:0",
             "--on-exit", "stop", *more]
    log = open(os.path.join(host.root, "agent.log"), "a")
    moment = time.monotonic()
    host.agent = subprocess.Popen(words, stdout=log, stderr=log)
    host.wait(accepted(host, host.git("rev-parse", "main")))
    return time.monotonic() - moment


def commit(host, number):
    """A commit of one file on top of main, without a work tree."""
    blob = subprocess.run(["git", "-C", host.repo, "hash-object", "-w", "--stdin"], input=fleet.STAMPED % number,
                          text=True, capture_output=True, check=True).stdout.strip()
    index = {**os.environ, "GIT_INDEX_FILE": os.path.join(host.root, "index")}
    for words in (["read-tree", "main"], ["update-index", "--cacheinfo", f"100644,{blob},stamped.yaml"]):
        subprocess.run(["git", "-C", host.repo, *words], env=index, check=True)
    tree = subprocess.run(["git", "-C", host.repo, "write-tree"], env=index, text=True, capture_output=True,
                          check=True).stdout.strip()
    return host.git("commit-tree", tree, "-p", "main", "-m", f"round {number}")


def seconds_of(text):
    """A time as the agent writes it."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return moment + (float("0." + fraction) if fraction else 0)


def latencies(host, rounds, tell, first):
    """From the moment at which the ref moved to each stage, as the agent noted it. It is asked rarely: the answer about
    ten thousand Instances costs more than following a commit."""
    stages = {}
    for number in range(first, first + rounds):
        made = commit(host, number)
        ref = os.path.join(host.repo, ".git", "refs", "heads", "main")
        with open(ref + ".lock", "w") as file:
            file.write(made + "\n")
        moved = time.time()
        os.rename(ref + ".lock", ref)
        tell()

        def executing():
            time.sleep(0.2)
            found = host.get(f"/v1/revisions/{made}/trace")["stages"]
            return found if any(stage["stage"] == "executing" for stage in found) else None
        for stage in host.wait(executing):
            stages.setdefault(stage["stage"], []).append((seconds_of(stage["at"]) - moved) * 1000)
        time.sleep(1.1)
    names = [name for name in ("fetched", "seen", "decoded", "accepted", "planned", "executing") if name in stages]
    return "".join(
        f"\n  {name}: p50 {statistics.median(stages[name]):.1f} ms, least {min(stages[name]):.1f}, "
        f"most {max(stages[name]):.1f}" for name in names)


def rewound(host):
    """How long it takes to see that a commit without any common history would lose the accepted one."""
    tree = host.git("rev-parse", "main^{tree}")
    stranger = host.git("commit-tree", tree, "-m", "a stranger")
    moment = time.monotonic()
    host.git("update-ref", "refs/heads/main", stranger)
    host.wait(lambda: next((c for c in host.get("/v1/status")["conditions"] if c["type"] == "SourceRewound"), None))
    return (time.monotonic() - moment) * 1000


def kilobytes(path):
    return int(subprocess.check_output(["du", "-sk", path], text=True).split()[0])


def local(build, commits, files, rounds):
    host = fleet.Host(build)
    try:
        moment = time.monotonic()
        fill(host, commits, files)
        print(f"{commits} commits, {files} files: made in {time.monotonic() - moment:.1f} s, "
              f"{kilobytes(host.repo) // 1024} MB")
        print(f"local: agent started to accepted: {begin(host, '--repo', host.repo):.2f} s")
        print(f"local: from the ref moved on, {rounds} rounds:{latencies(host, rounds, lambda: None, 1)}")
        print(f"local: ref moved to rewind noticed, whole history walked: {rewound(host):.0f} ms")
    finally:
        host.close()


def remote(build, commits, files, rounds):
    host = fleet.Host(build)
    server = None
    try:
        fill(host, commits, files)
        git_port, hook_port = free_port(), free_port()
        server = subprocess.Popen(
            [os.path.join(subprocess.check_output(["git", "--exec-path"], text=True).strip(), "git-daemon"),
             "--listen=127.0.0.1", f"--port={git_port}", "--base-path=" + host.root, "--export-all", host.root],
            stderr=subprocess.DEVNULL)
        secret = os.path.join(host.root, "hook")
        with open(secret, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(SECRET)
        settings = os.path.join(host.root, "agent.yaml")
        with open(settings, "w") as file:
            file.write("apiVersion: plumb.dev/v1\nkind: Agent\n"
                       f'source: {{repo: "git://127.0.0.1:{git_port}/repo", ref: {{branch: main}}, interval: 1h}}\n'
                       f'webhook: {{listen: "127.0.0.1:{hook_port}", secretFile: {secret}}}\n')
        time.sleep(0.5)

        def tell():
            proof = "sha256=" + hmac.new(SECRET, b"{}", hashlib.sha256).hexdigest()
            urllib.request.urlopen(urllib.request.Request(
                f"http://127.0.0.1:{hook_port}/", data=b"{}", headers={"X-Signature-256": proof}))

        took = begin(host, "--config", settings)
        mirror = os.path.join(host.root, "state", "source.git")
        print(f"remote: agent started to accepted, with the first fetch: {took:.2f} s; "
              f"mirror {kilobytes(mirror) // 1024} MB")
        print(f"remote: from the push on, told by a webhook, {rounds} rounds:{latencies(host, rounds, tell, 1)}")
        packs = [name for name in os.listdir(os.path.join(mirror, "objects", "pack")) if re.search("pack$", name)]
        print(f"remote: packs in the mirror after {rounds} fetches: {len(packs)}")
    finally:
        host.close()
        if server:
            server.terminate()
            server.wait()


def main():
    build = sys.argv[1]
    commits, files, rounds = (int(word) for word in (sys.argv[2:] + ["50000", "10000", "10"][len(sys.argv) - 2:]))
    local(build, commits, files, rounds)
    remote(build, commits, files, rounds)


if __name__ == "__main__":
    main()
