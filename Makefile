# make run       everything, in one terminal: http://localhost:8000 (PORT, MICROLIFT_DATA_DIR choose another place)
# make test      all tests
# make lint      format, rules, types, migrations; the browser client's types, sizes, and that dist/ is current
# make client    builds the browser client: tracking/client/src → tracking/client/dist
# make bench     benchmarks
# make faults    every process killed again and again, stores gone, hung, locked: the long forms of tests/faults and tests/hostile
# make simulate  what the statistics do when the truth is known; writes docs/operating-characteristics.md

.PHONY: run test lint bench faults simulate setup setup-dev chromium clients client client-deps wrk unleash
.DEFAULT_GOAL := run

VENV := .venv
BIN := $(VENV)/bin
# Much of it waits for a browser, so one more than the cores of the smallest machine.
PYTEST_WORKERS ?= 3
# The supervisor stops when make itself is killed.
LEASH := $(if $(shell command -v setpriv),setpriv --pdeathsig TERM)
# Types and migrations are looked at without touching an installation.
APART := MICROLIFT_ENV=local MICROLIFT_DATA_DIR=$(CURDIR)/build/lint DATABASE_URL= REDIS_URL=

run: setup
	@exec $(LEASH) $(BIN)/python -m config.supervisor

test: setup-dev chromium clients client-deps
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist=loadfile --no-loadscope-reorder

lint: setup-dev client-deps
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(APART) $(BIN)/mypy
	$(APART) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@cd $(CLIENT) && npm run --silent check

bench: setup-dev chromium wrk unleash
	$(BIN)/python -m pytest -s tests/benchmarks -o python_files="test_*.py bench_*.py" -p no:xdist -p no:randomly --benchmark-columns=median,ops --benchmark-group-by=group

# An hour, alone on the machine: a busy one is slow to start processes again.
faults: setup-dev
	FAULT_KILLS=$${FAULT_KILLS:-25} HOSTILE_REQUESTS=$${HOSTILE_REQUESTS:-50000} HOSTILE_EXAMPLES=30 HOSTILE_SECONDS=20 \
	$(BIN)/python -m pytest -s tests/faults tests/hostile -p no:xdist -p no:randomly

# Minutes. The peer it stands beside needs older packages than ours, so it has a place of its own.
simulate: setup-dev build/gbstats/peer.stamp
	$(APART) nice -n 10 $(BIN)/python -m tests.simulate

setup: $(VENV)/runtime.stamp
setup-dev: $(VENV)/dev.stamp

$(VENV)/runtime.stamp: requirements.lock
	@$(call locked,requirements.lock)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock
	@$(call locked,requirements-dev.lock)
	@touch $@ $(VENV)/runtime.stamp

build/gbstats/peer.stamp: requirements-gbstats.lock
	@flock Makefile sh .ci/install build/gbstats requirements-gbstats.lock
	@touch $@

# One installation at a time: make run and make test may begin together.
locked = flock Makefile sh .ci/install $(VENV) $(1)

chromium:
	@command -v chromium >/dev/null || sh .ci/packages chromium

# Other people's clients in JavaScript, for the tests.
clients: tests/clients/node_modules/.stamp

tests/clients/node_modules/.stamp: tests/clients/package-lock.json
	@command -v npm >/dev/null || sh .ci/packages nodejs npm
	@cd tests/clients && flock package.json npm ci --ignore-scripts --no-update-notifier --loglevel=error
	@touch $@

# Our own client for browsers. What is built is committed: running Microlift needs no Node.
CLIENT := tracking/client
client: client-deps
	@cd $(CLIENT) && node build.mjs

client-deps: $(CLIENT)/node_modules/.stamp

$(CLIENT)/node_modules/.stamp: $(CLIENT)/package-lock.json
	@command -v npm >/dev/null || sh .ci/packages nodejs npm
	@cd $(CLIENT) && flock package.json npm ci --no-update-notifier --loglevel=error
	@touch $@

wrk:
	@command -v wrk >/dev/null || sh .ci/packages wrk

# The server that the benchmarks stand beside ours, and the Node it asks for.
PEER := tests/benchmarks/serving/peers/unleash
unleash: build/unleash/peer.stamp

build/unleash/peer.stamp: $(PEER)/package-lock.json
	@command -v npm >/dev/null || sh .ci/packages nodejs npm
	@mkdir -p build/unleash && cp $(PEER)/package.json $(PEER)/package-lock.json $(PEER)/.npmrc build/unleash/
	@cd build/unleash && flock package.json npm ci --no-update-notifier --loglevel=error
	@touch $@
