# Everything that a fresh machine needs: git, make and Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
TORCH ?= torch==2.13.0

.PHONY: demo test lint faults audit bench bench-speakers clean

demo: .venv/ready  ## set up, and turn the sample webinar into an article
	$(BIN)/impressie demo

test: .venv/ready-test  ## the whole test suite
	$(BIN)/python -m pytest -q

lint: .venv/ready-test  ## lint, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

faults: .venv/ready-test  ## whatever may go wrong, at night size: an hour or two
	IMPRESSIE_FAULTS=nightly $(BIN)/python -m pytest -q -m fault

audit: .venv/ready  ## known vulnerabilities of what is installed here; asks pypi.org
	$(PIP) pip-audit
	$(BIN)/pip-audit --local

bench-speakers: .venv/ready-bench .venv-peers/ready  ## who said what, beside the peers: RECORDINGS="FOLDER …"
	$(BIN)/python tests/bench/speakers.py --peers .venv-peers/bin/python $(RECORDINGS)

bench: .venv/ready-bench .venv-peers/ready  ## how fast, beside the peers: RECORDINGS="FOLDER …"
	$(BIN)/impressie demo
	$(BIN)/python tests/bench/start_up.py
	$(BIN)/python tests/bench/fast.py --peers .venv-peers/bin/python $(RECORDINGS)

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/ready: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --require-hashes --no-deps -r constraints.txt
	$(PIP) $(TORCH) -e .
	touch $@

.venv/ready-test: .venv/ready constraints-test.txt
	$(PIP) --require-hashes --no-deps -r constraints-test.txt
	$(PIP) -e '.[test]'
	touch $@

.venv/ready-bench: .venv/ready
	$(PIP) -e '.[bench]'
	touch $@

.venv-peers/ready: tests/bench/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install -q --disable-pip-version-check -r tests/bench/peers.txt
	touch $@

clean:
	rm -rf .venv .venv-peers outputs/20*
