"""Scenarios that want a kernel of their own: its clock, its control groups, its boots.

Runs inside the guest. Prints `GUEST passed`, or `GUEST failed: why`, as its last word.
"""

import json
import os
import subprocess
import sys
import time
import traceback

PLUMB = os.environ["GUEST_PLUMB"]
REPO, STATE, RUNTIME = "/mnt/repo", "/mnt/state", "/run/plumb"
UNIT = """apiVersion: plumb.dev/v1
kind: Unit
metadata: {name: %s}
spec:
  version: 1.0.0
  profile: %s
  entry: {command: /bin/sh, args: [-c, %s]}
"""
INSTANCE = """---
apiVersion: plumb.dev/v1
kind: Instance
metadata: {name: %s}
spec:
  unit: %s
"""


def say(text):
    print(f"guest: {text}", flush=True)


def boottime():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def until(what, check, seconds=60):
    deadline = boottime() + seconds
    while True:
        value = check()
        if value:
            return value
        if boottime() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def git(*arguments):
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "safe.directory=*"]
    subprocess.run(["git", *identity, "-C", REPO, *arguments], check=True, stdout=subprocess.DEVNULL)


def declaration(name, script, profile="keepalive", blocks=""):
    text = UNIT % (name, profile, json.dumps(script)) + INSTANCE % (name, name)
    return text + "".join(f"  {line}\n" for line in blocks.strip().splitlines())


def commit(files):
    if not os.path.isdir(REPO + "/.git"):
        os.makedirs(REPO, exist_ok=True)
        subprocess.run(["git", "init", "-q", "-b", "main", REPO], check=True)
    for name, text in files.items():
        with open(f"{REPO}/{name}", "w") as file:
            file.write(text)
    git("add", "-A")
    git("commit", "-q", "-m", "Declare " + " ".join(files))


class Agent:
    def __init__(self):
        self.log = open("/run/agent.log", "ab")
        self.process = subprocess.Popen(
            [PLUMB, "agent", "--repo", REPO, "--state-dir", STATE, "--runtime-dir", RUNTIME,
             "--listen", "127.0.0.1:0", "--node", "guest"],
            stdout=self.log, stderr=self.log, start_new_session=True)

    def plumb(self, *arguments):
        done = subprocess.run(
            [PLUMB, *arguments, "--socket", RUNTIME + "/plumb.sock"], capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else ""

    def replicas(self):
        answer = self.plumb("status", "-o", "json")
        instances = json.loads(answer)["instances"] if answer else []
        return {replica["name"]: replica for one in instances for replica in one["replicas"]}

    def events(self):
        answer = self.plumb("events", "-n", "500", "-o", "json")
        return json.loads(answer)["items"] if answer else []

    def kill(self):
        self.process.kill()
        self.process.wait()


def running(agent, *names):
    def check():
        replicas = agent.replicas()
        if all(replicas.get(name, {}).get("phase") == "Running" for name in names):
            return replicas
    return until(f"{', '.join(names)} run", check)


def reboot_before():
    """Runs, a finished job and a job under way; then the power fails."""
    commit({
        "web.yaml": declaration("web", "exec sleep 100000", blocks="replicas: 2"),
        "done.yaml": declaration("done", "echo once >> /mnt/done; sync", "oneshot"),
        "long.yaml": declaration("long", "echo begun >> /mnt/long; sync; exec sleep 100000", "oneshot"),
    })
    agent = Agent()
    before = running(agent, "web/0", "web/1", "long/0")
    until("the job is done", lambda: agent.replicas()["done/0"]["phase"] == "Succeeded")
    with open("/mnt/before.json", "w") as file:
        json.dump(before, file)
    os.sync()


def reboot_after():
    """Nothing is taken for what it was; what is declared runs anew; a job that is done stays done."""
    with open("/mnt/before.json") as file:
        before = json.load(file)
    agent = Agent()
    after = running(agent, "web/0", "web/1", "long/0")
    for name in ["web/0", "web/1", "long/0"]:
        expect(after[name]["runId"] != before[name]["runId"], f"{name} is said to be the run of before")
        exit = after[name].get("lastExit") or {}
        expect(exit.get("text") == "the host was restarted", f"{name} does not say that a reboot ended it: {exit}")
        expect(os.path.exists(f"/proc/{after[name]['pid']}"), f"{name} has no process")
    expect(agent.replicas()["done/0"]["phase"] == "Succeeded", "the finished job is not finished any more")
    with open("/mnt/done") as file:
        expect(file.read() == "once\n", "the finished job ran again")
    processes = subprocess.run(["pgrep", "-fc", "sleep 100000"], capture_output=True, text=True)
    expect(processes.stdout.strip() == "3", f"{processes.stdout.strip()} processes where three are declared")


STEPS = [3600, -3600, 10 * 365 * 86400, -20 * 365 * 86400]


def clock():
    """The wall clock leaps by an hour and by ten years: backoff and probes keep to their own time."""
    crash = "echo begun >> /run/crash; cut -d' ' -f1 /proc/uptime >> /run/starts; exit 1"
    backoff = "restart: {backoff: {initial: 3s, factor: 1, jitter: 0, max: 3s}}"
    probe = """health:
  readiness: {exec: {command: [/bin/sh, -c, 'echo >> /run/probes']}, period: 1s, timeout: 5s}
  liveness: {exec: {command: [/bin/true]}, period: 1s, timeout: 5s}"""
    commit({
        "crash.yaml": declaration("crash", crash, blocks=backoff),
        "web.yaml": declaration("web", "exec sleep 100000", blocks=probe),
    })
    agent = Agent()
    before = running(agent, "web/0")["web/0"]
    until("web is ready", lambda: agent.replicas()["web/0"]["ready"])

    def count(path):
        with open(path) as file:
            return len(file.readlines())

    until("it crashes", lambda: os.path.exists("/run/starts") and count("/run/starts") >= 2)
    for step in STEPS:
        starts, probes, begun = count("/run/starts"), count("/run/probes"), boottime()
        time.clock_settime(time.CLOCK_REALTIME, time.time() + step)
        until(f"two more starts after a leap of {step} s", lambda: count("/run/starts") >= starts + 2)
        until(f"two more probes after a leap of {step} s", lambda: count("/run/probes") >= probes + 2)
        say(f"{step:+} s: two starts and two probes within {boottime() - begun:.1f} s")
    with open("/run/starts") as file:
        moments = [float(line) for line in file]
    gaps = [later - earlier for earlier, later in zip(moments[1:], moments[2:])]
    expect(all(2.9 <= gap < 60 for gap in gaps), f"the backoff of 3 s was kept as {gaps}")
    after = agent.replicas()["web/0"]
    expect(after["pid"] == before["pid"] and after["restarts"] == before["restarts"], f"web was restarted: {after}")
    expect(after["ready"], "web is not ready any more")
    expect(len(agent.events()) > 10, "events are lost")
    agent.kill()
    adopted = running(Agent(), "web/0")
    expect(adopted["web/0"]["pid"] == before["pid"], "the next agent did not adopt web")


def limits():
    import limits
    limits.play()


def main():
    try:
        {"reboot-before": reboot_before, "reboot-after": reboot_after, "clock": clock, "limits": limits}[sys.argv[1]]()
        print("GUEST passed", flush=True)
    except BaseException as error:
        traceback.print_exc(file=sys.stdout)
        subprocess.run(["tail", "-n", "40", "/run/agent.log"])
        print(f"GUEST failed: {error}", flush=True)


if __name__ == "__main__":
    main()
