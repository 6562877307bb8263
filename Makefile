# Everything a clone needs: only Python 3.11 or newer and GNU make have to be there.
# `make` lists the targets; CONTRIBUTING.md tells the story.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14 python; do \
  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 3
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: answers replay dbmate erasures exports oracles writes gen help setup demo test check format lint types imports docs chromium bench faults harness late positions ladders large precision resume beside lock clean attack audit queue-states queue-bench workers corpora usage-bench gateway-npm kills pictures mermaid fideslang tampers audit-bench entitlement-orders erasure-bench

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- set-up, done once and again when a lock changes ----------------------------------------

# docs/decisions/0002-setup.md says why the build tools have a lock of their own.
RUN_LOCKS := requirements.lock requirements-build.lock
DEV_LOCKS := requirements-dev.lock

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Wavehouse needs Python 3.11 or newer, and none was found." \
	  "Install it, or name it: make demo PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { echo "This Python cannot make a virtual environment;" \
	  "on Debian and Ubuntu: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.run: $(RUN_LOCKS) pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) (once) …"
	@$(PIP) install --require-hashes $(RUN_LOCKS:%=-r %)
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(DEV_LOCKS) pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) with the tools of development (once) …"
	@$(PIP) install --require-hashes $(DEV_LOCKS:%=-r %)
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $(VENV)/.run $@

setup: $(VENV)/.dev ## Make .venv with everything that development needs

# --- the two commands of the README ----------------------------------------------------------

demo: $(VENV)/.run ## The whole product on sample data, then the dashboard
	@$(BIN)/wavehouse demo $(ARGS)

test: $(VENV)/.dev ## Run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

# --- the gate ---------------------------------------------------------------------------------

check: format lint imports docs chromium ## All of the gate: what .ci/run runs
	@$(MAKE) --no-print-directory -j2 types test

format: $(VENV)/.dev ## Refuse code that ruff would format otherwise
	@$(BIN)/ruff format --check --quiet . || { echo "Try: $(BIN)/ruff format ." >&2; exit 1; }

lint: $(VENV)/.dev ## Lint with ruff
	@$(BIN)/ruff check --quiet .

types: $(VENV)/.dev ## Check types with mypy --strict
	@$(BIN)/mypy

imports: $(VENV)/.dev ## Check floors, rooms and doors with import-linter
	@$(BIN)/lint-imports --no-cache

docs: $(VENV)/.dev ## Refuse a generated reference that is not up to date
	@$(BIN)/python scripts/generate_reference.py --check

gen: $(VENV)/.dev ## Write all generated documents, the diagrams' sources and schema.sql (not committed) too
	@$(BIN)/python scripts/generate_reference.py
	@home=$$(mktemp -d) && chmod 711 $$home && trap 'rm -rf '$$home EXIT && export WAVEHOUSE_HOME=$$home && \
	  $(BIN)/wavehouse -q schema apply && $(BIN)/wavehouse -q schema docs generate --all

chromium: ## Find or install the Chromium that the browser tests drive
	@scripts/find_chromium

# --- measuring, locking, cleaning -------------------------------------------------------------

bench: $(VENV)/.dev ## Measure the promises of speed; prints ratios
	@$(BIN)/python benchmarks/run.py $(ARGS)

faults: $(VENV)/.dev ## Kill program and server at every stage; some 20 minutes
	@$(BIN)/python -m tests.faults.matrix $(ARGS)

late: $(VENV)/.dev ## Late rows by four programs at once, compared with a rebuild; some minutes
	@$(BIN)/python -m tests.faults.late $(ARGS)

attack: $(VENV)/.dev ## Hostile servers, bombs, slow connections, kills, full disks: counts; some 30 minutes
	@$(BIN)/python -m tests.faults.attack $(ARGS)

writes: $(VENV)/.dev ## 200 kills of program and server while eight clients write; some 20 minutes
	@$(BIN)/python -m tests.faults.writes $(ARGS)

