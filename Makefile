# `make demo` and `make test` are the two commands; everything they need is installed by `make install`.
.DEFAULT_GOAL := help
SHELL := /bin/bash

comma := ,
UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export UV_CACHE_DIR
export UV_PYTHON_DOWNLOADS := never
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
# Loopback must not go through a proxy, and nothing of ours calls home.
export NO_PROXY := 127.0.0.1,localhost$(if $(NO_PROXY),$(comma)$(NO_PROXY))
export no_proxy := $(NO_PROXY)
export DO_NOT_TRACK := 1
# Without compiled files Airflow compiles itself at every start.
unexport PYTHONDONTWRITEBYTECODE

BOOTSTRAP := .cache/bootstrap
INSTALLED := .venv/.installed
RUN := .venv/bin

.PHONY: help install demo test lint types unit soak lock bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## make .venv from requirements.lock (a second call does nothing)

$(INSTALLED): requirements.lock pyproject.toml scripts/install.sh
	@bash scripts/install.sh $(BOOTSTRAP) .venv
	@touch $@

demo: install ## found the demo company, run a whole day on it and show what was published
	@$(RUN)/wellkept demo

test: install ## run every check: lint, types, import rules, SQL, dbt parse, all tests but the long ones
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types
	$(RUN)/pytest

# What dbt has read of the project when it parses, sqlfluff's processes need not read again.
lint: export DBT_TARGET_PATH := $(CURDIR)/.cache/dbt
lint: export DBT_LOG_PATH := $(CURDIR)/.cache/dbt
lint: install ## check style, import rules and SQL
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/lint-imports
	$(RUN)/dbt parse --quiet --project-dir dbt_project --profiles-dir dbt_project
	$(RUN)/sqlfluff lint --disable-progress-bar dbt_project

types: install ## check types
	$(RUN)/mypy
	$(RUN)/mypy scripts/*.py

unit: install ## run the quick tests, in less than a minute: rules of one package, DAGs, documents
	$(RUN)/pytest -m "not soak and not slow" tests/unit tests/dags tests/test_docs.py

soak: install ## run the long tests: random kills, a full disk, large data
	$(RUN)/pytest -m soak

bench: install ## run the benchmarks under benchmarks/
	$(RUN)/python -m benchmarks

lock: ## resolve requirements.lock anew (needs uv, which install brings)
	@bash scripts/install.sh --lock $(BOOTSTRAP)

clean: ## remove the environment and caches; your data (.wellkept) stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info
