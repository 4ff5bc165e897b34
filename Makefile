# SPDX-License-Identifier: Apache-2.0
# The targets below; `make` alone lists them. Variables: SCRATCH is the folder for build products,
# PYTHON the interpreter for `golden`. What `bench` compares with is told by PEERS_PYTHON and PEERS,
# an interpreter and a folder of scripts, which make hands on from its command line or environment.

SCRATCH ?= .build
PYTHON ?= python3
SWIFT_FOLDERS := $(wildcard Sources Tests Benchmarks)

.PHONY: help demo test build format lint bench golden clean requirements

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## train, distil and run a small model, into minim-demo
	"$(SCRATCH)/release/minim" demo --out minim-demo

test: requirements ## run all tests, optimised
	swift test -c release --disable-xctest --scratch-path "$(SCRATCH)"

build: requirements ## build everything, optimised
	swift build -c release --scratch-path "$(SCRATCH)"

format: ## bring the Swift sources into form
	swift format format --in-place --parallel --recursive $(SWIFT_FOLDERS)

lint: ## check the form of the Swift sources
	swift format lint --strict --parallel --recursive $(SWIFT_FOLDERS)

bench: requirements ## measure speed and memory, beside peers where PEERS names some
	swift run -c release --package-path Benchmarks

golden: ## write the reference values of the tests anew (Tools/golden/requirements.txt)
	@set -e; for script in Tools/golden/*.py; do echo "$$script"; "$(PYTHON)" "$$script"; done

clean: ## remove build products and the demo's output
	swift package --scratch-path "$(SCRATCH)" clean
	rm -rf minim-demo

requirements:
	@sh Tools/install-requirements.sh
