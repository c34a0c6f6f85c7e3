# ccb: what a person types. Each target first installs what it needs; git, make, node and npm are enough, Bun will do too.
BUN_VERSION := 1.4.5
PREFIX ?= /usr/local
TARGETS ?= host

# The pinned Bun from PATH, else the one that npm brings into .bun/.
BUN := $(shell if [ "$$(bun --version 2>/dev/null)" = "$(BUN_VERSION)" ]; then command -v bun; else echo "$(CURDIR)/.bun/bun"; fi)
export PATH := $(dir $(BUN)):$(PATH)

.PHONY: screenshots release run test chaos fuzz soak check static smoke build bench bench-short bench-compare install clean test-deps deps format

run: deps
	@chmod go-w providers.yaml # a umask of 002 would leave it writable by the group, and ccb refuses that
	$(BUN) src/main.ts serve --config "$(CURDIR)/providers.yaml"

test: deps dist/ccb
	$(BUN) test/run.ts

# SIGKILL at random moments, and every fault: ROUNDS rounds of each, as in `make chaos ROUNDS=1000`.
ROUNDS ?= 300
chaos: deps dist/ccb
	CHAOS_ROUNDS=$(ROUNDS) $(BUN) test/run.ts test/chaos/

# CASES of each property with fast-check; FUZZ_SEED=N repeats a run.
CASES ?= 100000
fuzz: deps
	FUZZ_CASES=$(CASES) $(BUN) test/run.ts --jobs=2 test/fuzz/

# A mixed load with faults; fails where memory or descriptors grow.
MINUTES ?= 10
soak: deps dist/ccb
	MINUTES=$(MINUTES) $(BUN) test/soak/run.ts

# All of it. `make test check` runs the tests once.
check: static test smoke

static: deps
	$(BUN) run --bun format:check
	$(BUN) run --bun lint
	$(BUN) run --bun types
	$(BUN) run --bun dead-code

smoke: deps dist/ccb
	$(BUN) .ci/smoke.ts dist/ccb

build: deps dist/ccb

dist/ccb: node_modules/.installed package.json tsconfig.json providers.yaml .ci/build.ts .ci/bundle-page.ts $(shell find src -type f)
	$(BUN) run --bun types:src # bundling looks at no types: a word that a language lacks would pass
	$(BUN) .ci/build.ts

bench: build
	$(BUN) bench/run.ts

# Some of its rows in about a minute and a half, for CI: fails on what noise cannot explain.
bench-short: build
	$(BUN) bench/run.ts --short

bench-compare: deps
	@test -n "$(BASE)" || { echo "say which revision: make bench-compare BASE=HEAD~1"; exit 2; }
	$(BUN) bench/compare.ts "$(BASE)"

install: build
	mkdir -p "$(DESTDIR)$(PREFIX)/bin"
	install -m 0755 dist/ccb "$(DESTDIR)$(PREFIX)/bin/ccb"

# Binaries, bill of materials (CycloneDX), licences and SHA-256 sums in dist/release. TARGETS=all, or some: linux-arm64,darwin-arm64
release: deps
	$(BUN) .ci/release.ts --targets=$(TARGETS)

# The pictures of the README, drawn anew in a headless Chromium.
screenshots: deps
	$(BUN) test/page/_screenshots.ts

format: deps
	$(BUN) run --bun format

clean:
	rm -rf dist node_modules .bun .oxlintrc.json

# Debian packages for the tests that need a keyring, systemd, mounts or another clock.
test-deps:
	apt-get update -q
	apt-get install -y -q --no-install-recommends dbus gnome-keyring libsecret-tools libfaketime systemd util-linux chromium
	# promtool alone: the package it comes in would start a Prometheus.
	cd "$$(mktemp -d)" && chmod 755 . && apt-get download -q prometheus && dpkg --fsys-tarfile prometheus_*.deb | tar -x -C /usr/local --strip-components=2 ./usr/bin/promtool

deps: node_modules/.installed

node_modules/.installed: package.json bun.lock | $(BUN)
	$(BUN) install --frozen-lockfile
	@touch $@

# The package's own step that puts the program in its place does not run where npm ignores scripts: link it by hand.
.bun/bun $(CURDIR)/.bun/bun:
	npm install --prefix .bun --no-save --no-audit --no-fund bun@$(BUN_VERSION)
	@for candidate in .bun/node_modules/bun/bin/bun.exe .bun/node_modules/@oven/bun-*/bin/bun; do \
	  if [ "$$($$candidate --version 2>/dev/null)" = "$(BUN_VERSION)" ]; then ln -sf "$(CURDIR)/$$candidate" .bun/bun; fi; done
	@.bun/bun --version >/dev/null
