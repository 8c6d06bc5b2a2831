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
SAMPLED ?=
id ?=
first ?=
level ?=
trace ?=
span ?=
for ?=
show ?=
replay ?=
full ?=
json ?=
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
run ?=
a ?=
b ?=
TRAFFIC ?= 1
PROBE ?= 1
CONSOLE ?= 1

.PHONY: help
help: ## List the targets
	@printf 'payscope: a payment platform that one can see through\n\n'
	@awk -F ' *:.*## ' '/^[a-z-]+:.*## / { printf "  \033[36mmake %-16s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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
	@$(MAKE) --no-print-directory --keep-going --jobs=1 test-contracts test-servers test-stack $(APART:%=test-%)

# Each of these folders is a run of its own: it starts a stack that it breaks, or a browser.
APART := console crash chaos alerts leaks
TOGETHER := $(APART:%=--ignore=tests/%)

.PHONY: test-contracts
test-contracts: setup ## A part of `make test`: what is promised is what is there
	@$(PYTEST) tests/contracts

.PHONY: test-servers
test-servers: setup ## A part: the services' parts on a PostgreSQL and a NATS
	@$(PYTEST) -m "(postgres or nats) and not stack" tests $(TOGETHER)

.PHONY: test-stack
test-stack: setup ## A part: the whole stack, its telemetry, what attackers and fuzzers send
	@$(PYTEST) -m stack tests $(TOGETHER)

.PHONY: $(APART:%=test-%)
test-console: ## A part: every page of the console, walked in a real Chromium
test-crash: ## A part: kill -9 at every edge, and the books are whole again
test-chaos: ## A part: services and telemetry servers go away, in drills
test-alerts: ## A part: alerts fire and end in their scenarios
test-leaks: ## A part: planted card numbers are nowhere to be found
$(APART:%=test-%): test-%: setup
	@$(PYTEST) -m "postgres or nats or stack" tests/$*

.PHONY: up
up: setup ## Start everything as plain processes, make one payment, tell its story (REPLICAS=2, FAULTS=1, TRAFFIC=0, PROBE=0, CONSOLE=0, SAMPLED=1)
	@$(NATIVE) up $(if $(filter-out 0,$(TRAFFIC)),--traffic) $(if $(filter-out 0,$(PROBE)),--probe) $(if $(filter-out 0,$(CONSOLE)),--console) $(if $(REPLICAS),--replicas $(REPLICAS)) $(if $(FAULTS),--faults) $(if $(SAMPLED),--sampled)

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

.PHONY: log-level
log-level: setup ## Have a service tell more for a while: make log-level s=payments level=debug (for=600; no level: how it stands)
	@$(NATIVE) log-level --instance $(instance) $(or $(s),$(error which one? make log-level s=payments level=debug)) $(level) $(if $(for),--for $(for))

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

.PHONY: pan-scan
pan-scan: setup ## Card numbers or secrets anywhere? Logs, traces, metrics, streams, tables, files (instance=NAME)
	@$(PY) -m native.leaks --instance $(instance)

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

.PHONY: telemetry-audit
telemetry-audit: setup ## Did all that a load run told arrive? The newest, or run=RUN; without one, 30 s of load (json=1)
	@$(PY) -m loadtests.report.audit --instance $(instance) $(if $(json),--json) $(run)

.PHONY: sbom
sbom: setup ## Write what we are made of to dist/sbom.json (CycloneDX)
	@$(PY) -m native.supply bill

.PHONY: audit-deps
audit-deps: setup ## Known flaws of what we are made of; exits 2 if nobody could be asked
	@$(PY) -m native.supply audit

.PHONY: boards
boards: setup ## Build Grafana's dashboards from the signals that they draw
	@$(PY) -m grafana.build

.PHONY: pictures
pictures: setup ## Walk the console of the running stack as the tour does, tell a payment, and keep what it looks like in docs/pictures
	@$(PY) -m tests.console.tour --instance $(instance)

