# Everything that a person or a build server does with this repository. `make` alone lists the targets.

PREFIX ?= /usr/local
DESTDIR ?=

# Where `make run` keeps its repository, state and sockets.
DEMO := .demo
RELEASE := .build/release

.DEFAULT_GOAL := help
.PHONY: help packages test-packages release demo run test soak check bench bench-see install deb test-deb clean

help:
	@echo 'make run      build, and run the agent on a copy of examples/units'
	@echo 'make test     build, and run every test'
	@echo 'make soak     the random tests for DURATION=$(DURATION), with a seed that repeats them'
	@echo 'make check    format, warnings, tidy rules'
	@echo 'make bench    measure the release build on this machine'
	@echo 'make bench-see measure how long looking takes with RUNS=$(RUNS) runs'
	@echo 'make install  install plumb and plumb-keeper (PREFIX=$(PREFIX), DESTDIR=$(DESTDIR))'
	@echo 'make deb      a Debian package of the release build, in .build/deb'
	@echo 'make test-deb install that package on a bare Debian, and boot it under systemd'
	@echo 'make clean    remove what was built'

# Installs the libraries and tools that are missing, and asks for no rights where none are.
packages:
	@missing=; \
	command -v pkg-config >/dev/null || missing="$$missing pkg-config"; \
	command -v git >/dev/null || missing="$$missing git"; \
	command -v python3 >/dev/null || missing="$$missing python3"; \
	pkg-config --exists yaml-0.1 2>/dev/null || missing="$$missing libyaml-dev"; \
	pkg-config --exists libgit2 2>/dev/null || missing="$$missing libgit2-dev"; \
	pkg-config --exists libarchive 2>/dev/null || missing="$$missing libarchive-dev"; \
	pkg-config --exists sqlite3 2>/dev/null || missing="$$missing libsqlite3-dev"; \
	[ -e /usr/share/zoneinfo/UTC ] || missing="$$missing tzdata"; \
	if [ -n "$$missing" ]; then \
	    echo "Installing$$missing"; \
	    if ! command -v apt-get >/dev/null; then \
	        echo "There is no apt-get here: install what these Debian packages hold, then try again." >&2; \
	        exit 1; \
	    fi; \
	    sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    $$sudo apt-get update -qq && \
	    $$sudo env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends $$missing; \
	fi
	@command -v swift >/dev/null || { \
	    echo 'There is no swift in PATH: Swift 6.2 or newer is needed, https://swift.org/install' >&2; exit 1; }

