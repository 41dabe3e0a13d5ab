# One way in. Every target sets up what it needs by itself.

PYTHON := .venv/bin/python
# Tests start some hundred processes; each starts sooner when compiled modules are kept.
export PYTHONDONTWRITEBYTECODE :=
TESTS  ?= tests
RELEASES ?= bookworm trixie

.PHONY: help run lock test-newest test-bare test coverage check format demo demo-billing demo-call demo-genesys demo-pexip django venv matrix \
  differential storm schema \
  bench bench-batch bench-ledger bench-growth bench-soak bench-calls bench-outage bench-pexip bench-billing bench-genesys \
  recovery-pexip clean

help: ## Say what can be typed
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | sort | expand -t 16

venv:
	@.ci/venv

run: venv ## Start the service on an SQLite file
	@echo "Unless settings say otherwise, the service starts on http://127.0.0.1:8080, with its records in ./usage.db."
	@echo "In another terminal, type:"
	@echo "  .venv/bin/usage-service write --service PX21_CN_IMS --event StartCallNotification REQUESTER=alice CORRELATOR=c1"
	@echo "  .venv/bin/usage-service records"
	@.venv/bin/usage-service serve

test: venv ## Check the code, then run every test against real databases, processes and foreign clients
	@.ci/need .ci/packages
	@$(MAKE) --no-print-directory check
	@$(PYTHON) -m pytest -n 2 --dist loadfile $(TESTS)

coverage: venv ## Measure how much of the package the tests run, worker processes too; TESTS=tests/http for a part
	@.ci/need .ci/packages
	@.venv/bin/coverage erase
	@.venv/bin/coverage run -m pytest -n 2 --dist loadfile $(TESTS)
	@.venv/bin/coverage combine --quiet
	@.venv/bin/coverage report --skip-covered --show-missing
	@$(PYTHON) .ci/covered 95

check: venv ## Formatting, lint, types, import contracts
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

schema: venv ## Write what repeats the migrations and field tables: schema files, data dictionary, event catalog
	@$(PYTHON) -m sql.generate

format: venv ## Format the code
	@.venv/bin/ruff format --quiet .
	@.venv/bin/ruff check --quiet --fix .

demo: venv ## Write one record at every recording point of Call Notification and show the tables
	@$(PYTHON) -m demos.usage_records

demo-genesys: venv ## Trace the published Genesys example across its servers and account for it
	@$(PYTHON) -m demos.genesys

demo-pexip: venv ## Play a day of a Pexip Infinity deployment over a bad network and reconcile it
	@$(PYTHON) -m demos.pexip

demo-billing: venv ## Bill a month of conference bridges: logins, a workbook, aggregates, a correction
	@$(PYTHON) -m demos.billing

lock: ## Write constraints.txt anew: the newest versions that pyproject.toml allows
	@CONSTRAINTS= .ci/venv .venv-lock && .ci/lock .venv-lock > constraints.new && mv constraints.new constraints.txt

test-newest: ## Run the tests with the newest version of everything that pyproject.toml allows
	@.ci/need .ci/packages
	@CONSTRAINTS= .ci/venv .venv-newest
	@.venv-newest/bin/python -m pytest -n 2 --dist loadfile $(TESTS)

test-bare: ## Follow the README in a bare Debian 12 and 13, as root (RELEASES=bookworm or trixie, TESTS=tests/ledger)
	@for release in $(RELEASES); do TESTS="$(TESTS)" .ci/bare $$release || exit 1; done

django: ## Test the Django application on Django's LTS and on its newest release
	@.ci/django

demo-call: venv ## Place real SIP calls and show what the application receives and what is recorded
	@.ci/need kamailio kamailio
	@.ci/need kamailio-utils-modules
	@.ci/need kamailio-json-modules
	@.ci/need sip-tester sipp
	@$(PYTHON) -m demos.call

differential: venv ## Hold the paths against each other on 20,000 generated requests, plain, in cached template and in batches
	@HYPOTHESIS_PROFILE=thorough $(PYTHON) -m pytest -n 2 tests/soap/test_fast_path.py tests/soap/test_template_cache.py tests/soap/test_batch_fast_path.py

storm: venv ## Send 5,000 keyed records five times over, on both databases, while workers are killed
	@STORM=full $(PYTHON) -m pytest tests/ledger/test_replay_storm.py

matrix: ## Run the tests on every Python from 3.11 on that is here
	@for version in 3.11 3.12 3.13; do \
	  if ! python$$version --version >/dev/null 2>&1; then echo "python$$version is not here"; continue; fi; \
	  .ci/venv .venv-$$version python$$version && .venv-$$version/bin/python -m pytest -n 2 --dist loadfile $(TESTS) || exit 1; \
	done

clean: ## Remove what the targets made
	@rm -rf .venv .venv-* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*

bench: venv ## Measure the service beside its peers (15 minutes, quiet machine)
	@.ci/need benchmarks/packages
	@$(PYTHON) -m benchmarks.run

bench-ledger: venv ## Measure keys, batches and paging of the ledger (15 minutes, quiet machine; QUICK=--quick)
	@.ci/need benchmarks/packages
	@$(PYTHON) -m benchmarks.ledger $(QUICK)

bench-calls: venv ## Place 200 real SIP calls a second for a minute; every notice and record must be there once
	@.ci/need .ci/packages
	@$(PYTHON) -m benchmarks.calls

bench-outage: venv ## Stop the service for a minute under load; no record may be lost or doubled
	@$(PYTHON) -m benchmarks.outage

bench-batch bench-growth bench-soak: bench-%: venv
	@.ci/need benchmarks/packages
	@$(PYTHON) -m benchmarks.$*

bench-pexip bench-billing bench-genesys: bench-%: venv
	@.ci/need postgresql
	@$(PYTHON) -m benchmarks.$*

recovery-pexip: venv ## Kill the service ten times under 1,000 conferences of a bad network, and reconcile to the second
	@.ci/need postgresql
	@$(PYTHON) -m benchmarks.pexip_recovery
