# Bare `make` lists what can be asked for. Nothing but Python 3.11+ and make is needed.
.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/sh

PY := .venv/bin/python
NATIVE := $(PY) -m native
PYTEST := $(PY) -m pytest
s ?=
t ?=
REPLICAS ?=
FAULTS ?=
id ?=
first ?=
show ?=
replay ?=
quick ?=
history ?=
watch ?=
instance ?= default
users ?=
minutes ?=
shape ?=
scenario ?=
rate ?=
seed ?=
processes ?=
web ?=
a ?=
b ?=
TRAFFIC ?= 1

.PHONY: help
help: ## List the targets
	@printf 'payscope: a payment platform that one can see through\n\n'
	@awk -F ' *:.*## ' '/^[a-z-]+:.*## / { printf "  \033[36mmake %-14s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make .venv from uv.lock (every other target does it by itself)
	@sh native/setup.sh

.PHONY: fmt
fmt: setup ## Format the code and sort its imports
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format .

.PHONY: lint
lint: setup
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

.PHONY: check
check: lint ## Lint, types and fast tests: seconds, needs no server
	@$(PYTEST) -q --ignore=tests/contracts

.PHONY: test
test: check ## All that CI runs: check, contracts, then tests on the real servers
	@$(NATIVE) build --tools
	@$(PYTEST) tests/contracts
	@$(PYTEST) -m "postgres or nats or stack"

.PHONY: up
up: setup ## Start everything as plain processes, make one payment, tell its story (REPLICAS=2, FAULTS=1, TRAFFIC=0)
	@$(NATIVE) up $(if $(filter-out 0,$(TRAFFIC)),--traffic) $(if $(REPLICAS),--replicas $(REPLICAS)) $(if $(FAULTS),--faults)

.PHONY: down
down: setup ## Stop everything
	@$(NATIVE) down

.PHONY: status
status: setup ## What runs, since when, what it costs, is it ready
	@$(NATIVE) status

.PHONY: stop
stop: setup ## Stop one process, to see what then: make stop s=bank
	@$(NATIVE) stop $(or $(s),$(error which one? make stop s=bank))

.PHONY: start
start: setup ## Start it again: make start s=bank
	@$(NATIVE) start $(or $(s),$(error which one? make start s=bank))

.PHONY: fault
fault: setup ## Break a service on purpose: make fault s=bank t=latency=5000 (down, reset, …; t=clear)
	@$(NATIVE) fault $(s) $(t)

.PHONY: logs
logs: setup ## What a process wrote, and goes on to write: make logs s=payments
	@$(NATIVE) logs -f $(or $(s),$(error which one? make logs s=payments))

.PHONY: story
story: setup ## All of a payment: make story id=<payment id or TraceID> (first=1: the order only)
	@$(NATIVE) story --instance $(instance) $(if $(first),--first) $(or $(id),$(error which one? make story id=<payment id or TraceID>))

.PHONY: dlq
dlq: setup ## Dead letters: make dlq, make dlq show=ID, make dlq replay=ID (or replay=all)
	@$(NATIVE) dlq $(if $(show),--show $(show)) $(if $(replay),--replay $(replay))

.PHONY: verify
verify: setup ## Do the books fit together? make verify, make verify watch=10 history=FILE
	@$(NATIVE) run --instance $(instance) -- $(PY) -m apps.verify \
		$(if $(history),--history $(history)) $(if $(watch),--watch $(watch))

.PHONY: audit
audit: setup ## Are the chains of hashes whole? Names the first row that is not as written
	@$(NATIVE) run --instance $(instance) -- $(PY) -m apps.verify --trails

.PHONY: token
token: setup ## Print a bearer token: merchant m-01's, or make token client=ops
	@$(NATIVE) token $(if $(client),--client $(client))

.PHONY: load
load: setup ## Locust pays, judges every answer, ends in a report: make load shape=rush users=50 minutes=3 (web=1: a page)
	@$(PY) -m loadtests --instance $(instance) \
		$(if $(shape),--shape $(shape)) $(if $(scenario),--scenario $(scenario)) \
		$(if $(users),--users $(users)) $(if $(minutes),--minutes $(minutes)) \
		$(if $(rate),--rate $(rate)) $(if $(seed),--seed $(seed)) \
		$(if $(processes),--processes $(processes)) $(if $(web),--web)

.PHONY: load-compare
load-compare: setup ## Two load runs side by side: make load-compare a=RUN b=RUN
	@$(PY) -m loadtests.report.compare $(or $(a),$(error which two? make load-compare a=RUN b=RUN)) $(b)

.PHONY: sbom
sbom: setup ## Write what we are made of to dist/sbom.json (CycloneDX)
	@$(PY) -m native.supply bill

.PHONY: audit-deps
audit-deps: setup ## Known flaws of what we are made of; exits 2 if nobody could be asked
	@$(PY) -m native.supply audit

.PHONY: boards
boards: setup ## Build Grafana's dashboards from the signals that they draw
	@$(PY) -m grafana.build

.PHONY: rules
rules: setup ## Build Prometheus' rules and alerts from the SLOs
	@$(PY) -m prometheus.build

.PHONY: docs
docs: setup ## Write the OpenAPI and AsyncAPI documents from the code
	@$(PY) -m docs.build

.PHONY: bench
bench: setup ## Measure what the stack can do and what it costs, compare the ratios with those kept (quick=1)
	@$(PY) -m benchmarks $(if $(quick),--quick)

.PHONY: bench-peers
bench-peers: setup ## Measure our instrumentation beside the usual automatic one, in turn
	@$(PY) -m benchmarks.peers

.PHONY: bench-growth
bench-growth: setup ## Measure what growth costs: replicas, users, stored payments, a long stream
	@$(PY) -m benchmarks.growth

.PHONY: bench-up
bench-up: setup ## Measure a warm start, the memory at rest, how fresh telemetry is
	@$(NATIVE) bench-up

.PHONY: bench-hop
bench-hop: setup ## Measure what a server span and a call cost, ours beside others
	@$(PY) -m benchmarks.server_span
	@$(PY) -m benchmarks.transport

.PHONY: bench-gateway
bench-gateway: setup ## Measure what the gateway's hop costs, part by part
	@$(PY) -m benchmarks.gateway

.PHONY: bench-replay
bench-replay: setup ## Measure how fast 100,000 events are read into fresh projections
	@$(PY) -m benchmarks.replay

.PHONY: bench-soak
bench-soak: setup ## Does the stack stay as it is? make bench-soak minutes=30 rate=10
	@$(PY) -m benchmarks.soak $(if $(minutes),--minutes $(minutes)) $(if $(rate),--rate $(rate))

.PHONY: profile
profile: setup ## Where a service's time goes, as a table and a flame graph: make profile s=payments
	@$(PY) -m benchmarks.profiling $(if $(s),--service $(s))

.PHONY: bench-resilience
bench-resilience: setup ## Measure what failures cost: bank stalled, bank away, ten times the load: 15 minutes
	@$(PY) -m benchmarks.resilience

.PHONY: chaos
chaos: setup ## Break the running stack in six ways, and write into the docs what was found: 8 minutes
	@CHAOS_AWAY_S=60 $(PYTEST) -m stack tests/chaos
	@$(PY) -m docs.chaos --take chaos

.PHONY: clean
clean: setup ## Remove the data of stacks that are down (says what, and asks)
	@$(NATIVE) clean

.PHONY: clean-cache
clean-cache: setup ## Remove Go's caches, keep the servers that were built (says what, and asks)
	@$(NATIVE) clean-cache
