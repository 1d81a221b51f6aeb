# Every command of Spine. `make` alone lists them. The work is done by the programs that are named here.
#   PORT   port of the local engine; the one after it is taken by the fake payment provider
#   STATE  folder of one running system: logs, pid files, keys
PORT ?= 4566
STATE ?= .local/state

# The first Python on the path that is new enough; the doctor says what is wrong when there is none.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; \
	done || true)
ifeq ($(strip $(PYTHON)),)
override PYTHON := python3
endif

VENV := .local/venv/bin/python
CDK := node_modules/.bin/cdk --no-notices --app "$(VENV) app.py"
CDK_FROM_OUTPUT := node_modules/.bin/cdk --no-notices --app cdk.out
# Node 20 is enough for what runs here; these warnings would only hide what matters.
export NODE_NO_WARNINGS := 1
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20,21,22,23
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 25,26,27
# The simulation must meet sets in the same order in every run.
export PYTHONHASHSEED := 0
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run stop logs test replay simulate fuzz mutants bench sourcing finance-scenarios books synth deploy capabilities lock \
	lint clock contracts doctor ready ready-for-tests

help:
	@echo "Spine: an order management system that runs on this machine or in your own AWS account."
	@echo
	@echo "  make run [PORT=4566 STATE=.local/state]   everything installed, up and seeded; one real order followed"
	@echo "  make stop [STATE=…]                       end that system"
	@echo "  make logs [STATE=… FUNCTION=place_order]  what its processes and its functions say"
	@echo "  make clock OFFSET=86400 [STATE=…]         move its clock; seconds from now, 0 is the real time"
	@echo "  make test [TESTS=path…] [ARGS=…]          the whole test suite, or only these files"
	@echo "  make ready-for-tests                      prepare the environment to call pytest directly"
	@echo "  make capabilities                         which capability is shown by which test"
	@echo "  make contracts                            event schemas, API description and flows, from code and template"
	@echo "  make replay FILE=… [LIMIT=… SPEED=… CLOSE=0 PORT=4566 STATE=… RUN=…]"
	@echo "                                            a real order file through the public intake, each business day closed;"
	@echo "                                            RUN goes on with an earlier one, CLOSE=0 leaves the days open"
	@echo "  make simulate                             the real handlers under faults: 20,000 seeds, 64 writers, every crash"
	@echo "                                            point, every pair of commands, 10,000 exports that break off; prints what"
	@echo "                                            breaks a rule"
	@echo "  make simulate SEEDS=… [FIRST=…] [PLANT=…] only seeds; PLANT puts a known fault into the product"
	@echo "  make simulate SEED=… | TRACE=…            the story of one seed, or of a recorded trace"
	@echo "  make fuzz [EXAMPLES=500]                  every operation of the API, called with what a fuzzer makes of it"
	@echo "  make mutants [PLACE=…]                    do our tests see small faults in money, stock, states and commands?"
	@echo "  make bench [ONLY=…]                       every performance figure with its comparison"
	@echo "  make lint                                 style and types"
	@echo "  make synth                                the CloudFormation for a real account, checked"
	@echo "  make deploy ACCOUNT=… REGION=…            the same into that account, after its diff"
	@echo "  make lock [UPGRADE=1]                     resolve the dependencies, or take newer ones"
	@echo "  make sourcing DIR=… OUT=…                 sourcing instances, solved by the product's own optimiser"
	@echo "  make finance-scenarios FILE=… [ONLY=…]    tables of what happens and what the ledger posts, played; PASS or FAIL"
	@echo "  make books ENTITY=… FORMAT=… [FROM=…] [OUT=…]  the exported journal for a bookkeeping program"
	@echo
	@echo "Needs git, make, Python 3.11 or newer, Node.js 20 or newer and npm. No account, no Docker."

run: doctor-with-ports
	@$(PYTHON) -m local.run --port $(PORT) --state "$(STATE)"

stop: python
	@$(PYTHON) -m local.stop --state "$(STATE)"

