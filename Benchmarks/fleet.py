#!/usr/bin/env python3
"""Measures a running agent on this machine: starting, memory, idling, commit to exec, crash to running, adoption.

Usage: fleet.py BUILD_DIRECTORY [INSTANCES]

Prints one figure a line. Everything happens in a temporary directory, with the runtime directory on a tmpfs,
and whatever was started is ended again.
"""
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

UNIT = """apiVersion: plumb.dev/v1
kind: Unit
metadata: {name: sleeper}
spec:
  version: 1.0.0
  entry: {command: /bin/sleep, args: [infinity]}
"""

INSTANCE = """apiVersion: plumb.dev/v1
kind: Instance
metadata: {name: s%d}
spec:
  unit: sleeper
"""

STAMPED = """apiVersion: plumb.dev/v1
kind: Unit
metadata: {name: stamped}
spec:
  version: 1.0.0
  entry: {command: /bin/sleep, args: [infinity]}
  env: {ROUND: "%d"}
---
apiVersion: plumb.dev/v1
kind: Instance
metadata: {name: stamped}
spec:
  unit: stamped
  update: {minHealthyTime: 10ms}
  stop: {signal: SIGKILL}
  restart: {backoff: {initial: 50ms, max: 50ms, resetAfter: 1s}}
"""


class Host:
    """A repository, an agent on it, and the way to ask that agent."""

    def __init__(self, build):
        self.build = build
        self.root = tempfile.mkdtemp(prefix="plumb-bench-")
        self.runtime = tempfile.mkdtemp(prefix="plumb-bench-", dir="/dev/shm")
        self.repo = os.path.join(self.root, "repo")
        self.agent = None
        os.makedirs(self.repo)
        self.git("init", "-q", "-b", "main")

    def git(self, *words):
        identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0"]
        return subprocess.check_output(["git", "-C", self.repo, *identity, *words], text=True).strip()

    def write(self, path, text):
        with open(os.path.join(self.repo, path), "w") as file:
            file.write(text)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def start(self):
        words = [os.path.join(self.build, "plumb"), "agent", "--repo", self.repo, "--node", "bench",
                 "--state-dir", os.path.join(self.root, "state"), "--runtime-dir", self.runtime,
                 "--listen", "127.0.0.1:0", "--on-exit", "stop"]
        log = open(os.path.join(self.root, "agent.log"), "a")
        self.agent = subprocess.Popen(words, stdout=log, stderr=log)

    def get(self, path):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.path.join(self.runtime, "plumb.sock"))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: plumb\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while chunk := connection.recv(1 << 20):
                answer += chunk
        head, body = answer.split(b"\r\n\r\n", 1)
        if b"chunked" in head.lower():
            out = b""
            while body:
                size, rest = body.split(b"\r\n", 1)
                count = int(size, 16)
                if count == 0:
                    break
                out, body = out + rest[:count], rest[count + 2:]
            body = out
        return json.loads(body)

    def replicas(self):
        status = self.get("/v1/status")
        return {r["name"]: r for i in status["instances"] for r in i["replicas"]}

    def wait(self, condition, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if (found := condition()) is not None:
                    return found
            except (OSError, KeyError, ValueError):
                pass
            time.sleep(0.002)
        raise SystemExit("the condition was not met in time; see " + self.root)

    def all_ready(self, count):
        def check():
            replicas = self.replicas()
            ready = [r for r in replicas.values() if r["ready"] and r.get("pid")]
            return replicas if len(ready) == count else None
        return self.wait(check)

    def close(self):
        if self.agent and self.agent.poll() is None:
            self.agent.send_signal(signal.SIGTERM)
            self.agent.wait(120)
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.runtime, ignore_errors=True)


def started(replica):
    """The wall-clock second at which a replica's process was made."""
    text = replica["startedAt"].rstrip("Z")
    whole, _, fraction = text.partition(".")
    from datetime import datetime, timezone
    moment = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc)
    return moment.timestamp() + (float("0." + fraction) if fraction else 0)


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def private_kilobytes(pid):
    total = 0
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                total += int(line.split()[1])
    return total


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fleet(host, count):
    host.write("unit.yaml", UNIT)
    for index in range(count):
        host.write(f"s{index}.yaml", INSTANCE % index)
    host.commit("fleet")
    host.start()
    replicas = host.all_ready(count)
    times = sorted(started(r) for r in replicas.values())
    print(f"starting {count} instances: {count / max(times[-1] - times[0], 0.001):.0f} per second")
    keepers = {parent(r["pid"]) for r in replicas.values()}
    sizes = sorted(private_kilobytes(pid) for pid in keepers)
    print(f"private memory per keeper: median {statistics.median(sizes):.0f} kB, most {sizes[-1]} kB")
    time.sleep(5)
    seconds = 20
    before = cpu_seconds(host.agent.pid)
    time.sleep(seconds)
    used = cpu_seconds(host.agent.pid) - before
    print(f"agent idle with {count} runs: {100 * used / seconds:.2f} % of a core over {seconds} s")
    host.agent.kill()
    host.agent.wait()
    begun = time.monotonic()
    host.start()
    after = host.all_ready(count)
    took = time.monotonic() - begun
    same = sum(after[name]["pid"] == r["pid"] for name, r in replicas.items())
    print(f"agent killed -9 and started: {took:.2f} s until {same} of {count} runs are shown with the same pid")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def commits(host, rounds):
    host.write("stamped.yaml", STAMPED % 0)
    host.commit("stamped")
    host.start()

    def run_after(moment):
        def check():
            replica = host.replicas().get("stamped/0")
            if replica and replica["ready"] and started(replica) > moment:
                return replica
            return None
        return check

    host.wait(run_after(0))
    time.sleep(1)
    spans = []
    for number in range(1, rounds + 1):
        host.write("stamped.yaml", STAMPED % number)
        host.git("add", "-A")
        tree = host.git("write-tree")
        commit = host.git("commit-tree", tree, "-p", "HEAD", "-m", f"round {number}")
        moment = time.time()
        host.git("update-ref", "refs/heads/main", commit)
        replica = host.wait(run_after(moment))
        spans.append((started(replica) - moment) * 1000)
        time.sleep(0.1)
    print(f"commit to new process, {rounds} rounds, git update-ref included: "
          f"p50 {percentile(spans, 0.5):.1f} ms, p99 {percentile(spans, 0.99):.1f} ms")
    spans = []
    for _ in range(rounds):
        replica = host.wait(run_after(0))
        time.sleep(1.1)
        moment = time.time()
        os.kill(replica["pid"], signal.SIGKILL)
        spans.append((started(host.wait(run_after(moment))) - moment) * 1000)
    print(f"crash to new process, first crash, {rounds} rounds: "
          f"p50 {percentile(spans, 0.5):.1f} ms, p99 {percentile(spans, 0.99):.1f} ms")


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    build = os.path.abspath(sys.argv[1])
    for work in (lambda host: fleet(host, count), lambda host: commits(host, 50)):
        host = Host(build)
        try:
            work(host)
        finally:
            host.close()


if __name__ == "__main__":
    main()
