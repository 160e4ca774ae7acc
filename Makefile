# Each verb sets up what it needs. `make demo` and `make test` are all that a fresh checkout has to know.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
RUNS ?= 300
SEED_FROM ?= 1

.PHONY: help demo test lint format docs servers simulate clean

help: ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

demo: $(STAMP) ## Show a real sync between a stand-in Jira, GitHub and help desk
	$(BIN)/pmsync demo --once

test: $(STAMP) ## Run the tests
	$(BIN)/pytest -n $(WORKERS) tests

lint: $(STAMP) ## Check style, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## Bring the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(STAMP) ## Regenerate pictures, tables and the config schema
	$(BIN)/python docs/generate.py

simulate: $(STAMP) ## Play seeded worlds that do their worst: RUNS=n SEED_FROM=s [MINUTES=m]; SEED=x replays one, MINIMIZE=x makes it small; ABLATIONS=1 takes safeguards away; PAIRS=1, STORIES=1: the exhaustive proofs
	@PYTHONHASHSEED=0 $(BIN)/python -m $(if $(PAIRS)$(STORIES),pmsync.testing.enumerate $(if $(PAIRS),pairs,stories) --workers $(WORKERS),pmsync.testing.simulate $(if $(MINIMIZE),--minimize $(MINIMIZE),$(if $(SEED),--seed $(SEED) --verbose,\
		$(if $(ABLATIONS),--ablations,--timings) --runs $(RUNS) --seed-from $(SEED_FROM) --workers $(WORKERS) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(FRESH),--fresh))))

servers: $(STAMP) ## Install, start, test against and stop a real PostgreSQL and a real Request Tracker; what cannot be installed is skipped, and said
	@bash .ci/servers
	$(BIN)/pytest -m "postgres or rt" tests

clean: ## Remove what was built
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMP): pyproject.toml
	@bash .ci/venv $(VENV)
	@touch $@
