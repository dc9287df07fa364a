# Everything a person types. `make run` and `make test` need only Python ≥ 3.11, git and make; the rest installs itself.
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.PHONY: run test check lint lock build dev machine migration bench chaos pictures tck clean

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.9
export PATH := $(abspath $(VENV)/bin):$(PATH)
export PYTHONUNBUFFERED := 1
FRONTEND := $(shell find app/frontend -type f 2>/dev/null)

run: build
	@$(PY) -m app.serve

test: dev build machine lint check

# One worker a core, each with servers of its own. make check JOBS=0 ARGS="tests/orders -x": all in one process
JOBS ?= auto
check:
	@$(PY) -m pytest -n $(JOBS) --maxprocesses 8 $(ARGS)

lint: dev
	@ruff check app tests wsgi.py
	@ruff format --check app tests wsgi.py
	@lint-imports --no-cache
	@mypy

bench: dev build machine
	@$(PY) -m tests.bench

chaos: dev build machine
	@$(PY) -m tests.chaos

# The pictures of the documents, taken from the running product
pictures: dev build machine
	@$(PY) -m tests.browser.pictures docs/images

# make tck DIR=folder of the DMN test compatibility kit
tck: build
	@$(PY) -m app.serve flask rules tck $(DIR)

# make migration M="what changes": the next revision, from the models
migration: dev
	@test -n "$(M)" || { echo 'say what changes: make migration M="..."' >&2; exit 1; }
	@$(PY) -m tests.support.migration $(M)
	@ruff check -q --fix app/migrations; ruff format -q app/migrations/versions/*.py; ls -t app/migrations/versions/*.py | head -1

# What this machine must have for the tests (Chromium, a Chinese font); root installs it, others are told.
machine: dev
	@$(PY) -m tests.support.machine

build: $(VENV)/requirements $(if $(wildcard app/frontend/build.mjs),app/static/bundles/built)

dev: $(VENV)/requirements-dev

$(UV):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null || { $(PYTHON) -m tests.support.machine venv && $(PYTHON) -m venv --clear $(VENV); }
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/requirements: requirements.txt | $(UV)
	@echo "Installing Python packages …" >&2
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r $<
	@touch $@

$(VENV)/requirements-dev: requirements-dev.txt | $(UV)
	@echo "Installing Python packages and what the tests need …" >&2
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r $<
	@touch $@ $(VENV)/requirements

# The machine's own Node if it is new enough, else the one that comes as a wheel.
node_modules/installed: package.json package-lock.json requirements-node.txt | $(UV)
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1 \
		|| $(UV) pip install --quiet --python $(PY) --require-hashes -r requirements-node.txt
	@echo "Installing browser packages …" >&2
	@npm ci --silent --no-progress
	@touch $@

app/static/bundles/built: $(FRONTEND) node_modules/installed
	@echo "Building the browser's bundles …" >&2
	@node app/frontend/build.mjs >&2
	@touch $@

# New exact versions with hashes, from the bounds in pyproject.toml (UPGRADE=--upgrade takes the newest of all).
COMPILE = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)
lock: | $(UV)
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	$(COMPILE) --group node -o requirements-node.txt

clean:
	rm -rf $(VENV) node_modules app/static/bundles .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
