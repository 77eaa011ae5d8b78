# Every target sets itself up: a fresh machine needs Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPAT_STAMP := .venv-compat/.installed

.PHONY: run install test lint format bench compat fuzz soak audit lock clean web web-check pictures

run: $(STAMP)  ## serve the lesson on 127.0.0.1:8000
	$(BIN)/clearway run examples/lesson/app.py

install: $(STAMP)  ## only the environment, with $(VENV)/bin/clearway

$(STAMP): requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

test: $(STAMP)  ## every test, on every supported interpreter that is installed
	$(BIN)/python scripts/test_interpreters.py

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(STAMP)  ## Clearway beside plain FastAPI, which needs wrk, the checker beside its peers, the console
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.check
	$(BIN)/python -m benchmarks.console

compat: $(STAMP) $(COMPAT_STAMP)  ## FastAPI's and Starlette's own test suites with Clearway installed
	$(BIN)/python -m tests.compat

$(COMPAT_STAMP): requirements/compat.lock
	$(PYTHON) -m venv --clear .venv-compat
	.venv-compat/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/compat.lock
	touch $@

WEB := src/clearway/web_assets

web: web/node_modules/.installed  ## the console's page, built into $(WEB); needs Node 20.19 or newer
	cd web && npm run build

web-check: web/node_modules/.installed  ## the page's own checks and tests, and that what is committed is what is built
	cd web && npm run check && npm test
	rm -rf .cache/web_assets && mkdir -p .cache
	cd web && WEB_ASSETS=../.cache/web_assets npm run build
	diff -r $(WEB) .cache/web_assets || { echo '$(WEB) is not what web/ builds: type make web, and commit it'; exit 1; }

web/node_modules/.installed: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	touch $@

pictures: $(STAMP)  ## of the console, for docs/; needs Chromium
	$(BIN)/python scripts/pictures.py

fuzz: $(STAMP)  ## mutated modules through the checker, for ten minutes
	$(BIN)/python -m tests.check.fuzz --seconds 600

soak: $(STAMP)  ## half an hour of mixed load with faults
	$(BIN)/python -m benchmarks.soak --seconds 1800

audit:  ## known vulnerabilities in the locked dependencies
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	.venv-audit/bin/pip-audit --disable-pip --require-hashes -r requirements/dev.lock

lock:  ## resolve requirements/*.lock anew; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group dev pyproject.toml -o requirements/dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header requirements/compat.in pyproject.toml -o requirements/compat.lock

clean:
	rm -rf $(VENV) .venv-* .cache .pytest_cache .mypy_cache .ruff_cache
