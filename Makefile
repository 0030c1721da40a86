# Every command of the project. `make` alone lists them.
#
#   make up STACK=demo   works on another stack than `local`: its settings stand in Pulumi.demo.yaml
#   make up YES=1        installs what is missing without asking
#   make verify REPAIR=1 also heals what it finds

STACK ?= local
YES ?=
TABLE ?=
REPAIR ?=
REPLAY ?=
DISMISS ?=

# Passed to the recipes through the environment, so that no value is ever read as shell text.
export TRIBUTARY_STACK := $(STACK)
export TRIBUTARY_YES := $(YES)
export TRIBUTARY_TABLE := $(TABLE)
export TRIBUTARY_REPAIR := $(REPAIR)
export TRIBUTARY_REPLAY := $(REPLAY)
export TRIBUTARY_DISMISS := $(DISMISS)

run := node --import tsx

.DEFAULT_GOAL := help
.PHONY: help bootstrap up down status dead-letters verify resync logs env doctor toolchain images jobs check fix bench test test-unit test-stack test-faults

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Needs neither packages nor a recent Node: it is what asks for both.
bootstrap:
	@sh tools/bootstrap.sh

up: bootstrap ## From whatever is there to a running pipeline; also repairs one
	@$(run) tools/up.ts

down: bootstrap ## Remove the stack and everything of it
	@$(run) tools/down.ts

status: bootstrap ## Containers, jobs and lag on one screen
	@$(run) tools/status.ts

verify: bootstrap ## Compare MySQL and ClickHouse row by row, while writes go on (TABLE=orders, REPAIR=1)
	@$(run) tools/verify.ts

resync: bootstrap ## Bring one table into the warehouse anew, while the rest runs (TABLE=orders)
	@$(run) tools/resync.ts

dead-letters: bootstrap ## List changes that ClickHouse did not take; REPLAY=all (or names) gives them back, DISMISS=… takes them off
	@$(run) tools/dead-letters.ts

logs: bootstrap ## Follow what the stack's containers write
	@$(run) tools/logs.ts

env: bootstrap ## Print the environment for plain `pulumi`: eval "$(make -s env)"
	@$(run) tools/env.ts

doctor: bootstrap ## Check this machine: what is missing, and its remedy
	@$(run) tools/doctor.ts

toolchain: bootstrap ## Get Pulumi and its plugins: downloaded, or built from toolchain/
	@$(run) tools/toolchain.ts

images: bootstrap ## Get the images: pulled, or built from images/
	@$(run) tools/images.ts

jobs: bootstrap ## Build the two Flink jobs
	@$(run) tools/jobs.ts

check: bootstrap ## Format, lint and types, in seconds
	@$(run) tools/check.ts

fix: bootstrap ## Repair what `make check` finds, where a tool can
	@$(run) tools/check.ts --fix

bench: bootstrap ## Measure freshness and throughput on a stack of its own (minutes)
	@$(run) tools/bench.ts --write docs/benchmarks.md

test: bootstrap ## Everything, on a stack of its own
	@$(run) tools/test.ts

test-unit: bootstrap ## Unit tests only: neither Docker nor network
	@npx ava --config ava.unit.config.mjs

test-stack: bootstrap ## The stack suite only, on a stack of its own
	@$(run) tools/test.ts --only stack

test-faults: bootstrap ## Faults under load, on a stack of its own: some 110 minutes
	@$(run) tools/test.ts --only faults --write-report
