"""Limits where control groups are version 2 and every controller is there. Played by guest.py."""

import glob
import json
import os
import signal

import guest
from guest import Agent, commit, declaration, expect, running, say, until

HOG = "exec tail /dev/zero"
HOLD = "(head -c 60000000 /dev/zero; exec sleep 100000) | tail -c 60000000 | cat"
SPIN = "while :; do :; done"
BOMB = "while :; do sh -c 'while :; do sleep 100000 & done' 2>/dev/null; sleep 0.5; done"
ONCE = "restart: {maxRetries: 0}"


def resources(text, more=""):
    return f"resources: {text}\n{more}"


def group(replica):
    with open(f"/proc/{replica['pid']}/cgroup") as file:
        return "/sys/fs/cgroup" + file.read().strip().removeprefix("0::")


def value(replica, name):
    with open(f"{group(replica)}/{name}") as file:
        return file.read().strip()


def number(replica, name, key):
    lines = (line.split() for line in value(replica, name).splitlines())
    return next(int(count) for word, count in lines if word == key)


def usage(agent, name):
    answer = json.loads(agent.plumb("status", name.partition("/")[0], "-o", "json"))
    return next(one for one in answer["instance"]["replicas"] if one["name"] == name)["usage"]


def findings(agent, name):
    return {one["type"]: one["message"] for one in agent.replicas()[name].get("findings") or []}


def killed(agent):
    """A process that takes too much is told apart from one that is killed with the same signal."""

    def ended(name):
        return until(f"{name} has ended", lambda: (agent.replicas().get(name, {}).get("lastExit") or {}).get("text"))

    expect(ended("hog/0") == "killed by SIGKILL (out of memory)", f"the hog's end is told as {ended('hog/0')}")
    expect(ended("plain/0") == "killed by SIGKILL", f"a plain kill is told as {ended('plain/0')}")
    say(f"hog/0 {ended('hog/0')}; plain/0 {ended('plain/0')}")


def enforced(agent):
    before = running(agent, "spin/0", "bomb/0")
    spin, bomb = before["spin/0"], before["bomb/0"]
    expect(value(spin, "cpu.max") == "20000 100000", f"cpu.max is {value(spin, 'cpu.max')}")
    until("it is throttled", lambda: number(spin, "cpu.stat", "nr_throttled") >= 10)
    until("its use is near its limit", lambda: 0.05 < (usage(agent, "spin/0").get("cpuCores") or 0) < 0.35)
    say(f"spin/0 uses {usage(agent, 'spin/0')['cpuCores']} cores of 0.2, "
        f"throttled {number(spin, 'cpu.stat', 'nr_throttled')} times")
    until("the bomb meets its limit", lambda: number(bomb, "pids.events", "max") > 0)
    expect(usage(agent, "bomb/0")["tasks"] <= 20, f"{usage(agent, 'bomb/0')['tasks']} tasks where 20 are allowed")
    say(f"bomb/0 has {usage(agent, 'bomb/0')['tasks']} tasks of 20")


def changed(agent):
    """Limits change under a live process; what would kill it is not set, and that is said."""
    before = running(agent, "hold/0", "spin/0")
    hold = before["hold/0"]
    until("it has its memory", lambda: int(value(hold, "memory.current")) > 55_000_000)
    for text, check in [
        ("{memory: 128Mi, cpu: 500m, pids: 40}",
         lambda: [value(hold, f"{name}.max") for name in ("memory", "cpu", "pids")]
         == [str(128 << 20), "50000 100000", "40"]),
        ("{memory: 20Mi}",
         lambda: "so 20Mi is not set, and 128Mi stays in force" in findings(agent, "hold/0").get("LimitsDegraded", "")),
        ("{memory: 100Mi}",
         lambda: value(hold, "memory.max") == str(100 << 20) and not findings(agent, "hold/0")
         and value(hold, "cpu.max").startswith("max") and value(hold, "pids.max") == "max"),
    ]:
        commit({"hold.yaml": declaration("hold", HOLD, blocks=resources(text))})
        until(f"{text} is in force", check)
    expect(value(hold, "memory.high") == "max", "memory.high was left behind")
    after = agent.replicas()["hold/0"]
    expect(after["pid"] == hold["pid"] and after["restarts"] == 0, f"a live change restarted it: {after}")
    say("limits were raised, lowered and lifted under one live process; what would have killed it was refused")


def adopted(agent):
    """An agent that was killed finds the limits as they are, and changes them."""
    hold = agent.replicas()["hold/0"]
    agent.kill()
    commit({"hold.yaml": declaration("hold", HOLD, blocks=resources("{memory: 200Mi}"))})
    agent = Agent()
    until("the next agent sets the new limit", lambda: value(hold, "memory.max") == str(200 << 20))
    expect(agent.replicas()["hold/0"]["pid"] == hold["pid"], "the next agent did not adopt it")
    os.kill(hold["pid"], signal.SIGKILL)
    until("it runs again", lambda: agent.replicas()["hold/0"].get("pid") not in (None, hold["pid"]))
    return agent


def value_of(path):
    with open(path) as file:
        return file.read().split()


def held(agent):
    """The plan of what is held; None where nothing is."""
    status = agent.plumb("status", "-o", "json")
    return ((json.loads(status) if status else {}).get("gates") or {}).get("held")


def gone(agent):
    """What is not declared any more leaves no group behind."""
    tree = os.path.dirname(group(running(agent, "spin/0")["spin/0"]))
    for name in ["hog", "plain", "spin", "bomb", "hold"]:
        os.remove(f"{guest.REPO}/{name}.yaml")
    commit({"last.yaml": declaration("last", "exec sleep 100000")})
    # So much is removed only when somebody says that it is meant.
    plan = until("the removal is held", lambda: held(agent))["plan"]
    expect(agent.plumb("approve", plan, "--reason", "the end of the trial"), "it was not approved")
    running(agent, "last/0")
    try:
        until("only the group of the last one is left", lambda: len(glob.glob(tree + "/*/")) == 1)
    except AssertionError:
        names = [(one, value_of(one + "cgroup.procs")) for one in glob.glob(tree + "/*/")]
        raise AssertionError(f"groups are left: {names}; {agent.plumb('status')}")


def play():
    # Commits have to be noticed here, which the file system of /mnt leaves to chance.
    guest.REPO = "/run/repo"
    commit({
        "hog.yaml": declaration("hog", HOG, blocks=resources("{memory: 32Mi}", ONCE)),
        "plain.yaml": declaration("plain", "kill -9 $$", blocks=resources("{memory: 32Mi}", ONCE)),
        "spin.yaml": declaration("spin", SPIN, blocks=resources("{cpu: 200m}")),
        "bomb.yaml": declaration("bomb", BOMB, blocks=resources("{pids: 20}")),
        "hold.yaml": declaration("hold", HOLD, blocks=resources("{memory: 200Mi}")),
    })
    agent = Agent()
    killed(agent)
    enforced(agent)
    changed(agent)
    agent = adopted(agent)
    gone(agent)
