#!/bin/sh
# The first process of a guest kernel (user-mode Linux) whose root is the host's, read-only. What a test may
# write is /run (memory) and /mnt (a directory of the test's, kept over boots).
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t hostfs -o "$GUEST_DIR" hostfs /mnt
[ "$GUEST_CGROUPS" = none ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null
hostname guest
cd /run
python3 "$GUEST_SCRIPT" "$GUEST_SCENARIO"
# As if the power failed: nothing is told, nothing is written back.
echo o > /proc/sysrq-trigger
sleep 60
