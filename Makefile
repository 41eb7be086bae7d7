# Every target sets up .venv by itself from requirements.lock; nothing but python3 (3.11 or later) and make is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := $(shell sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)
export JUPYTER_PREFER_ENV_PATH := 1

.DEFAULT_GOAL := help
# Two test processes keep two cores busy; more threads in each only wait for one another.
ONE_THREAD = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.PHONY: help reports test test-long lab install lock clean

help:  ## tell what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

reports: $(STAMP)  ## make the sample brand's reports for its latest month
	@$(BIN)/cx sample
	@$(BIN)/cx run sample --month latest

test: $(STAMP)  ## run the tests
	@$(ONE_THREAD) $(BIN)/python -m pytest -n 2 -m "not long"

test-long: $(STAMP)  ## run the full simulations and fault counts as well
	@$(ONE_THREAD) $(BIN)/python -m pytest -n 2 --dist worksteal

lab: $(STAMP)  ## open the notebooks in JupyterLab, on the sample brand's tables
	@$(BIN)/cx sample
	@$(BIN)/cx ingest sample
	@$(BIN)/jupyter lab --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate notebooks

install:  ## put the locked packages and this one into the active environment (conda, for one)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: activate an environment with Python 3.11 or later."; exit 1; }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check $(UV)
	@$(PYTHON) -m uv pip install --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" --compile-bytecode --require-hashes -r requirements.lock
	@$(PYTHON) -m uv pip install --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" --no-deps --no-build-isolation -e .

lock: $(STAMP)  ## renew requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
		--extra dev --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

clean:  ## remove .venv, built reports and the sample brand's tables and raw files
	@rm -rf $(VENV) reports data/sample/raw data/sample/tables data/sample/quarantine

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is not installed: install Python 3.11 or later, or say where it is: make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11: install a newer one, or say where it is: make PYTHON=/path/to/python3.11."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo "$(PYTHON) lacks venv: install it (Debian, Ubuntu: apt install python3-venv)."; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock (once)."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(STAMP)
