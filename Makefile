# Orge. `make` alone lists the targets. Everything works from a clean clone; the first build fetches and builds the dependencies.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
PYTHON ?= python3
PORT ?= 9512
BOTS ?= 100
DATA ?= data
# Parts of `make bench`, several with spaces between them; all when empty.
ONLY ?=
# Seconds for each fuzz target in `make soak`.
SECONDS_EACH ?= 60
RELEASE := $(SWIFT) build -c release

.PHONY: help run test bench soak lint format docs deps check-swift check-zstd

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | awk -F ':.*  ## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'
	@echo
	@echo "  make run PORT=0 BOTS=20 DATA=/some/folder    another port, fewer bots, another place for the worlds"
	@echo "  make bench ONLY=hash                         one part (Benchmarks/run --list names them)"
	@echo "  make soak SECONDS_EACH=10                    shorter fuzzing"

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

soak: check-swift check-zstd  ## three thousand universes, lossy disks, failing code, Ledger killed, threads sanitized, world packages, fuzzing: SECONDS_EACH
	$(RELEASE)
	@"$$($(RELEASE) --show-bin-path)/orge-universe" --seed 1 --seeds 1000 --world all --front all --least-cuts 20
	@"$$($(RELEASE) --show-bin-path)/orge-universe" --seed 1 --seeds 300 --world all --front all --hunt
	@"$$($(RELEASE) --show-bin-path)/orge-universe" --seed 1 --seeds 1000 --world all --front all --lose-tails
	@"$$($(RELEASE) --show-bin-path)/orge-universe" --seed 1 --seeds 500 --front all --poison
	@"$$($(RELEASE) --show-bin-path)/orge-universe" --seed 501 --seeds 200 --front all --poison --hunt --lose-tails
	@Tests/scripts/run --soak --only test_ledger_model --bin "$$($(RELEASE) --show-bin-path)"
	$(SWIFT) build
	@Tests/scripts/run --soak --only policy_counts_disable --bin "$$($(SWIFT) build --show-bin-path)"
	@Tests/scripts/run --soak --only test_world_package --bin "$$($(SWIFT) build --show-bin-path)"
	@Tests/scripts/run --soak --only NewWorldBuildTests --bin "$$($(SWIFT) build --show-bin-path)"
	@Tests/scripts/run --soak --only test_crash_points --bin "$$($(SWIFT) build --show-bin-path)"
	@Tools/make/threads $(SWIFT)
	@Fuzz/run --seconds $(SECONDS_EACH)

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