entitlement-orders: $(VENV)/.dev ## More than 10,000 orders of payment events, with repetitions: one result; prints the count
	@$(BIN)/python -m pytest -q -s -m harness tests/entitlements/test_fold.py

tampers: $(VENV)/.dev ## Tamper with sealed audit logs 1,000 times in the database and in exports: all found; some minutes
	@$(BIN)/python -m tests.faults.tampers $(or $(ARGS),1000)

erasure-bench: $(VENV)/.dev ## One erasure out of tables of 10 M rows, its verification, a thousand; some 15 minutes
	@$(BIN)/python benchmarks/run.py erasure $(ARGS)

audit-bench: $(VENV)/.dev ## Audit inserts beside a plain table; a million entries sealed and verified; some 4 minutes
	@$(BIN)/python benchmarks/run.py audit $(ARGS)

erasures: $(VENV)/.dev ## Kill erasures 200 times: each is finished, to the same end; some 20 minutes; ARGS="--kills 60 --together 8": in one pass
	@$(BIN)/python -m tests.faults.erasures $(ARGS)

audit: $(VENV)/.dev ## bandit, and the licence of every package; exceptions have reasons
	@$(BIN)/python scripts/audit.py

answers: $(VENV)/.dev ## AUC of the next answer on ASSISTments files: ours, Elo; ARGS="train.csv test.csv"
	@$(BIN)/python benchmarks/answers.py $(ARGS)

pictures: $(VENV)/.dev ## Take the pictures of docs/story.md of the demo's pages; ARGS="--home FOLDER" for a demo's home
	@$(BIN)/python scripts/take_pictures.py $(ARGS)

harness: $(VENV)/.dev ## The tests that are too long for the gate
	@$(BIN)/python -m pytest -n $(WORKERS) -m harness tests

cluster: $(VENV)/.dev ## Spark, a master and three workers: a world counted with equal digests; needs Java 17; ARGS="--people 300", "--kill", "--slope"
	@$(BIN)/python scripts/cluster.py $(ARGS)

.PHONY: cluster conformance
conformance: $(VENV)/.dev ## The conformance suite on every engine that is here, Spark's cluster too (needs Java 17, pyspark); names those that are not
	@$(BIN)/python scripts/conformance.py $(ARGS)

exports: $(VENV)/.dev ## Run the exported dbt and SQLMesh projects, compare digests; DBT=…/bin/dbt SQLMESH=…/bin/sqlmesh
	@DBT=$(DBT) SQLMESH=$(SQLMESH) $(BIN)/python -m pytest -q -rs -m harness tests/measurement/test_exporting.py

positions: $(VENV)/.dev ## 10,000 actions by eight writers under a poller, 10,000 fuzzed bodies, all orders
	@POSITIONS_SCALE=5 $(BIN)/python -m pytest -s tests/listeners/test_service.py tests/listeners/test_rules.py \
	  -k "p01 or p02 or p16 or p17 or p30" $(ARGS)

ladders: $(VENV)/.dev ## Kill migration runners 200 times on PostgreSQL 16 and 18; some minutes
	@$(BIN)/python -m tests.faults.ladders $(ARGS)

large: $(VENV)/.dev ## Dashboard queries, rollup, drop of a day on 10 million events; some minutes
	@$(BIN)/python benchmarks/large.py $(ARGS)

.PHONY: warehouse
warehouse: $(VENV)/.dev ## Seal, scan, compare, drop a day on 10 million events; some minutes; ARGS="--size 0.1"
	@$(BIN)/python benchmarks/warehouse.py $(ARGS)

precision: $(VENV)/.dev ## Lint against measured locks on PostgreSQL 16 and 18, beside squawk; some minutes
	@$(BIN)/python benchmarks/lint_precision.py $(ARGS)

# uv writes the locks, from a throw-away environment; the locks never name a registry.
COMPILE = $$folder/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
  --no-emit-find-links --python-version 3.11 --custom-compile-command "make lock"

