# Sluice. `make help` lists the targets. Nothing here needs anything that was installed by hand: the
# virtualenv is made from the locked files, and the cluster builds itself. V=1 shows the commands.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
ifndef V
.SILENT:
endif

# The first Python from 3.11 on that works. Another one: make TARGET PYTHON=python3.13
ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; \
	done)
endif
export PYTHON
export MAKE_STARTED := $(shell date +%s)

IMAGE ?= sluice.dev/sluice:dev
FLINK_IMAGE ?= sluice.dev/flink:dev
BATTERY_IMAGE ?= sluice.dev/battery:dev
SUITE ?=
export NODES ?= 1

DEMO := examples/demo.py
VENV := .venv
READY := $(VENV)/.made
SUITES := PYTHONPATH=tests exec $(VENV)/bin/python -m suites $(if $(KEEP_GOING),--keep-going)
LOCALKUBE := env PYTHONPATH=cluster $(PYTHON) -m localkube

##@ See it, prove it
.PHONY: demo test check help
demo: install ## Watch a pipeline start, stop with a checkpoint, resume and be force-stopped
	$(WITH_CLUSTER)
	test -e $(DEMO) || { echo "Nothing is there to show yet: $(DEMO) is missing."; exit 1; }
	exec $(VENV)/bin/python $(DEMO)

test: $(READY) ## Run every suite, on a cluster that is brought up for it [KEEP_GOING=1]
	$(SUITES) all

check: $(READY) ## Run the fast subset, in under two minutes
	$(SUITES) check

help: ## List the targets
	awk -f .ci/help.awk $(firstword $(MAKEFILE_LIST))

##@ Cluster
.PHONY: cluster cluster-down image image-flink image-battery install
cluster: | python ## Bring up a Kubernetes: kind where Docker answers, else the embedded one [NODES=1]
	exec $(LOCALKUBE) up

cluster-down: | python ## Take the cluster down and leave nothing behind
	exec $(LOCALKUBE) down

image: build/image/archive.tar ## Build the operator's image and load it into the cluster
	exec $(LOCALKUBE) load $<

image-flink: build/flink/archive.tar | cluster ## Build the image of Flink applications and load it into the cluster
	exec $(LOCALKUBE) load $<

image-battery: build/battery/archive.tar | cluster ## Build the image of the battery sweep (PyBaMM, 690 MB) and load it into the cluster
	exec $(LOCALKUBE) load $<

install: image ## Install the CRDs and the operator into the cluster
	$(WITH_CLUSTER)
	kubectl apply --server-side -f crds/
	kubectl apply -f deploy/operator.yaml
	# The image keeps its name, so only a restart brings a new one in.
	kubectl --namespace sluice-system rollout restart deployment.apps/sluice-operator
	exec kubectl --namespace sluice-system rollout status deployment.apps/sluice-operator --timeout=180s

##@ One suite at a time
.PHONY: fmt lint type unit web flink integration e2e model bench faults soak docs
fmt: $(READY) ## Format the code and mend what can be mended
	$(VENV)/bin/ruff check --fix-only --quiet .
	exec $(VENV)/bin/ruff format .

lint: $(READY) ## Check format, lint rules and the layers between modules
	$(SUITES) format lint imports

type: $(READY) ## Check types with mypy and pyright, both strict
	$(SUITES) types

unit: $(READY) ## Run the unit tests
	$(SUITES) unit

web: $(READY) ## Run the gateway's page in a headless Chromium; screenshots are in build/web
	$(SUITES) web

flink: $(READY) ## Run the entrypoint of Flink applications, with Flink in it
	$(SUITES) flink

integration: $(READY) ## Run the tests against a real API server
	$(SUITES) integration

e2e: $(READY) ## Run every end-to-end suite, or one [SUITE=pipeline|flink|deployment|batch|battery|gateway|fda|helm|argocd|cli|docs]
	$(SUITES) $(if $(SUITE),e2e-$(SUITE),e2e)

model: $(READY) ## Check the state machine in every state that can be reached
	$(SUITES) model

