#!/bin/bash
# Installs the package on a Debian that has nothing else, and boots that under a real systemd: test-install.sh DEB
# It needs root, the Debian mirror, mmdebstrap, e2fsprogs and user-mode-linux, whose kernel is an ordinary process: the
# guest has control groups of version 2 and restarts without this host taking notice. Prints why it cannot try.
set -eu
deb=$(readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
kernel=$(command -v linux.uml || true)
skip() { echo "Not tried: $*"; exit 0; }
[ "$(id -u)" = 0 ] || skip 'only root may make the tree of a Debian.'
[ -n "$kernel" ] || skip 'user-mode-linux is not installed.'
command -v mmdebstrap > /dev/null || skip 'mmdebstrap is not installed.'
command -v mke2fs > /dev/null || skip 'e2fsprogs is not installed.'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. /etc/os-release
base=${DEB_TEST_BASE:-$(dirname "$deb")/base-$VERSION_CODENAME.tar}
if [ ! -e "$base" ]; then
    # The package is for the Debian that it was built on.
    echo "Making a Debian $VERSION_CODENAME ..."
    mmdebstrap --quiet --variant=minbase --include=systemd-sysv,dbus "$VERSION_CODENAME" "$base.new"
    mv "$base.new" "$base"
fi
tree=$work/tree
mkdir "$tree"
tar -xf "$base" -C "$tree" --exclude './dev/*'
mkdir -p "$tree/opt/trial"
cp "$deb" "$tree/opt/trial/plumb.deb"
[ -e "$tree/etc/resolv.conf" ] || cp /etc/resolv.conf "$tree/etc/resolv.conf"

# The next version: the same files under a greater number.
dpkg-deb --raw-extract "$deb" "$work/next"
sed -i 's/^Version: .*/&+next/' "$work/next/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 --build "$work/next" "$tree/opt/trial/next.deb" > /dev/null

# In a mount name space of its own, so that nothing stays mounted whatever happens.
in_tree() {
    unshare -m --propagation private bash -c '
        mount --bind /proc "$0/proc"; mount -t tmpfs tmpfs "$0/dev"
        for one in null zero urandom random; do touch "$0/dev/$one"; mount --bind "/dev/$one" "$0/dev/$one"; done
        exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive "$@"' "$tree" "$@"
}
fail() { echo "Failed: $*" >&2; exit 1; }
expect() { local what=$1; shift; "$@" || fail "$what"; }

echo 'Installing it with what it depends on ...'
in_tree apt-get update -qq
in_tree apt-get install -y -qq --no-install-recommends /opt/trial/plumb.deb > "$work/install.log" 2>&1 ||
    { cat "$work/install.log"; fail 'it does not install'; }
grep '^plumb:' "$work/install.log" || fail 'it does not say what to do next'
expect 'files are not as they were packed' in_tree dpkg -V plumb
expect 'dpkg does not call it installed' in_tree sh -c 'dpkg-query -W -f "\${Status}" plumb | grep -qx "install ok installed"'
expect 'a library is missing' in_tree sh -c '! { ldd /usr/bin/plumb | grep "not found"; }'
expect 'a library of Swift is asked for' in_tree sh -c '! { ldd /usr/bin/plumb | grep -i swift; }'
expect 'there is no group' in_tree getent group plumb
expect 'agent.yaml is no conffile' in_tree sh -c 'dpkg-query -W -f "\${Conffiles}" plumb | grep -q /etc/plumb/agent.yaml'
expect 'secrets are open' in_tree sh -c '[ "$(stat -c %a:%U /etc/plumb/secrets)" = 700:root ]'
in_tree plumb --version
in_tree sh -c 'cd /opt/trial && plumb init fleet && plumb validate fleet'

echo 'An agent without a service manager ...'
cp "$here/test-fleet.yaml" "$tree/opt/trial/fleet.yaml"
in_tree bash -ec '
    git init -q -b main /opt/trial/repo && cp /opt/trial/fleet.yaml /opt/trial/repo && cd /opt/trial/repo && git add -A
    git -c user.name=Ann -c user.email=ann@example.org commit -qm Declare
    plumb agent --repo /opt/trial/repo --listen 127.0.0.1:0 --on-exit stop > /opt/trial/agent.log 2>&1 &
    agent=$!
    for try in $(seq 100); do [ -S /run/plumb/plumb.sock ] && break; sleep 0.2; done
    plumb wait --for "revision=$(git -C /opt/trial/repo rev-parse HEAD)" --for ready --timeout 60s || { cat /opt/trial/agent.log; exit 1; }
    plumb status
    kill $agent; wait $agent
    rm -rf /opt/trial/repo /var/lib/plumb /run/plumb' || fail 'the agent does not work'

echo 'Under systemd, in a kernel of its own ...'
cp "$here/test-guest.sh" "$tree/opt/trial/"
cat > "$tree/etc/systemd/system/deb-test.service" <<UNIT
[Unit]
After=multi-user.target
[Service]
ExecStart=/bin/sh /opt/trial/test-guest.sh
KillMode=process
[Install]
WantedBy=default.target
UNIT
in_tree systemctl -q enable deb-test.service
in_tree systemctl -q mask getty@tty0.service getty@tty1.service console-getty.service serial-getty@tty0.service \
    systemd-networkd-wait-online.service
echo '/dev/ubda / ext4 defaults 0 1' > "$tree/etc/fstab"
echo guest > "$tree/etc/hostname"
rm -rf "$tree"/var/cache/apt/*.bin "$tree"/var/lib/apt/lists/* "$tree/var/cache/apt/archives"/*.deb
mke2fs -q -t ext4 -d "$tree" "$work/disk" 3G
log=$(dirname "$deb")/test-install.log
TMPDIR=/dev/shm timeout --kill-after=10 900 "$kernel" mem=1G ubd0="$work/disk" root=/dev/ubda rw con=null con0=fd:0,fd:1 \
    systemd.show_status=false quiet loglevel=3 < /dev/null 2>&1 | stdbuf -oL tr -d '\r' | tee "$log"
grep -qx 'DEB-TEST passed' "$log" || fail "see $log"
