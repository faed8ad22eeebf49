#!/usr/bin/env python3
"""A queue in memory: PUT /jobs puts one in, POST /jobs/take takes the oldest out, GET /jobs counts them."""

import collections
import http.server
import os
import signal
import sys

# Plumb exports each endpoint's port, so the number is declared in one place alone.
PORT = int(os.environ["PLUMB_PORT_HTTP"])
CAPACITY = int(os.environ.get("CAPACITY", "1000"))

jobs = collections.deque()


class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, status, text=""):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        job = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if len(jobs) >= CAPACITY:
            self.reply(503, "the queue is full\n")
            return
        jobs.append(job)
        print(f"queued {job}: {len(jobs)} waiting", flush=True)
        self.reply(202)

    def do_POST(self):
        if not jobs:
            self.reply(204)
            return
        self.reply(200, jobs.popleft())

    def do_GET(self):
        self.reply(200, f"{len(jobs)}\n")

    def log_message(self, *_):
        """Workers ask every second; nobody wants to read that."""


# Plumb says SIGTERM, and SIGKILL when `stop.grace` is over. A fast answer makes fast deployments.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
try:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
except OSError as problem:
    sys.exit(f"cannot listen on 127.0.0.1:{PORT}: {problem.strerror}")
server.daemon_threads = True
print(f"queue listens on 127.0.0.1:{PORT}, room for {CAPACITY} jobs", flush=True)
server.serve_forever()
