#!/bin/sh
# The worker is alive when its heartbeat is younger than a minute. A probe runs with the run's own variables.
[ -n "$(find "$PLUMB_PRIVATE_DIR/heartbeat" -mmin -1 2>/dev/null)" ]
