#!/usr/bin/env python3
"""Measures what limits cost a start, and what it costs to ask for what runs use.

Usage: limits.py BUILD_DIRECTORY [INSTANCES [ROUNDS]]

Rounds with and without limits take turns, each with an agent and directories of its own, so that whatever else the
machine does strikes both. The agent's processor time says more than the clock where others use the machine too.
"""
import socket
import statistics
import sys
import time

import fleet

LIMITS = "  resources: {cpu: 500m, memory: 64Mi, pids: 20, nofile: 1024}\n"


def start(build, count, limits):
    """Milliseconds from one process to the next, of the clock and of the agent."""
    host = fleet.Host(build)
    try:
        host.write("unit.yaml", fleet.UNIT)
        for index in range(count):
            host.write(f"s{index}.yaml", fleet.INSTANCE % index + limits)
        host.commit("fleet")
        host.start()
        times = sorted(fleet.started(replica) for replica in host.all_ready(count).values())
        agent = fleet.cpu_seconds(host.agent.pid)
        return (times[-1] - times[0]) * 1000 / (count - 1), agent * 1000 / count, page(host)
    finally:
        host.close()


def page(host):
    """Milliseconds for a page of metrics, the samples of all runs read anew."""
    spans = []
    for _ in range(5):
        time.sleep(0.6)
        begun = time.monotonic()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(host.runtime + "/plumb.sock")
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: plumb\r\nConnection: close\r\n\r\n")
            while connection.recv(1 << 20):
                pass
        spans.append((time.monotonic() - begun) * 1000)
    return statistics.median(spans)


def main():
    build = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    variants = {"without limits": "", "with cpu, memory, pids, nofile": LIMITS}
    found = {name: [] for name in variants}
    for _ in range(rounds):
        for name, limits in variants.items():
            found[name].append(start(build, count, limits))
    for name, results in found.items():
        clock, agent, asked = (statistics.median(column) for column in zip(*results))
        print(f"{name}: {clock:.2f} ms from one start to the next, {agent:.2f} ms of the agent's processor each, "
              f"/metrics of {count} runs in {asked:.1f} ms (medians of {rounds} rounds)")


main()
