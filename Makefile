# Orge. `make` alone lists the targets. Everything works from a clean clone; the first build fetches and builds the dependencies.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
PYTHON ?= python3
PORT ?= 9512
BOTS ?= 100
DATA ?= data
# Parts of `make bench`, or lines of `make soak`, several with spaces between them; all when empty.
ONLY ?=
# Of `make soak`: percent of each line's length; the build of what needs no debug build; seconds for each fuzz target.
SHARE ?= 100
CONFIGURATION ?= release
SECONDS_EACH ?= 60
RELEASE := $(SWIFT) build -c release

.PHONY: help run test bench soak lint format docs deps check-swift check-zstd

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | awk -F ':.*  ## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'
	@echo
	@echo "  make run PORT=0 BOTS=20 DATA=/some/folder    another port, fewer bots, another place for the worlds"
	@echo "  make bench ONLY=hash                         one part (Benchmarks/run --list names them)"
	@echo "  make soak ONLY='threads fuzz'                some lines (Tools/make/soak --list names them)"
	@echo "  make soak SHARE=2 CONFIGURATION=debug        every line, shortened: about ten minutes and two sanitized builds"

run: check-swift check-zstd  ## build, then serve Meadow with a hundred bots and Ledger; prints the URL
	@echo "== build (release; the first time takes minutes, and the dependencies say little)"
	$(RELEASE) --product orge
	$(RELEASE) --product meadow
	$(RELEASE) --product ledger
	@bin=$$($(RELEASE) --show-bin-path) && \
	exec "$$bin/orge" serve --dev --bots "$(BOTS)" --world "$$bin/meadow" --world "$$bin/ledger" --data "$(DATA)" --port "$(PORT)"

test: check-swift  ## every test: Python harness, Erlang, browser and swift test
	@Tools/make/test

bench: check-swift deps  ## measure; prints JSON
	$(RELEASE)
	@$(PYTHON) -B Benchmarks/run --bin "$$($(RELEASE) --show-bin-path)" $(addprefix --only ,$(ONLY))

soak: check-swift check-zstd  ## what takes hours: thousands of universes, kills, sanitized threads, world packages, fuzzing: SHARE, ONLY
	@SWIFT="$(SWIFT)" $(PYTHON) -B Tools/make/soak --share "$(SHARE)" --configuration "$(CONFIGURATION)" --fuzz-seconds "$(SECONDS_EACH)" \
		$(addprefix --only ,$(ONLY))

lint:  ## refuse what the compiler cannot see; seconds, builds nothing
	@$(PYTHON) -B Tools/lint/test_lint.py --quiet
	@$(PYTHON) -B Tools/lint/lint

format: check-swift  ## rewrite the Swift files in the project's format
	@find . \( -name '.build*' -o -name .git -o -name node_modules -o -name fixtures -o -name data \) -prune -o -name '*.swift' -print0 \
		| xargs -0 $(SWIFT) format --in-place --parallel --configuration .swift-format

docs: check-swift  ## the reference for authors of worlds, from the doc comments, into .build/docs
	$(SWIFT) build --target OrgeWorldTesting
	@Tools/make/docs --bin "$$($(SWIFT) build --show-bin-path)"

deps: check-swift  ## install what the build, the tests and the benchmarks need beside Swift (Debian, Ubuntu)
	@Tools/make/deps

check-swift:
	@Tools/make/check-swift $(SWIFT)

check-zstd:
	@Tools/make/check-zstd