bench: $(READY) ## Measure, side by side with the peers
	$(SUITES) bench

faults: $(READY) ## Break things on purpose
	$(SUITES) faults

soak: $(READY) ## Break things on purpose, again and again [SLUICE_FAULTS=40]
	SLUICE_FAULTS=$${SLUICE_FAULTS:-40} $(SUITES) soak

docs: $(READY) ## Build the site of the documents, build/site, and check every page
	$(SUITES) docs

##@ Upkeep
.PHONY: crds chart reference lock clean
crds: $(READY) ## Write crds/ from the models
	exec $(VENV)/bin/python -m sluice.api.crd

reference: $(READY) ## Write the pages of docs/reference/ that are made from the code's tables
	exec env PYTHONPATH=tests $(VENV)/bin/python -m support.reference

chart: $(READY) ## Write what is made from the chart: its README, its schema, and deploy/
	$(VENV)/bin/python .ci/chart_pages.py
	exec env PYTHONPATH=tests:cluster $(VENV)/bin/python -m support.manifests

RESOLVE = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(if $(UPGRADE),--upgrade) --extra sync pyproject.toml
lock: $(READY) ## Lock the dependencies of pyproject.toml; newer ones with [UPGRADE=1]
	$(RESOLVE) --output-file requirements.lock
	$(RESOLVE) --output-file requirements-dev.lock --extra dev --constraint requirements.lock

clean: ## Remove what was built here; virtualenv and cluster stay
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find operator cluster tests examples -name __pycache__ -type d -prune -exec rm -rf {} +

# --- Behind the targets -------------------------------------------------------------------------------

.PHONY: python
python:
	$(if $(PYTHON),,echo "error: Python 3.11 or newer is needed, and none was found" >&2; exit 1)

# The stamp is written last, so that a start that broke off is begun anew.
$(READY): requirements-dev.lock pyproject.toml .ci/virtualenv | python
	.ci/virtualenv $(PYTHON) $(VENV)
	touch $@

# For a recipe's shell: kubectl, and the way into the cluster.
define WITH_CLUSTER
export KUBECONFIG="$$($(LOCALKUBE) kubeconfig)" PATH="$$(PYTHONPATH=cluster $(PYTHON) -c \
	'from localkube.paths import Cache; print(Cache.current().bin)'):$$PATH"
endef

# The image holds libraries from the lock, our own wheel, and the examples. Each part is made again only
# when something in it changed. Its Python is Debian's, whichever Python runs here.
LIBRARIES := build/image/libraries
CONTEXT := build/image/context
TARGET := --no-deps --no-compile --only-binary :all: --implementation cp --python-version 3.11 \
	--platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
# Ahead of time, or a container would compile at every start. Of use only where this Python is the image's.
PRECOMPILE := $(VENV)/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash
SOURCES := $(shell find operator/sluice examples -type f -not -path '*/__pycache__/*' 2>/dev/null)

$(LIBRARIES)/.made: requirements.lock images/sluice/prune | $(READY)
	echo "Fetching the image's libraries"
	rm -rf $(@D)
	$(PIP) install $(TARGET) --require-hashes --requirement requirements.lock --target $(@D)
	rm -rf $(@D)/bin
	images/sluice/prune $(@D)
	$(PRECOMPILE) $(@D)
	touch $@

