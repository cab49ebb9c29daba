# make run    everything, in one terminal: http://localhost:8000 (PORT, MICROLIFT_DATA_DIR choose another place)
# make test   all tests
# make lint   format, rules, types, migrations
# make bench  benchmarks

.PHONY: run test lint bench setup setup-dev chromium
.DEFAULT_GOAL := run

VENV := .venv
BIN := $(VENV)/bin
PYTEST_WORKERS ?= 2
# The supervisor stops when make itself is killed.
LEASH := $(if $(shell command -v setpriv),setpriv --pdeathsig TERM)
# Types and migrations are looked at without touching an installation.
APART := MICROLIFT_ENV=local MICROLIFT_DATA_DIR=$(CURDIR)/build/lint DATABASE_URL= REDIS_URL=

run: setup
	@exec $(LEASH) $(BIN)/python -m config.supervisor

test: setup-dev chromium
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist=loadgroup

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(APART) $(BIN)/mypy
	$(APART) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

bench: setup-dev
	$(BIN)/python -m pytest tests/benchmarks -p no:xdist -p no:randomly --benchmark-columns=median,ops --benchmark-group-by=group

setup: $(VENV)/runtime.stamp
setup-dev: $(VENV)/dev.stamp

$(VENV)/runtime.stamp: requirements.lock
	@$(call locked,requirements.lock)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock
	@$(call locked,requirements-dev.lock)
	@touch $@ $(VENV)/runtime.stamp

# One installation at a time: make run and make test may begin together.
locked = flock Makefile sh .ci/install $(VENV) $(1)

chromium:
	@command -v chromium >/dev/null || sh .ci/packages chromium
