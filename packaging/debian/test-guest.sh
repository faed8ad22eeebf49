#!/bin/sh
# Played inside the guest of test-install.sh by a unit of its own, beside a real systemd: what an operator does to the
# package, and what becomes of the runs. Its last word on the console is `DEB-TEST passed` or `DEB-TEST failed: …`.
exec > /dev/console 2>&1
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
phase_file=/var/lib/deb-test-phase

say() { echo "deb-test: $*"; }
fail() {
    echo "DEB-TEST failed: $*"
    systemctl --no-pager --full status plumb.service | head -n 40
    timeout 20 plumb status
    timeout 20 plumb plan
    timeout 20 plumb events
    journalctl --no-pager -n 60
    finish poweroff
}
finish() { sync; systemctl --no-block "$1"; sleep 1000; }
expect() { what=$1; shift; "$@" || fail "$what"; }
until_true() { # until_true SECONDS WHAT COMMAND...
    left=$1 what=$2
    shift 2
    while ! "$@" > /dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "not in time: $what"
        sleep 1
    done
}
show() { systemctl show --value -p "$1" plumb.service; }
state() { show ActiveState; }
is() { [ "$(state)" = "$1" ]; }
# Runs are known by their argument; there is no procps here.
pids() { grep -slzx '98765[4]' /proc/[0-9]*/cmdline | tr -dc '0-9\n' | sort -n | tr '\n' ' ' | sed 's/ $//'; }
alive() { ls -l /proc/[0-9]*/exe 2> /dev/null | grep -q -- "-> $1"; }
gone() { ! alive "$1"; }
three() { [ "$(pids | wc -w)" = 3 ]; }
same() { [ "$(pids)" = "$runs" ]; }
other_agent() { [ "$(show MainPID)" != "$agent" ] && [ "$(show MainPID)" != 0 ] && is active; }
kept() { expect "$1: the runs have other pids ($runs, then $(pids))" same; say "$1: runs are $(pids), as before"; }
watched() { agent=$(show MainPID); }
commit() { git -C /srv/fleet add -A && git -C /srv/fleet -c user.name=Ann -c user.email=ann@example.org commit -qm "$1"; }

first_boot() {
    expect 'the service is not enabled' systemctl -q is-enabled plumb.service
    expect "the unconfigured service is $(state)" is inactive
    expect 'it does not say what to do' sh -c 'journalctl -u plumb | grep -q "Name the repository"'
    say "unconfigured: $(state), $(show Result)"

    git init -q -b main /srv/fleet
    cp /opt/trial/fleet.yaml /srv/fleet/
    commit 'Declare three'
    printf 'source: {repo: /srv/fleet}\n' >> /etc/plumb/agent.yaml
    expect 'it does not start' systemctl start plumb.service
    expect "after the start it is $(state)" is active
    until_true 120 'three replicas are ready' three
    until_true 60 'the status line' sh -c 'systemctl show --value -p StatusText plumb | grep -q "3 of 3 replicas ready"'
    runs=$(pids)
    say "started: $(show StatusText); runs $runs"
    plumb status
    expect 'limits are not kept' sh -c '! plumb status -o json | grep -q LimitsDegraded'
    systemctl --no-pager status plumb.service | head -n 30
    say "groups: $(cat /proc/"$(echo "$runs" | cut -d" " -f1)"/cgroup) agent $(cat /proc/"$(show MainPID)"/cgroup)"

    watched
    expect 'restart' systemctl restart plumb.service
    expect 'restart has not made a new agent' other_agent
    kept 'systemctl restart'

    systemctl stop plumb.service
    expect "after the stop it is $(state)" is inactive
    kept 'systemctl stop'
    expect 'start' systemctl start plumb.service
    kept 'systemctl start'

    watched
    kill -9 "$agent"
    until_true 60 'a new agent after kill -9' other_agent
    kept 'agent killed'

    mkdir -p /run/systemd/system/plumb.service.d
    printf '[Service]\nWatchdogSec=4\nTimeoutAbortSec=4\n' > /run/systemd/system/plumb.service.d/fast.conf
    systemctl daemon-reload
    kept 'daemon-reload'
    systemctl restart plumb.service
    watched
    sleep 12
    expect 'the watchdog struck an agent that works' test "$(show MainPID)" = "$agent"
    kill -STOP "$agent"
    until_true 120 'a new agent after a hang' other_agent
    kept "agent hung: replaced by the watchdog ($(journalctl -u plumb | grep -ci 'watchdog timeout') timeouts)"
    rm -r /run/systemd/system/plumb.service.d
    systemctl daemon-reload

    systemctl daemon-reexec
    kept 'daemon-reexec'

    watched
    expect 'the second version does not install' sh -c "dpkg -i /opt/trial/next.deb > /dev/null"
    expect 'the upgrade has not made a new agent' other_agent
    kept "upgrade to $(dpkg-query -W -f '${Version}' plumb)"
    expect 'the first version does not install again' sh -c "dpkg -i /opt/trial/plumb.deb > /dev/null"
    kept "downgrade to $(dpkg-query -W -f '${Version}' plumb)"

    systemctl stop plumb.service
    dpkg -i /opt/trial/next.deb > /dev/null
    expect "an upgrade has started what was stopped by hand: $(state)" is inactive
    kept 'upgrade of a stopped agent'
    expect 'start' systemctl start plumb.service

    dpkg -r plumb
    expect 'the agent is there after the removal' gone /usr/bin/plumb
    expect 'the state is gone after the removal' test -e /var/lib/plumb
    kept 'removal'
    expect 'it does not install again' sh -c "dpkg -i /opt/trial/plumb.deb > /dev/null"
    until_true 60 'the agent is back' is active
    kept 'installed again, and adopted'

    dpkg -r plumb > /dev/null
    dpkg -P plumb
    expect 'purge has removed the state of live runs' test -e /var/lib/plumb
    kept 'purge while runs live'
    expect 'it does not install again' sh -c "dpkg -i /opt/trial/plumb.deb > /dev/null"
    printf 'source: {repo: /srv/fleet}\n' >> /etc/plumb/agent.yaml
    expect 'it does not start' systemctl start plumb.service
    until_true 60 'three of three after purge and installation' three
    kept 'purged, installed and configured again'

    journalctl --no-pager -o cat -u plumb | tail -n 40
    echo 2 > $phase_file
    say 'now the host restarts'
    finish reboot
}

second_boot() {
    until_true 120 'the service starts by itself' is active
    until_true 120 'three runs after the boot' three
    # systemd ends runs in good order, so that their keepers still write down how they ended.
    expect 'it does not say how the runs ended' sh -c 'plumb status -o json | grep -qE "killed by SIGTERM|the host was restarted"'
    say "after the reboot: $(show StatusText); runs $(pids)"
    systemctl is-system-running
    systemctl --no-pager --failed

    sed -i 's/desired: running/desired: stopped/' /srv/fleet/*.yaml
    commit 'Stop everything'
    until_true 60 'no run is left' gone /usr/libexec/plumb/plumb-keeper
    expect 'purge' dpkg -P plumb
    expect 'purge has left the state' test ! -e /var/lib/plumb
    expect 'purge has left the unit' test ! -e /etc/systemd/system/multi-user.target.wants/plumb.service
    say "purged: left are $(ls -d /etc/plumb /run/plumb /var/lib/plumb 2>/dev/null | tr '\n' ' ')"
    echo 'DEB-TEST passed'
    finish poweroff
}

case "$(cat $phase_file 2>/dev/null)" in
2) second_boot ;;
*) first_boot ;;
esac
