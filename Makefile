# The ways to run, test and measure Belfry; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run test faults bench bench-large bench-web screenshots fmt lint biome page flows

# npm writes this file last, so it says that the installation is complete.
INSTALLED := node_modules/.package-lock.json
PAGE_SOURCES := $(shell find frontend -type f \
  -not -path '*/node_modules/*' -not -path 'frontend/dist/*' -not -path 'frontend/packages/*/dist/*' -not -path 'frontend/e2e/*' 2>/dev/null)
# The page has a check of its own; this one is for everything else.
BIOME := $(CURDIR)/frontend/node_modules/.bin/biome

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: page ## build what is needed and serve on 127.0.0.1:3000, with nothing else to install or start
	cargo run --release -- serve

test: ## all tests, over both backends (on Debian it installs what they need)
	scripts/test

faults: page flows ## break everything while people use it: 20 seeds; SEEDS=n for more, SEED=x to repeat one (long)
	cargo build
	node tests/faults/main.js $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),20))

bench: page ## measure, beside what one would use instead
	bench/run

bench-large: page ## the scenarios that have a large form, in it
	LARGE=1 bench/run

bench-web: page ## measure the web client in a real browser
	cargo build --release
	node bench/web/main.mjs

screenshots: page ## the README's pictures anew
	cargo build
	SCREENSHOTS=$(CURDIR)/docs/screenshots PAGE_DIR=$(CURDIR)/frontend/dist node --test frontend/e2e/screenshots.test.js

fmt: frontend/$(INSTALLED) ## format Rust and JavaScript
	cargo fmt --all
	npm --prefix frontend run fix
	cd tests/flows && $(BIOME) check --write .
	cd tests/faults && $(BIOME) check --write .
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
	cd bench && $(BIOME) check --error-on-warnings .

page: frontend/dist/index.html

flows: tests/flows/$(INSTALLED)

frontend/dist/index.html: frontend/$(INSTALLED) $(PAGE_SOURCES)
	npm --prefix frontend run build
	@touch $@

%/$(INSTALLED): %/package.json %/package-lock.json
	npm --prefix $* ci --no-fund --no-audit
	@touch $@
