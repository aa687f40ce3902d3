# Everything that is done with this repository, by one word each. `make help` lists them.

PYTHONS ?= python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3
WORKERS ?= 2
TESTS ?= tests
BENCH ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CODE := $(wildcard src tests bench)
WEB := src/tongbao/web
STATIC := $(WEB)/static/manifest.json
# Python and templates too: they name the icons.
SOURCES := package.json package-lock.json vite.config.js \
  $(shell find frontend $(WEB) -name static -prune -o \
    \( -path 'frontend/*' -o -name '*.html' -o -name '*.py' \) -type f -print)

.DEFAULT_GOAL := help
.PHONY: help install assets browser demo screenshots test test-long check bench format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) $(STATIC) ## make .venv and install Tongbao with its tools into it
	@:

assets: $(STATIC) ## build the assets of the pages, if their sources have changed
	@:

$(BIN)/python:
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	      >/dev/null 2>&1; then \
	    echo "$(VENV): $$("$$python" --version), $$(command -v "$$python")"; \
	    exec "$$python" -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "No Python 3.11 or newer with its venv module is on the PATH." >&2; \
	echo "Debian and Ubuntu: apt-get install python3 python3-venv" >&2; \
	echo "Another interpreter: make install PYTHONS=/path/to/python3" >&2; \
	exit 1

# pip learned --group in 25.1; the one that comes with an interpreter is often older.
$(STAMP): pyproject.toml $(BIN)/python
	@$(BIN)/python -m pip install -qq --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install -qq --editable . --group dev
	@touch $@

# All else works without Node.js, so that its absence is said and does not end the installation.
# What npm leaves behind when it is interrupted does not count as installed.
$(STATIC): $(SOURCES)
	@if ! command -v npm >/dev/null; then \
	  echo "There will be no pages: Node.js 20 or newer, which builds their assets, is missing." >&2; \
	  echo "Debian and Ubuntu: apt-get install nodejs npm" >&2; \
	else \
	  if [ ! -e node_modules/.complete ] || \
	      [ package-lock.json -nt node_modules/.complete ]; then npm ci --silent; fi && \
	  touch node_modules/.complete && \
	  npm run --silent build -- --logLevel warn; \
	fi

browser: ## install Chromium, in which the pages are tested (Debian and Ubuntu, as root)
	@command -v chromium || apt-get install -y --no-install-recommends chromium fonts-noto-cjk

demo: install ## build a believable alliance and show what happened in it
	@$(BIN)/tongbao demo

screenshots: install ## write a picture of every page of the demo to screenshots/
	@$(BIN)/python -m tests.web.screenshots screenshots

test: install ## run the tests but the slow ones (TESTS=tests/ledger for some, WORKERS=1)
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --session-timeout 3000 -m "not slow" $(TESTS)

test-long: install ## run the slow tests alone: long searches, real files, killed servers
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --session-timeout 7200 -m slow $(TESTS)

check: install ## format, lint, strict types, import contract, SQL lint, shape of the code
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar $(CODE)
	$(BIN)/pytest --session-timeout 600 tests/shape

bench: install ## measure posting (BENCH='--json' and other options are passed on)
	@$(BIN)/tongbao bench posting $(BENCH)

format: install ## write Python and SQL the way `check` wants them
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)
	$(BIN)/sqlfluff format --disable-progress-bar $(CODE)

clean: ## remove what the tools left behind, .venv too
	rm -rf $(VENV) node_modules $(WEB)/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