resume: $(VENV)/.dev ## Position writes, resuming, a new device over HTTP; a peer beside: ARGS="--peer FOLDER"
	@$(BIN)/python benchmarks/listeners.py $(ARGS)

beside: $(VENV)/.dev ## Schema operations and dbmate on the same files and server; some minutes
	@$(BIN)/python benchmarks/beside.py $(ARGS)

dbmate: $(VENV)/.dev ## Compare the record of dbmate's behaviour with the program, fetched from npm
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	npm install --silent --prefix "$$folder" dbmate; \
	DBMATE=$$(echo "$$folder"/node_modules/@dbmate/*/bin/dbmate) \
	  $(BIN)/python -m pytest -q -m harness tests/schema/test_dbmate.py

mermaid: $(VENV)/.dev ## Every diagram by the parsers of Mermaid 10 to 12, fetched from npm
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; folders=; \
	for version in 10.9.1 11.4.0 11.12.0 12.3.0; do \
	  npm install --silent --prefix "$$folder/$$version" mermaid@$$version jsdom@24; \
	  folders="$$folder/$$version:$$folders"; done; \
	MERMAID=$$folders $(BIN)/python -m pytest -q -m harness tests/databases/test_mermaid.py

fideslang: $(VENV)/.dev ## Compare the vocabulary's keys with the package fideslang, in a venv of its own
	@$(BIN)/python scripts/fideslang.py

corpora: $(VENV)/.dev ## Ladders of other projects through psql and pg_dump as oracle; clones them; some minutes
	@$(BIN)/python benchmarks/corpora.py $(ARGS)

oracles: $(VENV)/.dev ## Compare with public vectors: OP3=checkout PREFIXES=checkout
	@$(BIN)/python scripts/oracles.py --op3 $(OP3) --prefixes $(PREFIXES)

queue-states: $(VENV)/.dev ## The queue under chance: 10,000 steps for 200 seeds; an hour. A taste: STEPS=300 SEEDS=4
	@$(BIN)/python -m tests.queue_simulation $(or $(STEPS),10000) $(or $(SEEDS),200)

replay: $(VENV)/.dev ## A million fuzzed events of players: counters equal a replay; some ten minutes
	@$(BIN)/python -m pytest -q -s -m harness tests/learning/test_replay.py

kills: $(VENV)/.dev ## A worker of the studio killed at every write: one episode, one payment, one item
	@$(BIN)/python -m pytest -q -s -m harness tests/studio/test_kills.py

queue-bench: $(VENV)/.dev ## Jobs a second, claims beside a million rows, fairness, WAL; ARGS="--peers FOLDER"
	@$(BIN)/python benchmarks/queue_beside.py $(ARGS)

gateway-npm: $(VENV)/.dev ## The official npm client through the gateway; NPM=folder with node_modules/openai
	@OPENAI_NPM=$(NPM) $(BIN)/python -m pytest tests/usage/test_npm_client.py

usage-bench: $(VENV)/.dev ## Reserve and settle a second, and what the gateway adds to a call; ARGS="--seconds 5"
	@$(BIN)/python benchmarks/usage.py $(ARGS)

workers: $(VENV)/.dev ## Kill workers and the server 200 times: every job ends exactly once; ARGS=30 for fewer
	@$(BIN)/python -m tests.faults.workers $(ARGS)

lock: ## Resolve the locks again (needs an index of packages)
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	"$(PYTHON)" -m venv "$$folder"; "$$folder/bin/python" -m pip --quiet install uv; \
	$(COMPILE) pyproject.toml -o requirements.lock; \
	$(COMPILE) --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock; \
	printf 'hatchling\neditables\n' > "$$folder/build.in"; \
	$(COMPILE) --no-annotate -c requirements-dev.lock "$$folder/build.in" -o requirements-build.lock; \
	if grep -n '://' *.lock; then echo "a lock names an address" >&2; exit 1; fi

clean: ## Remove what was built, the environment too
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