# What tests want beyond that. Where it cannot be had they are skipped, and say so.
test-packages: packages
	@if [ ! -x /usr/bin/linux.uml ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends user-mode-linux || \
	        echo 'Without user-mode-linux the tests that want a kernel of their own are skipped.'; \
	fi
	@if ! /usr/bin/python3 -c 'import grpc' 2>/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends python3-grpcio || \
	        echo 'Without python3-grpcio the tests that ask a server of gRPC are skipped.'; \
	fi
	@if [ ! -x /usr/bin/chromium ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core || \
	        echo 'Without chromium the tests that look at the console in a browser are skipped.'; \
	fi
	@missing=; \
	[ -x /usr/sbin/lighttpd ] || missing="$$missing lighttpd"; \
	[ -e /usr/lib/lighttpd/mod_openssl.so ] || missing="$$missing lighttpd-mod-openssl"; \
	[ -x /usr/sbin/sshd ] || missing="$$missing openssh-server"; \
	[ -x /usr/bin/ssh ] || missing="$$missing openssh-client"; \
	[ -x /usr/bin/openssl ] || missing="$$missing openssl"; \
	[ -x /usr/bin/jq ] || missing="$$missing jq"; \
	[ -x /usr/bin/curl ] || missing="$$missing curl"; \
	[ -x /usr/bin/gpg ] || missing="$$missing gpg"; \
	[ -x /usr/bin/gpg-agent ] || missing="$$missing gpg-agent"; \
	[ -x /usr/bin/pgrep ] || missing="$$missing procps"; \
	command -v ip >/dev/null || missing="$$missing iproute2"; \
	python3 -c 'import ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	[ -x /usr/bin/promtool ] || missing="$$missing prometheus"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends $$missing || \
	        echo "Without$$missing the tests that need them are skipped."; \
	fi
	@if [ ! -x .build/schemathesis/bin/schemathesis ]; then \
	    { python3 -m venv .build/schemathesis && \
	        .build/schemathesis/bin/pip install -q --disable-pip-version-check 'schemathesis>=4,<5'; } || \
	        { rm -rf .build/schemathesis; \
	          echo 'Without schemathesis the status endpoint is not fuzzed.'; }; \
	fi

# What lets a test end a process at a step, or move its clock, is in no release.
release: packages
	swift build -c release $(RELEASE_FLAGS) --product plumb
	swift build -c release $(RELEASE_FLAGS) --product plumb-keeper
	@! LC_ALL=C grep -a -l -e PLUMB_FAIL_POINT -e PLUMB_TEST_ '$(RELEASE)/plumb' '$(RELEASE)/plumb-keeper'

# A git repository with the example in it. One that is there already is kept, with whatever was committed to it.
demo:
	@if [ -d '$(DEMO)/repo/.git' ]; then \
	    echo 'Keeping $(DEMO)/repo as it is (remove $(DEMO) to begin anew).'; \
	else \
	    set -e; rm -rf '$(DEMO)/new'; mkdir -p '$(DEMO)/new'; \
	    cp -R examples/units/. '$(DEMO)/new/'; \
	    cd '$(DEMO)/new'; \
	    git init -q -b main; \
	    git config user.email >/dev/null || git config user.email demo@example.org; \
	    git config user.name >/dev/null || git config user.name 'Demo Operator'; \
	    git add -A; \
	    git -c commit.gpgsign=false commit -q --no-verify -m 'Declare the shop'; \
	    cd ..; mv new repo; \
	    echo 'Made $(DEMO)/repo from examples/units.'; \
	fi
	@printf '%s\n' '#!/bin/sh' '# The plumb command, told where the agent of `make run` is.' \
	    'here=$$(cd "$$(dirname "$$0")" && pwd)' \
	    'export PLUMB_SOCKET="$$here/run/plumb.sock" PLUMB_STATE_DIR="$$here/state"' \
	    'exec "$$here/../$(RELEASE)/plumb" "$$@"' > '$(DEMO)/plumb'; chmod 755 '$(DEMO)/plumb'

run: release demo
	@echo
	@echo 'The agent runs in this terminal; Ctrl-C stops it and everything that it started.'
	@echo 'Look at it from another terminal, in this directory:'
	@echo
	@echo '    http://localhost:7420/                      the console, in a browser'
	@echo '    curl -s "localhost:7420/v1/status?pretty"   the status endpoint'
	@echo '    $(DEMO)/plumb status -w                     the same as a table'
	@echo '    $(DEMO)/plumb logs -f web                   what the replicas print'
	@echo '    $(DEMO)/plumb events                        what happened, and why'
	@echo '    curl -s localhost:18080/                    the web service itself'
	@echo
	@echo 'Change it: edit $(DEMO)/repo/instances/web.yaml, then'
	@echo
	@echo '    $(DEMO)/plumb diff --revision worktree    what a commit would do'
	@echo '    git -C $(DEMO)/repo commit -am "Say hello differently"'
	@echo
	@exec '$(RELEASE)/plumb' agent --repo '$(DEMO)/repo' --state-dir '$(DEMO)/state' \
	    --runtime-dir '$(DEMO)/run' --on-exit stop

# Runs tests with the options given. What failed, and why, comes once more at the very end, where it is seen first;
# so does what failed in a log of an earlier run.
TEST_LOG := .build/test.log
define run-tests
{ swift test --skip-build --disable-xctest $(1) 2>&1; echo $$? > $(TEST_LOG).status; } | tee $(TEST_LOG); \
LC_ALL=C awk -f Tests/summary.awk $(2) $(TEST_LOG); \
exit "$$(cat $(addsuffix .status,$(2) $(TEST_LOG)) | sort -n | tail -n 1)"
endef

# One test after the other: many start hundreds of processes, and side by side they only wait for one another.
# What needs no root is tried without it first.
USER_LOG := .build/user-test.log
USER_TESTS := '^EndToEndTests[.]EndToEnd/(Survival|Terminal|Trouble|Steps/(agent|keeper|zygoteStopped)|.*/stopped)' \
    '^KeeperCoreTests[.](Survival|Stop|Output|Probe)Tests/' '^SupervisorTests[.](Loss|Adoption|Probe)Tests/'
test: test-packages
	swift build --build-tests
	@{ Tests/as-ordinary-user.sh $(USER_TESTS); echo $$? > $(USER_LOG).status; } | tee $(USER_LOG)
	@PLUMB_TABLE=all; export PLUMB_TABLE; $(call run-tests,--no-parallel,$(USER_LOG))

# The random tests share the time that is asked for (30s, 10m, 2h). One seed makes all of them, and the same seed
# makes them again.
DURATION ?= 10m
SOAK_TESTS := churn cycles stopped noBytesTrapADecoder aKeeperServesOn aZygoteServesOn noWordsTrap manyWorlds
soak: test-packages
	swift build --build-tests
	@seconds=$$(echo '$(DURATION)' | awk '/^[0-9]+[smh]?$$/ { print $$0 * (/h/ ? 3600 : /m/ ? 60 : 1) }'); \
	if [ -z "$$seconds" ]; then echo 'DURATION is a number of seconds, or 30s, 10m, 2h' >&2; exit 2; fi; \
	PLUMB_SEED=$${PLUMB_SEED:-$$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')}; export PLUMB_SEED; \
	echo "make soak DURATION=$(DURATION) PLUMB_SEED=$$PLUMB_SEED  makes these worlds again."; \
	PLUMB_SOAK_SECONDS=$$((seconds / $(words $(SOAK_TESTS)))); export PLUMB_SOAK_SECONDS; \
	$(call run-tests,--no-parallel $(foreach test,$(SOAK_TESTS),--filter '/$(test)'))

# The tidy rules and the table of imports are tests, so that they say file, line and rule.
check: packages
	swift format lint --strict --parallel --recursive Sources Tests Package.swift
	swift build --build-tests
	@$(call run-tests,--filter ArchitectureTests)

# Everything happens in a temporary directory, and ends with the measuring.
bench: release
	python3 Benchmarks/fleet.py '$(RELEASE)'
	python3 Benchmarks/history.py '$(RELEASE)'

# What it takes to look at an agent with RUNS runs: routes, commands, the console in a Chromium.
RUNS ?= 1000
bench-see: release
	python3 Benchmarks/seeing.py '$(RELEASE)' $(RUNS)

# The agent looks for its keeper beside itself, then in ../libexec/plumb.
install: release
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/libexec/plumb'
	install -m 755 '$(RELEASE)/plumb' '$(DESTDIR)$(PREFIX)/bin/plumb'
	install -m 755 '$(RELEASE)/plumb-keeper' '$(DESTDIR)$(PREFIX)/libexec/plumb/plumb-keeper'
	packaging/man.py '$(RELEASE)/plumb' '$(DESTDIR)$(PREFIX)/share/man/man1'

# Installs, upgrades and removes without ending what runs: packaging/debian. Swift's own libraries are linked in, so
# that hosts need no toolchain.
deb: RELEASE_FLAGS = --static-swift-stdlib
deb: release
	@if ! command -v dpkg-shlibdeps >/dev/null; then \
	    sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends dpkg-dev binutils; \
	fi
	@packaging/debian/build.sh '$(RELEASE)' .build/deb

# The package on a Debian that has nothing else, and that Debian under a real systemd in a kernel of its own. It takes
# minutes and the Debian mirror, so it is no part of `make test`.
test-deb: deb
	@missing=; \
	command -v lintian >/dev/null || missing="$$missing lintian"; \
	command -v mmdebstrap >/dev/null || missing="$$missing mmdebstrap"; \
	command -v mke2fs >/dev/null || missing="$$missing e2fsprogs"; \
	[ -x /usr/bin/linux.uml ] || missing="$$missing user-mode-linux"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && env DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends $$missing || \
	        echo "Without$$missing the package is not tried."; \
	fi
	@package=$$(ls -t .build/deb/*.deb | head -n 1); \
	if command -v lintian >/dev/null; then lintian --fail-on error,warning --allow-root "$$package"; fi; \
	packaging/debian/test-install.sh "$$package"

clean:
	swift package clean
	@if [ -d '$(DEMO)' ]; then echo '$(DEMO) is kept: remove it by hand once its agent has stopped.'; fi
