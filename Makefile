# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Short on purpose: it only calls tools. `make help` lists the targets.

PYTHON := /usr/bin/python3
CACHE := .cache
VENVS := $(CURDIR)/$(CACHE)/venvs
DEV := $(VENVS)/dev/bin
DEMO_PYTHON := $(VENVS)/demo/bin/python
TOOLS := tests/tools
COVERAGE_FLOOR := 94
CORE_FLOOR := 95

GUIDED_SECONDS := 20

export ANSIBLE_COLLECTIONS_PATH = $(shell $(PYTHON) $(TOOLS)/checkout.py)
export NB_CORES = $(shell $(PYTHON) $(TOOLS)/environments.py list-cores)
export LC_ALL = C.UTF-8
export PATH := /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PYTHONDONTWRITEBYTECODE = 1

PYTEST := $(DEV)/python -m pytest
# Servers, mounts and files are each test's or each worker's own, so tests run on several cores at once.
PARALLEL := --numprocesses=auto --maxprocesses=4 --dist=worksteal
COVERED := --cov --cov-append --cov-report=term:skip-covered

.PHONY: help demo setup lint types sanity guard test-fast test-host test-debian13 test-mysql coverage test test-all fuzz mutants bench clean
.NOTPARALLEL:

help:  ## list the targets
	@awk -F ':.*  ## ' '/^[a-z0-9-]+:.*  ## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

$(PYTHON):
	apt-get --quiet install --yes --no-install-recommends python3-venv

demo: $(PYTHON)  ## play two nights on a small made-up site and show the report
	@$(PYTHON) $(TOOLS)/debian_packages.py requirements/debian-demo.txt
	@$(PYTHON) $(TOOLS)/environments.py demo requirements/demo.txt
	@$(DEMO_PYTHON) demo/play.py

setup: $(PYTHON)  ## Debian packages and Python environments for work on the collection
	@$(PYTHON) $(TOOLS)/debian_packages.py requirements/debian-demo.txt requirements/debian-test.txt
	@$(PYTHON) $(TOOLS)/environments.py dev requirements/dev.txt
	@$(PYTHON) $(TOOLS)/environments.py cores

lint: setup  ## style, YAML, ansible-lint, changelog fragments, Python 3.9 for hosts
	$(DEV)/ruff check
	$(DEV)/ruff format --check
	$(DEV)/yamllint --strict .
	PATH=$(DEV):$$PATH $(DEV)/ansible-lint --offline
	$(DEV)/antsibull-changelog lint
	$(DEV)/vermin --config-file tests/vermin.ini plugins/module_utils plugins/modules

types: setup  ## mypy, strict
	$(DEV)/mypy
	$(DEV)/mypy --python-version 3.11 tests/tools tests/mutants tests/conftest.py

sanity: setup  ## ansible-test sanity, no ignores, for each ansible-core of this machine
	@$(PYTHON) $(TOOLS)/sanity_run.py "$(NB_CORES)"

guard: setup  ## specs, defaults, documentation and phrases say the same
	$(PYTEST) tests/guard tests/sanity

test-fast: lint types  ## all that needs no server: under two minutes
	$(PYTEST) $(PARALLEL) tests/sanity tests/guard tests/unit tests/property

test-host: setup  ## every pytest suite on this machine, with coverage of plugins/
	$(PYTEST) -m "not long and not mysql" $(PARALLEL) $(COVERED) --cov-fail-under=$(COVERAGE_FLOOR)

test-debian13: setup  ## PostgreSQL 17, MariaDB 11.8 and ansible-core 2.21 inside a Debian 13 container
	@$(PYTHON) $(TOOLS)/container_run.py -m "debian13 and not long" $(PARALLEL)

test-mysql: setup  ## MySQL 9.7 inside a Debian sid container
	@$(PYTHON) $(TOOLS)/container_run.py debian-sid -m "mysql and not long" $(PARALLEL)

coverage:  ## of the core alone, after the tests; says something only when it is below its floor
	@$(DEV)/python -m coverage report --include='plugins/module_utils/*' --skip-covered --fail-under=$(CORE_FLOOR) \
		> $(CACHE)/coverage.txt || { cat $(CACHE)/coverage.txt; exit 1; }

test:  ## everything but the long tests
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory lint types sanity test-debian13 test-mysql test-host coverage

test-all: test  ## the long tests too
	$(PYTEST) -m "long and not mysql"

fuzz: setup  ## 100,000 cases of foreign input, then coverage-guided; the result is written into docs/fuzzing.md
	$(PYTEST) tests/fuzz -m long $(PARALLEL) --junit-xml=$(CACHE)/fuzz.xml
	PYTHONPATH=$(TOOLS) $(DEV)/python -m tests.fuzz.page $(CACHE)/fuzz.xml
	@if $(PYTHON) $(TOOLS)/environments.py fuzz requirements/fuzz.txt; \
		then PYTHONPATH=$(ANSIBLE_COLLECTIONS_PATH) $(VENVS)/fuzz/bin/python -m tests.fuzz.guided $(GUIDED_SECONDS); \
		else echo "there is no wheel of atheris for this Python: coverage-guided fuzzing is left out"; fi

mutants: setup  ## how many small faults of the core do the tests notice? writes docs/mutants.md; GROUP=naming for one
	PYTHONPATH=$(TOOLS) $(DEV)/python -m tests.mutants.run $(GROUP)

bench: setup  ## the figures of docs/benchmarks.md, measured side by side; NB_BENCH_MB=100 for a quick look
	@$(PYTHON) $(TOOLS)/environments.py bench requirements/bench.txt
	$(PYTHON) -m tests.benchmarks.run

clean:  ## remove what the targets made (the container image stays)
	rm -rf $(CACHE) .coverage .coverage.* .hypothesis
