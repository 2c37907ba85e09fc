# Every target sets up what it needs. `make` alone lists them.
PYTHON = .venv/bin/python
PYTEST = $(PYTHON) -m pytest
EMBEDDED = DATABASE_URL= REDIS_URL=
SERVICES = DATABASE_URL=$${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres} REDIS_URL=$${REDIS_URL:-redis://127.0.0.1:6379/15}
WINDOWS = --numprocesses=2 --dist=loadfile --no-loadscope-reorder
PARALLEL = --numprocesses=auto --maxprocesses=8 --dist=loadgroup
COVERED = --cov=numbers_app.purchasing --cov=numbers_app.inventory --cov=numbers_app.leadconnector
EVERYWHERE = not browser and not specification and not chaos
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
	--custom-compile-command "make requirements"

.PHONY: help run setup test test-services test-browser test-specification chaos chaos-short bench coverage lint types format messages requirements key clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-20s %s\n", $$1, $$2 }'

run: .venv/run.stamp ## start the whole desk in this terminal; Ctrl-C stops it
	@exec $(PYTHON) -m leadway_site.desk

setup: .venv/dev.stamp ## install all that developing and testing need

test: .venv/dev.stamp ## run the tests, without any service
	@$(EMBEDDED) $(PYTEST) $(PARALLEL) -m "$(EVERYWHERE) and not services" $(ARGS)
	@echo "Left out, as they need more: make test-services (PostgreSQL, Redis), make test-browser (Chromium)," \
		"make test-specification (Prism), make chaos (PostgreSQL's and Redis's programs, and minutes)."

test-services: .venv/dev.stamp ## run the tests on PostgreSQL and Redis; the Redis databases are emptied
	@$(SERVICES) $(PYTEST) $(PARALLEL) -m "$(EVERYWHERE)" $(ARGS)

test-browser: .venv/dev.stamp ## run the desk in a real browser; needs Chromium
	@export SHOTS=$${SHOTS:-$$(mktemp -d)}; echo "Screenshots: $$SHOTS"; $(EMBEDDED) $(PYTEST) $(WINDOWS) -m browser $(ARGS)

test-specification: .venv/dev.stamp ## run against the provider's specification; needs Prism, see PRISM in .ci/run
	@$(EMBEDDED) $(PYTEST) -m specification $(ARGS)

chaos: .venv/dev.stamp ## break a desk while it buys 3,000 numbers; SEED=7, SEEDS="1 2 3", PURCHASES=300
	@$(EMBEDDED) $(PYTEST) -m chaos tests/chaos $(ARGS)

chaos-short: .venv/dev.stamp ## the same with 300 numbers, in a few minutes
	@$(EMBEDDED) PURCHASES=300 $(PYTEST) -m chaos tests/chaos $(ARGS)

coverage: .venv/dev.stamp ## run the tests on PostgreSQL and Redis, and measure the branches where the money is
	@$(SERVICES) $(PYTEST) $(PARALLEL) -m "$(EVERYWHERE)" $(COVERED) --cov-report=term:skip-covered --cov-report=json:.coverage.json $(ARGS)
	@$(PYTHON) .ci/branches.py .coverage.json

bench: .venv/dev.stamp ## measure the engine; needs PostgreSQL, Redis and a quiet machine, see docs/benchmarks.md
	@$(PYTHON) -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(TRIAL),--trial) $(if $(PROFILE),--profile) $(if $(EXPLAIN),--explain)

.PHONY: pictures screens
pictures: .venv/dev.stamp ## take the pictures of docs/guide anew, from a desk of their own; needs Chromium
	@$(EMBEDDED) $(PYTHON) docs/make_pictures.py

screens: .venv/dev.stamp ## take every page, in both languages, light and dark, wide and phone-sized; OUT=folder
	@$(EMBEDDED) $(PYTHON) -m tests.browser.screens $(or $(OUT),var/screens)

lint: .venv/dev.stamp ## check style, layers, migrations and settings
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/lint-imports
	@DJANGO_SETTINGS_MODULE=tests.settings $(PYTHON) manage.py makemigrations --check --dry-run
	@DJANGO_SETTINGS_MODULE=tests.settings $(PYTHON) manage.py check

types: .venv/dev.stamp ## check types
	@.venv/bin/mypy

format: .venv/dev.stamp ## put the code into shape
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

messages: .venv/dev.stamp ## gather what is to be translated, and compile it; needs gettext
	@$(PYTHON) .ci/messages.py

requirements: .venv/dev.stamp ## pin requirements*.in anew; UPGRADE=--upgrade takes newer releases
	@$(COMPILE) $(UPGRADE) --output-file requirements.txt requirements.in
	@$(COMPILE) $(UPGRADE) --output-file requirements-dev.txt requirements-dev.in

key: .venv/run.stamp ## print a new key for FIELD_ENCRYPTION_KEYS
	@$(PYTHON) -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'

clean: ## remove the virtual environment and the caches; var/ with the books stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov

# A stamp is newer than what it was made from, or the step is done again; with it a start needs no network.
.venv/run.stamp: requirements.txt
	@sh .ci/venv requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt
	@sh .ci/venv requirements-dev.txt
	@touch .venv/run.stamp $@