$(CONTEXT)/.made: $(LIBRARIES)/.made pyproject.toml README.md $(SOURCES) | $(READY)
	rm -rf $(@D) build/image/wheel
	mkdir -p $(@D)
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir build/image/wheel .
	cp -al $(LIBRARIES) $(@D)/site
	rm $(@D)/site/.made
	$(VENV)/bin/python -m zipfile -e build/image/wheel/*.whl $(@D)/site
	$(PRECOMPILE) $(@D)/site/sluice
	cp -r examples $(@D)/examples
	find $(@D)/examples -name __pycache__ -type d -prune -exec rm -rf {} +
	touch $@

build/image/archive.tar: $(CONTEXT)/.made images/sluice/Containerfile | cluster
	echo "Building the image $(IMAGE)"
	$(LOCALKUBE) build --file images/sluice/Containerfile --context $(CONTEXT) --tag $(IMAGE) \
		--no-load --output $@

# The image of Flink applications: libraries and Java runtime are fetched once for all checkouts, the example
# is compiled against them, and the entrypoint is our own package, of which it needs no library.
FLINK := build/flink/context
ENTRYPOINT := $(shell find operator/sluice/runtime -name '*.py' 2>/dev/null) \
	$(addprefix operator/sluice/,__init__.py contract.py flink_contract.py)
COUNTS := $(wildcard examples/flink_counts/src/*.java)

$(FLINK)/.libraries: images/flink/prepare images/flink/pom.xml images/flink/libraries.sha256
	cache=$$(images/flink/prepare)
	rm -rf $(@D)
	mkdir -p $(@D)/flink/usrlib
	cp -a $$cache/lib $(@D)/flink/lib
	cp -a $$cache/jre $(@D)/jre
	ln -s $$(readlink $$cache/jdk) build/flink/jdk.new
	mv -T build/flink/jdk.new build/flink/jdk
	touch $@

$(FLINK)/.made: $(FLINK)/.libraries images/flink/log4j2.properties $(COUNTS) $(ENTRYPOINT) | $(READY)
	echo "Compiling the Flink example"
	rm -rf build/flink/classes $(@D)/site
	mkdir -p build/flink/classes $(@D)/flink/conf $(@D)/flink/examples $(@D)/site
	build/flink/jdk/bin/javac -proc:none -nowarn -cp '$(@D)/flink/lib/*' -d build/flink/classes $(COUNTS)
	build/flink/jdk/bin/jar --create --date 1980-01-01T00:00:02Z \
		--file $(@D)/flink/examples/flink-counts.jar -C build/flink/classes .
	cp images/flink/log4j2.properties $(@D)/flink/conf/
	cd operator && cp --parents $(ENTRYPOINT:operator/%=%) ../$(@D)/site && cd ..
	$(PRECOMPILE) $(@D)/site
	touch $@

build/flink/archive.tar: $(FLINK)/.made images/flink/Containerfile | python
	echo "Building the image $(FLINK_IMAGE)"
	$(LOCALKUBE) build --file images/flink/Containerfile --context $(FLINK) --tag $(FLINK_IMAGE) \
		--no-load --output $@

# The image of the battery sweep: PyBaMM and what it needs, the example, and what that imports of our package.
BATTERY := build/battery/context
SWEEP := $(wildcard examples/battery_sweep/*)

$(BATTERY)/.libraries: examples/battery_sweep/requirements.lock | $(READY)
	echo "Fetching PyBaMM (some 670 MB unpacked)"
	rm -rf $(@D)
	mkdir -p $(@D)
	$(PIP) install $(TARGET) --require-hashes --requirement $< --target $(@D)/site
	# What nobody runs: a quarter of it.
	rm -rf $(@D)/site/bin $(@D)/site/casadi/include
	find $(@D)/site -name tests -type d -prune -exec rm -rf {} +
	$(PRECOMPILE) $(@D)/site
	touch $@

$(BATTERY)/.made: $(BATTERY)/.libraries $(SWEEP) $(ENTRYPOINT)
	rm -rf $(@D)/examples $(@D)/sluice
	mkdir -p $(@D)/examples $(@D)/sluice
	cp -r examples/battery_sweep $(@D)/examples/
	cd operator && cp --parents $(ENTRYPOINT:operator/%=%) ../$(@D)/sluice && cd ..
	$(PRECOMPILE) $(@D)/sluice
	touch $@

build/battery/archive.tar: $(BATTERY)/.made images/battery/Containerfile | cluster
	echo "Building the image $(BATTERY_IMAGE)"
	$(LOCALKUBE) build --file images/battery/Containerfile --context $(BATTERY) --tag $(BATTERY_IMAGE) \
		--no-load --output $@
