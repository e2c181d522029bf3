# The ways to run, test and measure Belfry; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run test faults soak fuzz schemathesis bench bench-large bench-web bench-cost screenshots audit alerts kubernetes-check image-check compose-test \
  fmt lint biome page flows

# npm writes this file last, so it says that the installation is complete.
INSTALLED := node_modules/.package-lock.json
PAGE_SOURCES := $(shell find frontend -type f \
  -not -path '*/node_modules/*' -not -path 'frontend/dist/*' -not -path 'frontend/packages/*/dist/*' -not -path 'frontend/e2e/*' 2>/dev/null)
# The page has a check of its own; this one is for everything else.
BIOME := $(CURDIR)/frontend/node_modules/.bin/biome

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

run: page ## build what is needed and serve on 127.0.0.1:3000, with nothing else to install or start
	cargo run --release -- serve

test: ## all tests, over both backends (on Debian it installs what they need)
	scripts/test

faults: page flows ## break everything while people use it: 20 seeds; SEEDS=n for more, SEED=x to repeat one (long)
	cargo build
	node tests/faults/main.js $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),20))

soak: page flows ## an hour of mixed load on two replicas and a worker: does anything leak? SHORT=1 for ten minutes
	ulimit -n "$$(ulimit -Hn)" && node bench/soak/main.mjs

fuzz: ## look for inputs that break what strangers may send; a minute each, SECONDS_EACH=n for more
	fuzz/run

schemathesis: ## ask the server for everything that its description says, and for what it does not (long; EXAMPLES=n)
	cargo build
	EXAMPLES=$(or $(EXAMPLES),150) scripts/with-services tests/schemathesis/run

audit: ## known holes in what Belfry is built of, their licences and sources (cargo-deny, npm audit; needs the network)
	scripts/audit

alerts: ## the alert rules and their tests, by promtool
	deploy/prometheus/check

kubernetes-check: ## hold deploy/kubernetes to the schemas and to itself
	deploy/kubernetes/check

image-check: page ## lay out the image's files without an engine, weigh and run them (Linux, root)
	cargo build --release
	deploy/image-check $(or $(CARGO_TARGET_DIR),target)/release/belfry

compose-test: flows ## bring up docker-compose.yml, kill a replica and a worker under load, take it down (needs a container engine)
	tests/compose/run

bench: page ## measure, beside what one would use instead
	bench/run

bench-large: page ## the scenarios that have a large form, in it
	LARGE=1 bench/run

bench-web: page ## measure the web client in a real browser
	cargo build --release
	node bench/web/main.mjs

bench-cost: flows ## what figures and traces cost, in instructions (valgrind)
	cargo build --release
	BELFRY_BIN=$(or $(CARGO_TARGET_DIR),target)/release/belfry node bench/instructions/run.mjs
	BELFRY_BIN=$(or $(CARGO_TARGET_DIR),target)/release/belfry node bench/instructions/run.mjs --sockets 10 --sends 1000 --together 50

screenshots: page ## the README's pictures anew
	cargo build
	SCREENSHOTS=$(CURDIR)/docs/screenshots PAGE_DIR=$(CURDIR)/frontend/dist node --test frontend/e2e/screenshots.test.js

fmt: frontend/$(INSTALLED) ## format Rust and JavaScript
	cargo fmt --all
	npm --prefix frontend run fix
	cd tests/flows && $(BIOME) check --write .
	cd tests/faults && $(BIOME) check --write .
	cd tests/compose && $(BIOME) check --write .
	cd bench && $(BIOME) check --write .

lint: page ## formatting, clippy, documentation and Biome, warnings being errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps
	npm --prefix frontend run check
	$(MAKE) biome

biome: frontend/$(INSTALLED)
	cd tests/flows && $(BIOME) check --error-on-warnings .
	cd tests/faults && $(BIOME) check --error-on-warnings .
	cd tests/compose && $(BIOME) check --error-on-warnings .
	cd bench && $(BIOME) check --error-on-warnings .

page: frontend/dist/index.html

flows: tests/flows/$(INSTALLED)

frontend/dist/index.html: frontend/$(INSTALLED) $(PAGE_SOURCES)
	npm --prefix frontend run build
	@touch $@

%/$(INSTALLED): %/package.json %/package-lock.json
	npm --prefix $* ci --no-fund --no-audit
	@touch $@
