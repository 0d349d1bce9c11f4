# What one can do here. `make help` tells it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

BIN := .venv/bin
READY := .venv/ready
UV := $(BIN)/uv --quiet pip install --compile-bytecode --python $(BIN)/python --require-hashes
COMPILE := $(BIN)/uv --quiet pip compile --generate-hashes --no-header --universal --python-version 3.11
COMPILE += $(if $(UPGRADE),--upgrade)
MESSAGES := $(wildcard inventory/translations/*/LC_MESSAGES/*.po)
LINTED := inventory bench config.py wsgi.py gunicorn.conf.py scripts
PYTEST := $(BIN)/python -m pytest

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Set-up

.PHONY: install
install: $(READY)/app $(READY)/assets $(MESSAGES:.po=.mo) ## the environment alone: .venv and the front-end files
	@$(BIN)/python -m compileall -q inventory config.py wsgi.py

.PHONY: run
run: install ## set up, bring the database up to date, serve on 127.0.0.1:8000 (DEMO=no: without demonstration)
	@exec scripts/run.sh

$(READY)/python: scripts/venv.sh requirements/bootstrap.txt
	@scripts/venv.sh
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	@mkdir -p $(READY) && touch $@

$(READY)/app: $(READY)/python requirements/app.txt
	@echo 'Installing the packages ...'
	@$(UV) -r requirements/app.txt
	@touch $@

$(READY)/dev: $(READY)/app requirements/dev.txt
	@echo 'Installing the packages for development ...'
	@$(UV) -r requirements/dev.txt
	@touch $@

$(READY)/node: $(READY)/python scripts/npm.sh requirements/node.txt package.json package-lock.json .npmrc
	@echo 'Installing the front-end files ...'
	@scripts/npm.sh ci
	@touch $@

$(READY)/assets: $(READY)/node scripts/assets.py scripts/icons.txt $(wildcard static/css/*.css static/js/*.js)
	@$(BIN)/python scripts/assets.py
	@touch $@

%.mo: %.po $(READY)/app
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

.PHONY: dev
dev: install $(READY)/dev ## what development needs besides

.PHONY: system
system: ## PostgreSQL, Chromium and fonts for the tests (as root, through apt-get)
	@scripts/system.sh

## Checks

.PHONY: test
test: dev system lint types floors ## everything: checks, then every test on both databases and in a browser
	$(PYTEST) -n 2 --ignore=tests/browser
	$(PYTEST) tests/browser
	@scripts/system.sh --report

.PHONY: check
check: dev lint types floors ## the checks alone, without tests

.PHONY: lint
lint: $(READY)/dev ## ruff, djlint, bandit
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/bandit --quiet -c pyproject.toml -r $(LINTED)

.PHONY: types
types: $(READY)/dev ## mypy, strict
	$(BIN)/mypy

.PHONY: floors
floors: $(READY)/dev ## import-linter: who may import whom
	@$(BIN)/lint-imports > $(READY)/floors.log || { cat $(READY)/floors.log; exit 1; }

.PHONY: unit
unit: dev ## every test but the browser's (ARGS='-k words')
	$(PYTEST) -n 2 --ignore=tests/browser $(ARGS)

.PHONY: browser
browser: dev ## the tests in Chromium (ARGS='-k words')
	$(PYTEST) tests/browser $(ARGS)

.PHONY: coverage
coverage: dev ## which lines no test reaches: a table, and htmlcov/
	$(PYTEST) -n 2 --ignore=tests/browser --cov --cov-report=term --cov-report=html $(ARGS)

.PHONY: bench
bench: dev ## the benchmark: a table, and bench/results.json
	@$(BIN)/python bench/run.py $(ARGS)

.PHONY: simulate
simulate: dev ## two years under our rules and under a plain minimum/maximum: a table, and bench/simulation.json
	@$(BIN)/python -m bench.simulation $(ARGS)

## Upkeep

.PHONY: format
format: $(READY)/dev ## ruff's formatter and its safe corrections
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format --quiet

.PHONY: lock
lock: $(READY)/python ## lock the dependencies again (UPGRADE=1: to the newest that are allowed)
	@$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(COMPILE) requirements/node.in -o requirements/node.txt
	@$(COMPILE) requirements/app.in -o requirements/app.txt
	@$(COMPILE) -c requirements/app.txt requirements/dev.in -o requirements/dev.txt
	@scripts/npm.sh install --package-lock-only
	@! grep -nE '(https?|file)://|"resolved"' requirements/*.txt .npmrc || { echo 'A lock names a host.' >&2; exit 1; }
	@! grep -n '"resolved"' package-lock.json || { echo 'package-lock.json names a host.' >&2; exit 1; }

.PHONY: assets
assets: $(READY)/node ## copy the front-end files and icons into static/vendor again
	@$(BIN)/python scripts/assets.py
	@touch $(READY)/assets

.PHONY: translations-extract
translations-extract: $(READY)/app ## gather the texts to translate into inventory/translations/messages.pot
	@mkdir -p inventory/translations
	@$(BIN)/pybabel --quiet extract -F babel.cfg -k msg -k _l -k lazy_gettext -k ngettext:1,2 --no-location --sort-output \
	    --project Relais -o inventory/translations/messages.pot .

.PHONY: translations-update
translations-update: translations-extract ## bring the new texts into every catalogue
	@$(BIN)/pybabel --quiet update -i inventory/translations/messages.pot -d inventory/translations \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

.PHONY: audit
audit: $(READY)/dev ## known weaknesses of the dependencies (asks advisory services on the network)
	@$(BIN)/uv tool run pip-audit --disable-pip -r requirements/app.txt
	@scripts/npm.sh audit --audit=true

.PHONY: clean-assets
clean-assets: ## forget the front-end files
	rm -rf node_modules static/vendor static/vendor.new $(READY)/node $(READY)/assets

.PHONY: clean
clean: clean-assets ## forget everything that was installed or built; the data in instance/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov test-results
	rm -f .coverage .coverage.* inventory/translations/*/LC_MESSAGES/*.mo
