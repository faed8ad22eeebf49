#!/usr/bin/env python3
"""Takes orders out of the queue and writes them into the database."""

import os
import pathlib
import signal
import sqlite3
import sys
import time
import urllib.request

QUEUE = os.environ["QUEUE_URL"]
PAUSE = float(os.environ["PAUSE_SECONDS"])
DATABASE = pathlib.Path(os.environ["PLUMB_SHARED_DIR"], "shop.db")
# Touched in each round; the liveness probe (alive.sh) looks at its age.
HEARTBEAT = pathlib.Path(os.environ["PLUMB_PRIVATE_DIR"], "heartbeat")


def take():
    """The oldest job, or None while the queue is empty or away."""
    request = urllib.request.Request(QUEUE + "/jobs/take", data=b"", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            return answer.read().decode() if answer.status == 200 else None
    except OSError as problem:
        # The queue restarts now and then; that is no reason for this process to end.
        print(f"no queue: {problem}", file=sys.stderr, flush=True)
        return None


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
database = sqlite3.connect(DATABASE)
print(f"worker reads {QUEUE} and writes {DATABASE}", flush=True)
while True:
    HEARTBEAT.touch()
    job = take()
    if job is None:
        time.sleep(PAUSE)
        continue
    with database:
        database.execute("INSERT INTO orders (what) VALUES (?)", (job,))
    print(f"done: {job}", flush=True)
