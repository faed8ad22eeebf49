#!/usr/bin/env python3
"""Measures what it takes to look at an agent with many runs: the console in a Chromium, the routes, the commands.

Usage: seeing.py BUILD_DIRECTORY [INSTANCES [ROUNDS]]

Prints a table, with the load of the machine beside it: figures of a busy machine say little. All processes are counted
against a control group of their own where the machine has such; whatever was started is ended again.
"""
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import fleet

ROUTES = [
    "/v1/status", "/v1/instances", "/v1/instances?limit=1000", "/v1/instances?health=unhealthy", "/v1/instances/s7",
    "/v1/replicas?limit=1000", "/v1/runs?limit=1000", "/v1/units", "/v1/events?limit=500", "/v1/audit", "/v1/plan",
    "/v1/discovery?service=web", "/metrics", "/healthz", "/readyz",
]
COMMANDS = [
    ["status"], ["status", "-o", "json"], ["status", "s7"], ["get", "instances"], ["get", "instances", "-o", "json"],
    ["describe", "instance", "s7"], ["top"], ["tree", "s7"], ["events"], ["plan"], ["why", "s7/0"],
]

# Told by the page itself: when its first row stood there, and when all of the picture had come.
WATCH = """
const seen = {row: null, whole: null};
const look = () => {
  if (seen.row === null && document.querySelector('table.instances tbody th.name')) seen.row = performance.now();
  if (seen.whole === null && typeof state !== 'undefined' && state.isWhole) seen.whole = performance.now();
  if (seen.row === null || seen.whole === null) requestAnimationFrame(look);
};
requestAnimationFrame(look);
window.seenByBenchmark = seen;
"""


class Pids:
    """A control group that bounds how many processes there can be."""

    def __init__(self, most):
        self.path = None
        for root in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup"):
            path = f"{root}/plumb-seeing-{os.getpid()}"
            try:
                os.mkdir(path)
                with open(path + "/pids.max", "w") as file:
                    file.write(str(most))
                self.put(path, root)
                return
            except OSError:
                if os.path.isdir(path):
                    os.rmdir(path)
        print("no pids control group here: the number of processes is not bounded", file=sys.stderr)

    def put(self, path, root):
        with open(path + "/cgroup.procs", "w") as file:
            file.write(str(os.getpid()))
        self.path, self.root = path, root

    def leave(self):
        if not self.path:
            return
        with open(self.root + "/cgroup.procs", "w") as file:
            file.write(str(os.getpid()))
        for _ in range(100):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.1)


class Browser:
    """A headless Chromium that is spoken to over two pipes."""

    def __init__(self, program):
        self.directory = tempfile.mkdtemp(prefix="plumb-bench-")
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def pipes():
            # Beyond 3 and 4 first, or one may be written over before it is copied.
            far_in, far_out = os.dup(theirs_in), os.dup(theirs_out)
            high_in, high_out = 200, 201
            os.dup2(far_in, high_in)
            os.dup2(far_out, high_out)
            os.dup2(high_in, 3)
            os.dup2(high_out, 4)

        words = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--remote-debugging-pipe", f"--user-data-dir={self.directory}", "--window-size=1440,900", "about:blank"]
        self.process = subprocess.Popen(words, preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.input, self.output = os.fdopen(ours_in, "rb", 0), os.fdopen(ours_out, "wb", 0)
        self.number, self.rest, self.session = 0, b"", None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")
        self.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.output.write(json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                chunk = self.input.read(1 << 20)
                if not chunk:
                    raise SystemExit("the browser has ended")
                self.rest += chunk
            one, self.rest = self.rest.split(b"\0", 1)
            answer = json.loads(one)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]

    def value(self, script):
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    def look(self, page):
        """Milliseconds from the beginning of the navigation to the first paint, the first row, the whole picture."""
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=page)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            seen = self.value("window.seenByBenchmark && seenByBenchmark.whole !== null && seenByBenchmark.row !== null"
                              " && {...seenByBenchmark, paint: (performance.getEntriesByName('first-contentful-paint')"
                              "[0] || {}).startTime, count: state.instances.size}")
            if seen and seen.get("paint") is not None:
                return seen
            time.sleep(0.05)
        raise SystemExit("the console shows no rows within 60 s")

    def close(self):
        self.output.close()
        self.input.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def exchange(path, where):
    """Milliseconds until the first byte and the last of an answer, and its bytes."""
    begun = time.monotonic()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(where)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: plumb\r\nConnection: close\r\n\r\n".encode())
        count, first, head = 0, None, b""
        while chunk := connection.recv(1 << 20):
            first = first or time.monotonic()
            head = head or chunk[:12]
            count += len(chunk)
    if head[9:12] not in (b"200", b"404"):
        raise SystemExit(f"{path}: {head}")
    return (first - begun) * 1000, (time.monotonic() - begun) * 1000, count


def line(what, spans, more=""):
    most = fleet.percentile(spans, 0.95)
    print(f"{what:44} {statistics.median(spans):8.1f} {most:8.1f}   {more:14} {os.getloadavg()[0]:5.1f}", flush=True)


def seen(host, count, rounds):
    print(f"{'with %d runs' % count:44} {'p50 ms':>8} {'p95 ms':>8}   {'':14} {'load':>5}")
    where = os.path.join(host.runtime, "plumb.sock")
    for path in ROUTES:
        answers = [exchange(path, where) for _ in range(rounds)]
        line("GET " + path, [whole for _, whole, _ in answers], f"{answers[-1][2] / 1024:.0f} KiB")
    program = os.path.join(host.build, "plumb")
    for words in COMMANDS:
        spans = []
        for _ in range(rounds):
            begun = time.monotonic()
            done = subprocess.run([program, *words, "--socket", where], capture_output=True)
            if done.returncode != 0:
                raise SystemExit(f"{words}: {done.stderr.decode()}")
            spans.append((time.monotonic() - begun) * 1000)
        line("plumb " + " ".join(words), spans, f"{len(done.stdout) / 1024:.0f} KiB")
    console(host, count, rounds)


def console(host, count, rounds):
    program = shutil.which("chromium")
    if not program:
        print("the console is not looked at: there is no chromium here")
        return
    with open(os.path.join(host.root, "agent.log")) as file:
        page = next(word for word in file.read().split() if word.startswith("http://127.0.0.1:"))
    browser = Browser(program)
    try:
        looks = [browser.look(page.replace("/v1/status", "/")) for _ in range(rounds + 1)][1:]
    finally:
        browser.close()
    if looks[-1]["count"] != count:
        raise SystemExit(f"the console knows {looks[-1]['count']} Instances of {count}")
    line("console: first paint", [look["paint"] for look in looks])
    line("console: first row", [look["row"] for look in looks])
    line("console: everything is known", [look["whole"] for look in looks])


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    pids = Pids(2 * count + 400)
    host = fleet.Host(os.path.abspath(sys.argv[1]))
    try:
        host.write("unit.yaml", fleet.UNIT)
        for index in range(count):
            host.write(f"s{index}.yaml", fleet.INSTANCE % index)
        host.commit("fleet")
        host.start()
        host.all_ready(count)
        # What was started has to be proven before it counts as settled.
        time.sleep(5)
        seen(host, count, rounds)
    finally:
        host.close()
        pids.leave()


if __name__ == "__main__":
    main()
