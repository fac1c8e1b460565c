# A fresh machine needs python3 (3.11 to 3.13) and make. uv is used where it is there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
INSTALL = $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)

# Tests of one file, and all that share Prefect's server, run in one of so many processes.
WORKERS ?= 2
SPREAD = -n $(WORKERS) --dist loadscope --no-loadscope-reorder

export OMP_NUM_THREADS ?= 1
.PHONY: help forecast serve test test-all mutants check format record prior screenshots clean
.DEFAULT_GOAL := help

help: ## Show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

forecast: $(VENV)/runs ## Forecast on the embedded events: trains on the first run, then prints and publishes
	@$(BIN)/dyadcast forecast

serve: $(VENV)/runs ## Serve the page and the API on http://127.0.0.1:8400
	@$(BIN)/dyadcast api

test: $(VENV)/develops ## Run the tests but for those that wait for clocks and chance
	$(BIN)/python -m pytest $(SPREAD) -m "not slow"

test-all: $(VENV)/develops ## Run every test: cron minutes, fifty kills, a hundred and fifty requests each
	DYADCAST_KILLS=50 DYADCAST_EXAMPLES=150 $(BIN)/python -m pytest $(SPREAD)

mutants: $(VENV)/develops ## Plant the faults of benchmarks/mutants.toml one by one: a test must see each
	$(BIN)/python -m benchmarks.mutants --workers $(WORKERS)

check: $(VENV)/develops ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/develops ## Put the code in format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

record: $(VENV)/develops ## Measure everything and write docs/record.md; DATA= a folder of UCDP tables
	$(BIN)/python -m benchmarks.measure --results var/record $(if $(DATA),--data $(DATA))
	$(BIN)/python -m benchmarks.record --results var/record

prior: $(VENV)/develops ## Fit the pooled prior anew, from what has landed of UCDP or DATA= a folder of its tables
	$(BIN)/python -m benchmarks.prior $(if $(DATA),--data $(DATA)/dyad_month_v26_1_to_2025_09.csv --dyads $(DATA)/dyads_v26_1.csv) --made-on $$(date -u +%F)

screenshots: $(VENV)/develops ## Draw the latest page by Chromium into docs/screenshots
	@$(BIN)/python -m benchmarks.screenshots --page "$$($(BIN)/dyadcast page)" --out docs/screenshots

clean: ## Remove the environment; keeps var/ and mlruns/
	rm -rf $(VENV)

$(BIN)/python:
	@echo "making the environment in $(VENV)"
	@$(if $(UV),$(UV) venv --quiet --seed --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

$(VENV)/runs: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing (once: a few seconds with uv, about two minutes with pip)"
	@$(INSTALL) -c constraints.txt -e .
	@touch $@

$(VENV)/develops: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing with the development tools (once)"
	@$(INSTALL) -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/runs
