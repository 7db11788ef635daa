# `make` lists the targets. Everything is installed into .venv in the checkout, from locked versions.
SHELL := /bin/bash
PROFILE ?= paper
TESTERS ?= 2
# Name another interpreter with PYTHON=...; by default the first of these that is 3.11 to 3.13.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
TORCH ?= torch==2.13.0
PY := .venv/bin/python
PIP = $(PY) -m pip install --quiet --disable-pip-version-check
export MLFLOW_DISABLE_TELEMETRY = true
export OMP_NUM_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: help setup ray reproduce status report results notebooks test test-fast test-all lint ui server authors data sweeps bench bench-full lock clean distclean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/.done  ## make the virtual environment .venv with the locked dependencies

# What is locked comes with its SHA-256. PyTorch comes by version alone: its builds for CPU and GPU, which may come from other
# indexes and bring GPU libraries, have other hashes. With all there, the last line installs the checkout and nothing else.
.venv/.done: pyproject.toml requirements.lock requirements-hashes.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none was found; name one: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) --no-deps --require-hashes -r requirements-hashes.lock
	$(PIP) -c requirements.lock $(TORCH)
	$(PIP) --no-build-isolation -c requirements.lock -e '.[kernel,server,slurm,dev]'
	@touch $@

ray: setup  ## add Ray for hydra/launcher=ray; replaces three locked packages by older ones (make -B setup undoes it)
	$(PIP) --no-deps --require-hashes -r requirements-ray-hashes.lock
	$(PIP) --no-build-isolation -c requirements-ray.lock -e '.[kernel,server,slurm,ray,dev]'

reproduce: setup  ## run a profile's sweeps and judge the claims; PROFILE=smoke (a minute), paper (default), full (hours); CHECK=1 reads what is finished anew, OFFLINE=1 downloads nothing
	@$(PY) -m study.reproduce $(PROFILE) $(if $(CHECK),--check) $(if $(OFFLINE),--offline); status=$$?; case $$status in 2|130) ;; *) $(PY) -m analysis || exit 1;; esac; exit $$status

status: setup  ## how far a profile is, while it runs or after it was stopped
	@$(PY) -m study.status $(PROFILE)

report: setup  ## judge the claims and write outputs/report/index.html from what is recorded
	$(PY) -m analysis

results: setup  ## build the report anew and copy its small results to analysis/results; PART=claims, regime, filters or weights: that part alone
	$(PY) -m analysis --keep analysis/results $(addprefix --part ,$(PART))

notebooks: setup  ## run the notebooks and write outputs/notebooks/*.html (two minutes; 03 reads what is recorded)
	$(PY) -m analysis.notebooks

test: setup  ## run all tests, in two processes (TESTERS=1 for one)
	$(PY) -m pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder

test-fast: setup  ## run the tests that take seconds
	$(PY) -m pytest -m "not slow"

test-all: setup  ## the tests, with sixty kills of real profiles and 500 cells written at once (half an hour)
	STUDY_KILLS=60 STUDY_CELLS=500 $(PY) -m pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder

lint: setup  ## check style, types and docstrings
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

ui: setup  ## browse the recorded runs at http://127.0.0.1:5000
	$(PY) -m study.ui

server: setup  ## a tracking server for several machines: PostgreSQL and MLflow at http://127.0.0.1:5000
	$(PY) -m study.server

authors: setup  ## compare the authors' recorded results with ours, on their stored networks that are at hand
	$(PY) -m study.authors

data: setup  ## fetch MNIST into data/ and say which data sets are there
	$(PY) -m study.data

sweeps: setup  ## write conf/profile/paper.yaml and full.yaml from the claims register
	$(PY) -m analysis.claims sweeps

bench: setup  ## time the oracle and the methods beside references and other libraries (minutes)
	$(PY) -m study.speed

bench-full: setup  ## the same with the references timed whole, and where the time of a profile goes
	$(PY) -m study.speed --full

RESOLVE = uv pip compile pyproject.toml --extra kernel --extra server --extra slurm --extra dev --universal \
	--python-version 3.11 --no-annotate --no-header -q --generate-hashes -c <(echo "$(TORCH)")
# A package is a line that begins with its name, and its hashes are lines that do not.
WITHOUT = awk '/^[^ ]/ {kept = !/^($(1)--)/} kept'
VERSIONS = sed -n 's/^\([^ ].*[^ \]\) *\\*$$/\1/p'
define LOCKED  # the stem of the files, what is said of them, what is resolved
set -o pipefail; $(3) | $(call WITHOUT,nvidia-|cuda-|triton|) > requirements.tmp
{ echo "# $(2)"; $(VERSIONS) requirements.tmp; } > $(1).lock
{ echo "# Those of $(1).lock but for PyTorch with the SHA-256 of their files; written by 'make lock'."; \
	$(call WITHOUT,torch==|) requirements.tmp; } > $(1)-hashes.lock && rm requirements.tmp
endef

lock:  ## resolve the dependencies anew into requirements.lock and requirements-ray.lock, and their hashes (needs uv)
	$(call LOCKED,requirements,Locked versions for Python 3.11 to 3.13; written by 'make lock'. Used as pip constraints: a platform takes what it needs.,$(RESOLVE))
	$(call LOCKED,requirements-ray,The same with Ray; written by 'make lock'. See pyproject.toml for what differs and why.,$(RESOLVE) --extra ray -c <(grep -vE '^(joblib|cloudpickle|python-dateutil)==' requirements.lock))

clean:  ## remove the recorded runs, the reports and the trained networks (outputs/)
	rm -rf outputs

distclean: clean  ## remove the virtual environment and the caches, too
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