logs:
	@test -z "$(FUNCTION)" || ls functions | tr -d _ | grep -qiF -- "$$(printf %s "$(FUNCTION)" | tr -d _)" || \
		{ echo "No function has $(FUNCTION) in its name: \`ls functions\` lists them."; exit 2; }
	@test -x $(VENV) && ls "$(STATE)"/*.log >/dev/null 2>&1 || { echo "No logs in $(STATE): type \`make run\` first."; exit 1; }
	@$(VENV) -m local.progress --state "$(STATE)" --function "$(FUNCTION)"

clock: python
	@$(PYTHON) -m local.state --state "$(STATE)" --offset "$(OFFSET)"

test: ready-for-tests
ifeq ($(strip $(TESTS)),)
	@$(VENV) -m tools.suite $(ARGS)
else
	@$(VENV) -m pytest $(TESTS) $(ARGS)
endif

capabilities: python
	@$(PYTHON) -m tools.capabilities

contracts: ready-for-tests
	@$(VENV) -m tools.export_contracts && $(VENV) -m tools.draw_flows

replay: ready
	@test -n "$(FILE)" || { echo "Name the file: make replay FILE=local/seed/data/documents.csv LIMIT=100"; exit 2; }
	@$(VENV) -m tools.replay --file "$(FILE)" $(if $(LIMIT),--limit "$(LIMIT)") $(if $(SPEED),--speed "$(SPEED)") $(if $(CLOSE),--close "$(CLOSE)") \
		$(if $(RUN),--run "$(RUN)") --port $(PORT) --state "$(STATE)"

bench: ready-for-tests
	@$(VENV) -m bench $(if $(ONLY),--only "$(ONLY)")

# Random faults over many seeds; many writers of the same few units; then every crash point of every handler, every
# interleaving of pairs of commands, and 10,000 exports that break off.
SEEDS ?= 20000
FIRST ?= 0
simulate: ready-for-tests
ifneq ($(strip $(SEED)),)
	@$(VENV) -m tests.simulation --tell "$(SEED)" $(if $(PLANT),--plant "$(PLANT)")
else ifneq ($(strip $(TRACE)),)
	@$(VENV) -m tests.simulation --trace "$(TRACE)"
else
	@$(VENV) -m tests.simulation --seeds "$(SEEDS)" --first "$(FIRST)" --jobs 2 --shrink $(if $(PLANT),--plant "$(PLANT)")
	@test "$(SEEDS)" != 20000 || test -n "$(PLANT)" || \
		{ $(VENV) -m tests.simulation.writers && $(VENV) -m tests.simulation.crash_points && $(VENV) -m tests.simulation.pairs && \
		$(VENV) -m tests.simulation.export_schedules; }
endif

fuzz: ready-for-tests
	@PYTHONHASHSEED=0 FUZZ_EXAMPLES="$(or $(EXAMPLES),500)" $(VENV) -m pytest tests/simulation/test_fuzzing.py

mutants: ready-for-tests
	@$(VENV) -m tools.mutate $(if $(PLACE),--only "$(PLACE)")

sourcing: ready-for-tests
	@PYTHONPATH=layers/oms/python $(VENV) -m tools.solve_instances --dir "$(DIR)" --out "$(OUT)" $(if $(SECONDS),--seconds "$(SECONDS)")

# Tables in the grammar of tests/finance_scenarios/README.md; ONLY takes those whose name begins so.
finance-scenarios: ready-for-tests
	@test -n "$(FILE)" || { echo "Name the file: make finance-scenarios FILE=tests/finance_scenarios/scenarios.md"; exit 2; }
	@PYTHONPATH=layers/oms/python $(VENV) -m tests.finance_scenarios "$(FILE)" $(if $(ONLY),"$(ONLY)")

# FROM is a folder with a copy of the export, or s3://BUCKET; without it the bucket of the local run is read. FORMAT is beancount, hledger, quickbooks, xero or netsuite.
# TENANT is needed where the export has several, CURRENCY where the program takes one only.
books: ready-for-tests
	@test -n "$(ENTITY)" -a -n "$(FORMAT)" || { echo "Name the books: make books ENTITY=100 FORMAT=beancount"; exit 2; }
	@$(VENV) -m tools.books --entity "$(ENTITY)" --format "$(FORMAT)" $(if $(OUT),--out "$(OUT)") \
		$(if $(TENANT),--tenant "$(TENANT)") $(if $(CURRENCY),--currency "$(CURRENCY)") "$(or $(FROM),$(STATE))"

# The rule packs run inside the synthesis and stop it; cfn-lint reads the result.
synth: ready-for-tests
	@$(VENV) -m tools.build_layer --target aws
	@$(CDK) synth --quiet --output cdk.out $(if $(ACCOUNT),-c account="$(ACCOUNT)") $(if $(REGION),-c region="$(REGION)")
	@.local/venv/bin/cfn-lint cdk.out/*.template.json
	@echo "Checked without a finding: cdk.out/*.template.json"

# Shows the difference first and then asks; YES=1 answers for a pipeline.
deploy: named-target synth
	@$(CDK_FROM_OUTPUT) diff --all
	@$(CDK_FROM_OUTPUT) deploy --all --require-approval $(if $(YES),never,any-change) --outputs-file cdk.out/outputs.json

lock: ready-for-tests
	@for name in layer export broker papers run test engine; do \
		.local/venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			$(if $(UPGRADE),--upgrade) --no-header "requirements/$$name.in" -o "requirements/$$name.lock" || exit 1; \
	done
	@npm install --package-lock-only --silent

lint: ready-for-tests
	@.local/venv/bin/ruff check .
	@.local/venv/bin/ruff format --check .
	@.local/venv/bin/mypy

ready: doctor
	@$(PYTHON) -m local.run --prepare-only run

ready-for-tests: doctor
	@$(PYTHON) -m local.run --prepare-only test

.PHONY: python doctor-with-ports named-target
named-target:
	@test -n "$(ACCOUNT)" && test -n "$(REGION)" || \
		{ echo "Name the account and the region: make deploy ACCOUNT=123456789012 REGION=eu-central-1"; exit 2; }

python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { echo "Python 3.11 or newer is needed and \`$(PYTHON)\` was not found: install it and try again."; exit 1; }

doctor: python
	@$(PYTHON) -m local.doctor

doctor-with-ports: python
	@$(PYTHON) -m local.doctor --port "$(PORT)" --state "$(STATE)"
