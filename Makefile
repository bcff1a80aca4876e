# From a fresh clone, `make report` builds everything and `make test` runs the quick tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --no-compile --require-hashes -r
# pip would compile one module after another, and the libraries' own tests, which nobody imports, with them. What does not
# compile says so where it is imported.
COMPILE := $(BIN)/python -m compileall -qq -x '/tests?/' $(VENV)/lib -j
WORKERS ?= 2
CHECKERS := tests/browser/node_modules
PEERS := reports/.peers/site
# Fits here are small: on busy cores threads of the linear algebra wait for each other ten times as long as they compute.
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help report test test-slow test-browser test-peers test-all pictures nbdiff review bench venv dev notebooks lock clean

help:            ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 22

report: venv     ## run every notebook under every scenario and publish the site
	@$(BIN)/thesis report --workers $(WORKERS)

test: dev        ## tests, notebooks against their stored outputs, import rules, lint, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

test-slow: dev   ## tests that take long and guard what rarely changes
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow

test-browser: dev $(CHECKERS)/.installed ## JupyterLab and the site in Chromium; needs Node, npm and Java
	@THESIS_BROWSER=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile tests/browser $(MARKED) -k "not lighthouse"
	@THESIS_BROWSER=1 $(BIN)/python -m pytest tests/browser/test_site.py $(MARKED) -k lighthouse  # it measures times, so it runs alone

test-all: test test-slow test-peers ## all tests, with every page and scenario in the browser
	@$(MAKE) --no-print-directory test-browser MARKED='-m "slow or not slow"'

test-peers: $(PEERS)/.installed ## test suites of nbclient, papermill and jupyter_client on our kernels
	@$(BIN)/python tests/peers/suites.py

pictures: report ## take the screenshots of the README again
	@THESIS_PICTURES=reports $(MAKE) --no-print-directory test-browser MARKED='-m "slow or not slow"'

nbdiff: dev      ## let `git diff` show notebooks cell by cell in this clone
	@git config diff.jupyternotebook.command "'$(CURDIR)/$(BIN)/git-nbdiffdriver' diff --ignore-metadata --ignore-details"
	@mkdir -p "$$(git rev-parse --git-path info)"
	@grep -qs jupyternotebook "$$(git rev-parse --git-path info/attributes)" || echo '*.ipynb diff=jupyternotebook' >> "$$(git rev-parse --git-path info/attributes)"
	@echo "git diff now shows notebooks cell by cell. To undo: git config --unset diff.jupyternotebook.command"

review: dev      ## open the notebooks in JupyterLab
	@$(BIN)/thesis review

bench: dev       ## measure the speed of batch, simulation and sliders (BENCH=…, PAIR=…)
	@$(BIN)/python tests/bench/execution.py $(BENCH)
	@$(BIN)/python tests/bench/pair.py $(PAIR)
	@$(BIN)/python tests/bench/simulation.py
	@$(BIN)/python tests/bench/calibration.py
	@$(BIN)/python tests/bench/review.py

notebooks: venv  ## renew the defaults and outputs stored in the notebooks
	@$(BIN)/python -m analysis notebooks

venv: $(VENV)/.installed     ## install what `make report` needs
dev: $(VENV)/.installed-dev  ## install what `make test` needs as well

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python %d.%d found, 3.11 or newer needed: make PYTHON=python3.11 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(INSTALL) requirements.lock
	@$(COMPILE) $(WORKERS) || true
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

# The run environment first, so that both stamps are true afterwards and neither command undoes the other.
$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(INSTALL) requirements-dev.lock
	@$(COMPILE) $(WORKERS) || true
	@touch $@

# What the suites of the peers need beyond `make dev`, apart from it.
$(PEERS)/.installed: tests/peers/requirements.lock $(VENV)/.installed-dev
	$(PIP) install --quiet --no-deps --require-hashes --upgrade --target $(PEERS) -r $<
	@touch $@

# Checkers of HTML, accessibility and loading, pinned with their hashes.
$(CHECKERS)/.installed: tests/browser/package-lock.json tests/browser/package.json
	@command -v npm >/dev/null || { echo "npm not found: the checkers of the site need Node, npm and Java from the system's packages" >&2; exit 1; }
	cd tests/browser && npm ci --no-progress --loglevel=error
	@touch $@

# A universal lock (environment markers, hashes, no index address). setuptools builds the project itself.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
# All extras first, and the run environment within that, so that every version is one that the extras can live with.
lock: venv       ## resolve the lock files again
	$(PIP) install --quiet uv
	echo 'setuptools>=77' | $(LOCK) --upgrade --all-extras pyproject.toml - -o requirements-dev.lock
	echo 'setuptools>=77' | $(LOCK) --upgrade -c requirements-dev.lock pyproject.toml - -o requirements.lock
	$(LOCK) --upgrade -c requirements-dev.lock tests/peers/requirements.in -o tests/peers/requirements.lock

clean:           ## remove runs, site and caches, but not the environment
	rm -rf reports/runs reports/site reports/.cache reports/.custom reports/.notebooks reports/.peers .pytest_cache .mypy_cache .ruff_cache .hypothesis
