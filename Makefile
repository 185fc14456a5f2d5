# Two commands are enough: `make run` starts the system, `make test` checks all of it.
SHELL := /bin/sh
.DEFAULT_GOAL := run
PYTHON3 ?= python3
PY := .venv/bin/python
BIN := .venv/bin
CODE := ehr stations reports tests scripts manage.py

# Quick when nothing changed: the environment was made in this folder, after the last change of the lock file.
ready = { [ -x $(PY) ] && [ "$$(head -n 1 .venv/.ready-$(1) 2>/dev/null)" = "$(CURDIR)" ] \
	&& [ ! $(2) -nt .venv/.ready-$(1) ]; } || $(PYTHON3) -m ehr.config.runtime.bootstrap $(1)

UV = $(firstword $(wildcard $(BIN)/uv) uv)
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

.PHONY: run test check bench lock format stop clean env env-test

run: env  ## start everything; Ctrl-C stops it. PORT=8080 make run chooses another port
	@exec $(PY) manage.py up

env:
	@$(call ready,run,requirements.txt)

env-test:
	@$(call ready,test,requirements-dev.txt)

test: env-test  ## checks, then all tests in parallel with branch coverage
	@$(PY) -m ehr.config.runtime.checks; checked=$$?; \
		$(BIN)/pytest -n auto --cov --cov-branch --cov-report=term:skip-covered $(ARGS); tested=$$?; \
		$(PY) manage.py servers stop --tests >/dev/null; \
		[ $$checked = 0 ] || echo "make check: có lỗi, xem phần đầu."; [ $$checked = 0 ] && [ $$tested = 0 ]

check: env-test  ## lint, format, types, layers, templates, migrations, deployment settings
	@$(PY) -m ehr.config.runtime.checks

bench: env-test  ## all benchmarks, or: make bench NAMES="start search"
	@$(PY) -m tests.bench $(NAMES)

lock: env-test  ## write the lock files anew from requirements*.in
	@$(LOCK) requirements.in --output-file requirements.txt
	@$(LOCK) requirements-dev.in --output-file requirements-dev.txt

format: env-test
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

stop:  ## stop a running system and the embedded servers
	@[ ! -x $(PY) ] || $(PY) manage.py servers stop --all

clean: stop  ## remove what tools have written; data in var/ stays
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage*
	@find ehr stations reports tests -name __pycache__ -prune -exec rm -rf {} +