.PHONY: rules
rules: setup ## Build Prometheus' rules and alerts from the SLOs
	@$(PY) -m prometheus.build

.PHONY: docs
docs: setup ## Write the OpenAPI and AsyncAPI documents and the list of signals from the code
	@$(PY) -m docs.build

.PHONY: signals-check
signals-check: setup ## Is what arrives declared? make signals-check (full=1: plays all first, needs FAULTS=1; json=1)
	@$(PY) -m contract --instance $(instance) $(if $(full),--full) $(if $(json),--json)

.PHONY: bench
bench: setup ## Measure what the stack can do and what it costs, compare the ratios with those kept (quick=1)
	@$(PY) -m benchmarks $(if $(quick),--quick)

.PHONY: bench-telemetry
bench-telemetry: setup ## Measure what telemetry costs a payment: off, traces only, all on, in turn (quick=1)
	@$(PY) -m benchmarks --only telemetry $(if $(quick),--quick)

.PHONY: bench-peers
bench-peers: setup ## Measure our instrumentation beside the usual automatic one, in turn
	@$(PY) -m benchmarks.peers

.PHONY: bench-growth
bench-growth: setup ## Measure what growth costs: replicas, users, stored payments, a long stream
	@$(PY) -m benchmarks.growth

.PHONY: bench-up
bench-up: setup ## Measure a warm start, the memory at rest, how fresh telemetry is
	@$(NATIVE) bench-up

.PHONY: bench-pages
bench-pages: setup ## Measure how soon the running console shows a story and each board, and what it weighs
	@$(PY) -m benchmarks.pages --instance $(instance)

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

.PHONY: profile-spans
profile-spans: setup ## What spans used the CPU, after PAYSCOPE_PROFILES=dist/profiles make up: make profile-spans s=payments-1 (trace=ID, span=payments.pay)
	@$(PY) -m benchmarks.span_profiles dist/profiles/$(or $(s),$(error which one? make profile-spans s=payments-1)).jsonl \
		$(if $(trace),--trace $(trace)) $(if $(span),--span $(span))

.PHONY: bench-resilience
bench-resilience: setup ## Measure what failures cost: bank stalled, bank away, ten times the load: 15 minutes
	@$(PY) -m benchmarks.resilience

.PHONY: chaos
chaos: setup ## Break the services of a running stack in six ways, and write into the docs what was found: 8 minutes
	@CHAOS_AWAY_S=60 $(PYTEST) -m stack tests/chaos --ignore-glob='*/test_outage_*' --ignore=tests/chaos/test_skewed_clocks.py
	@$(PY) -m docs.chaos --take chaos

.PHONY: outages
outages: setup ## The same with its telemetry, the backends away for ten minutes: 20 minutes
	@CHAOS_BEFORE_S=60 CHAOS_OUTAGE_S=600 $(PYTEST) -m stack tests/chaos/test_outage_*.py tests/chaos/test_skewed_clocks.py
	@$(PY) -m docs.chaos --take chaos

.PHONY: alerts-drill
alerts-drill: setup ## See every alert fire in its scenario and end after it, on a stack of its own: 12 minutes
	@ALERTS_DRILL=all $(PYTEST) -m stack tests/alerts
	@mkdir -p docs/chaos/alerts && cp .data/alerts/chaos/*.json docs/chaos/alerts/
	@$(PY) -m prometheus.build

.PHONY: leaks
leaks: setup ## Plant card numbers wherever callers can write, and look for them everywhere: 3 minutes
	@$(PYTEST) -m stack tests/leaks
	@$(PY) -m docs.chaos --take leaks

.PHONY: clean
clean: setup ## Remove the data of stacks that are down (says what, and asks)
	@$(NATIVE) clean

.PHONY: clean-cache
clean-cache: setup ## Remove Go's caches, keep the servers that were built (says what, and asks)
	@$(NATIVE) clean-cache
