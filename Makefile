# Everything a checkout needs. What a target needs is installed in .venv first: `make demo` what builds
# need, `make test` what the tests need too, which is about four times as much.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-all lint types check bench docs format clean
.DEFAULT_GOAL := demo

PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

setup: .venv/.installed

.venv/.plain: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "motiondata needs Python 3.11 or newer: make PYTHON=python3.11")'
	@echo "Making .venv and installing what builds need, a minute or two ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) '.[ray,tables,view,webdataset]'
	@touch $@

.venv/.installed: .venv/.plain
	@echo "Installing what the tests and training need, PyTorch among it, some minutes ..."
	@$(PIP) '.[test]'
	@touch $@

.venv/.linters: .venv/.installed
	@echo "Installing the linters ..."
	@$(PIP) '.[lint]'
	@touch $@

demo: .venv/.plain
	$(BIN)/motiondata demo demo

# Test files run side by side, one process for each core, at most four.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test: setup
	$(PYTEST)

test-all: setup
	$(PYTEST) -m "slow or not slow"

lint: .venv/.linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.linters
	$(BIN)/mypy

check: lint types test

# Libraries of the system that Open3D needs are named where they are missing: pip cannot install them.
bench: setup
	@echo "Installing what is compared with ..."
	@$(PIP) '.[bench]'
	$(BIN)/python -m benchmarks

# Ends at the first warning, such as a broken link.
docs: setup
	$(BIN)/python -m sphinx -W -b html docs build/docs
	@echo "open build/docs/index.html"

format: .venv/.linters
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv demo build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
