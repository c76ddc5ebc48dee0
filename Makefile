# Everything runs in .venv, which the first target that needs it makes from the locked requirements.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DATA ?= ../shared/isic
RUNS ?= runs
PORT ?= 8080
MODEL ?=
OVERLAY ?= local
IMAGES ?=
BUILD := $(if $(REGISTRY),--registry $(REGISTRY)) $(if $(TAG),--tag $(TAG)) $(if $(BASE),--base $(BASE)) \
	$(if $(PIP_CONF),--pip-conf $(PIP_CONF)) $(if $(CERTIFICATES),--certificates $(CERTIFICATES))

.DEFAULT_GOAL := help
.PHONY: help setup demo sample cad test lint unit test-slow bench browser postgres promtool images push podman test-containers manifests compile golden lock audit clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## make the virtual environment

$(READY): images/dev/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Python 3.11 is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

demo: $(READY) ## run the whole pipeline on generated images, minutes on two cores
	$(BIN)/python pipeline.py run --preset demo

sample: $(READY) ## run the whole pipeline on real images: make sample DATA=folder
	$(BIN)/python pipeline.py run --preset sample --data $(DATA)

cad: $(READY) ## serve the champion's web page on localhost: after make demo, or any run; MODEL=name picks one of several
	$(BIN)/python -m components.cad --registry $(RUNS)/registry --model-name "$(MODEL)" --records sqlite:///$(RUNS)/cad/records.db --port $(PORT) --open

test: lint unit ## linters and all tests

lint: $(READY) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Files in their order: reordered, those of few tests come last, and these are the longest.
unit: $(READY) ## all tests but the slow ones, in two processes
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-slow: $(READY) ## the slow tests: whole runs on one year's data; of the service long fuzzes and ten minutes of load
	$(BIN)/python -m pytest -m slow

browser: ## install the browser in which `make test` opens the reports: Debian's Chromium, as root
	@command -v chromium >/dev/null || { apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends chromium fonts-dejavu-core; }

postgres: ## install the database server that `make test` keeps records in: Debian's PostgreSQL, as root
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends postgresql; }

promtool: $(READY) ## fetch the program with which `make test` tries the alerts: Debian's Prometheus, into .venv and without its service
	@test -x $(BIN)/promtool || command -v promtool >/dev/null || { folder=$$(mktemp -d) && (cd $$folder && apt-get update --quiet && \
		apt-get download prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb | tar --extract ./usr/bin/promtool) && \
		install $$folder/usr/bin/promtool $(BIN)/promtool && rm -r $$folder; }

manifests: $(READY) ## show what an overlay makes: make manifests OVERLAY=gke, onprem or local
	@$(BIN)/kubectl kustomize manifests/overlays/$(OVERLAY)

bench: $(READY) ## the benchmarks, each against a peer, on the images in ../shared/isic or ISIC_DATA: build/bench.json
	$(BIN)/python -m tests.bench

images: $(READY) ## build the images with docker or podman: make images REGISTRY=... TAG=... BASE=... IMAGES="train cad"
	$(BIN)/python -m components.local.build_images $(IMAGES) $(BUILD)

push: $(READY) ## build them and push them: make push REGISTRY=...
	$(BIN)/python -m components.local.build_images $(IMAGES) $(BUILD) --push

podman: ## install the container engine of `make test-containers`: Debian's podman, as root
	@command -v podman >/dev/null && command -v debootstrap >/dev/null || { apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends podman runc debootstrap; }

test-containers: $(READY) ## build every image and run the demo in them: 15 GB of disk, and ten more for a while
	$(BIN)/python -m pytest -m containers --durations 0

compile: $(READY) ## write build/pipeline.yaml for a cluster, preset paper
	$(BIN)/python pipeline.py compile --preset paper --output build/pipeline.yaml

golden: $(READY) ## renew the compiled pipeline that the tests compare with
	$(BIN)/python pipeline.py compile --preset paper --tag golden --revision golden --output tests/golden/paper.yaml

lock: $(READY) ## renew all locked requirements from pyproject.toml
	images/lock.sh

# Strict: where the service that knows of vulnerabilities cannot be reached, it fails and says so.
audit: $(READY) ## look for known vulnerabilities in all locked packages; asks PyPI
	@for lock in images/*/requirements.txt; do echo "$$lock"; \
		$(BIN)/python -m uv tool run --quiet pip-audit==2.10.1 --strict --require-hashes --disable-pip --requirement "$$lock" || failed=1; \
	done; exit $${failed:-0}

clean: ## remove the virtual environment and all that was built; runs/ stays
	rm -rf $(VENV) build
