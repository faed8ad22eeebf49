#!/usr/bin/env python3
"""The shop's front: GET / greets, POST /orders puts a job into the queue, GET /healthz says whether it is well."""

import http.server
import os
import signal
import sys
import time
import urllib.request

VERSION = "1.1.0"

# Plumb exports each endpoint's port. `18080+index` in a declaration gives each replica its own.
PORT = int(os.environ["PLUMB_PORT_HTTP"])
# Declared config fields arrive as variables: `queueURL` is QUEUE_URL.
GREETING = os.environ["GREETING"]
QUEUE = os.environ["QUEUE_URL"]
VERBOSE = os.environ["LOG_LEVEL"] == "debug"
WHO = f'{os.environ["PLUMB_INSTANCE"]}/{os.environ["PLUMB_REPLICA"]}'
STARTED = time.monotonic()


class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/healthz":
            self.reply(200, "well\n")
        elif self.path == "/":
            self.reply(200, f"{GREETING}, says {WHO}, version {VERSION}\n")
        elif self.path == "/uptime":
            self.reply(200, f"{time.monotonic() - STARTED:.0f} s\n")
        else:
            self.reply(404, "there is nothing here\n")

    def do_POST(self):
        if self.path != "/orders":
            self.reply(404, "there is nothing here\n")
            return
        order = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = urllib.request.Request(QUEUE + "/jobs", data=order or b"an empty order", method="PUT")
        try:
            urllib.request.urlopen(request, timeout=2).close()
        except OSError as problem:
            print(f"order refused: {problem}", file=sys.stderr, flush=True)
            self.reply(503, "the queue is away, try again\n")
            return
        print("order accepted", flush=True)
        self.reply(202, "thank you\n")

    def log_message(self, form, *values):
        if VERBOSE:
            print(form % values, flush=True)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
try:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
except OSError as problem:
    sys.exit(f"cannot listen on 127.0.0.1:{PORT}: {problem.strerror}")
server.daemon_threads = True
print(f"{WHO} listens on 127.0.0.1:{PORT}, version {VERSION}", flush=True)
server.serve_forever()
