# Everything a checkout needs. `make demo` and `make test` set themselves up in .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-all lint types check bench format clean
.DEFAULT_GOAL := demo

setup: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "motiondata needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

.venv/.linters: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[lint]'
	@touch $@

demo: setup
	$(BIN)/motiondata demo demo

test: setup
	$(BIN)/python -m pytest

test-all: setup
	$(BIN)/python -m pytest -m "slow or not slow"

lint: .venv/.linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.linters
	$(BIN)/mypy

check: lint types test

# Libraries of the system that Open3D needs are named where they are missing: pip cannot install them.
bench: setup
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m benchmarks

format: .venv/.linters
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv demo build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
