# SPDX-License-Identifier: Apache-2.0
# The targets below; `make` alone lists them. Variables: SCRATCH is the folder for build products,
# PYTHON the interpreter for `golden`, SEEDS a folder of models for `fuzz`. What `bench` compares
# with is told by PEERS_PYTHON and PEERS, an interpreter and a folder of scripts, which make hands on from its
# command line or environment.

SCRATCH ?= .build
PYTHON ?= python3
SEEDS ?= Tests/Compat/v1
SWIFT_FOLDERS := $(wildcard Sources Tests Benchmarks Ports Tools)

.PHONY: help demo test build format lint bench bench-products kernel-costs golden clean requirements minim-run \
  wasm cortex-m capi fuzz parity page sanitize kill-reproduction port-requirements bench-requirements

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## train, distil and run a small model, into minim-demo
	"$(SCRATCH)/release/minim" demo --out minim-demo

test: requirements ## run all tests, optimised
	swift test -c release --disable-xctest --scratch-path "$(SCRATCH)"

sanitize: requirements ## run all tests under the address sanitizer, then under the thread sanitizer
	LSAN_OPTIONS="suppressions=$(CURDIR)/Tools/sanitize/leaks.txt:print_suppressions=0" \
	  swift test -c release --disable-xctest --sanitize=address --scratch-path "$(SCRATCH)-asan"
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tools/sanitize/races.txt" \
	  swift test -c release --disable-xctest --sanitize=thread --scratch-path "$(SCRATCH)-tsan"

build: requirements ## build everything, optimised
	swift build -c release --scratch-path "$(SCRATCH)"

format: ## bring the Swift sources into form
	swift format format --in-place --parallel --recursive $(SWIFT_FOLDERS)

lint: ## check the form of the Swift sources
	swift format lint --strict --parallel --recursive $(SWIFT_FOLDERS)

bench: bench-requirements ## measure speed and memory, beside peers where PEERS names some
	swift run -c release --package-path Benchmarks

bench-products: bench-requirements ## measure our matrix product beside OpenBLAS
	mkdir -p "$(SCRATCH)-ports"
	clang -O2 -ISources/CMinimKernels/include $$(pkg-config --cflags openblas) Benchmarks/products.c \
	  Sources/CMinimKernels/*.c $$(pkg-config --libs openblas) -lm -lpthread -o "$(SCRATCH)-ports/products"
	"$(SCRATCH)-ports/products"

kernel-costs: bench-requirements ## hold the instructions of small kernels against Benchmarks/kernel-costs.json
	mkdir -p "$(SCRATCH)-ports"
	clang -O2 -ISources/CMinimKernels/include Benchmarks/kernels.c Sources/CMinimKernels/*.c \
	  -lm -lpthread -o "$(SCRATCH)-ports/kernels"
	python3 Tools/kernel_costs.py "$(SCRATCH)-ports/kernels"

golden: ## write the reference values of the tests anew (Tools/golden/requirements.txt)
	@set -e; for script in Tools/golden/*.py; do echo "$$script"; "$(PYTHON)" "$$script"; done

minim-run: ## build the static runner of 1 MB that links no trainer, into SCRATCH-ports/run
	sh Ports/run/build.sh "$(SCRATCH)-ports/run"

wasm: port-requirements ## build the browser runtime into SCRATCH-ports/wasm
	sh Ports/wasm/build.sh "$(SCRATCH)-ports/wasm"

cortex-m: port-requirements ## build firmware with the model of MODEL=... into SCRATCH-ports/cortex-m
	sh Ports/cortex-m/build.sh "$(MODEL)" "$(SCRATCH)-ports/cortex-m"

capi: port-requirements ## build the C interface and its example for x86-64 and aarch64 Linux
	sh Ports/c/build.sh x86_64 "$(SCRATCH)-ports/c"
	sh Ports/c/build.sh aarch64 "$(SCRATCH)-ports/c"

parity: build minim-run capi wasm ## run windows and streams through every runtime, compare bits and costs
	python3 Tools/parity.py "$(SCRATCH)-ports" "$(SCRATCH)/release/minim" \
	  $(foreach model,lstm-1x8-float32 lstm-1x8-float16 lstm-1x8-int8 causal-window-float32 causal-window-int8 one-bit-window one-bit-stream \
	  transformer-window-float16 sparsetsf-float32 timebase-float16 forecast-mlp-int8,\
	  Tests/Compat/v1/$(model).minim Tests/Compat/windows.ndjson) \
	  $(foreach model,pca-float32 pca-int8 onlad-float32 onlad-int8 usad-float32 usad-int8 sbt-float16 \
	  mscred-float32 mscred-int8,\
	  Tests/Compat/v1/$(model).minim Tests/Compat/machine.ndjson)

kill-reproduction: build ## kill `reproduce memkd` on SET (ItalyPowerDemand) of DATA, compare with a whole run
	python3 Tools/kill_reproduction.py "$(SCRATCH)/release/minim" "$(DATA)" \
	  "$(or $(SET),ItalyPowerDemand)" "$(SCRATCH)-kills"

page: build wasm ## give a drawing to a classifier and a forecaster on the page in headless Chromium, compare with the command
	@sh Tools/install-requirements.sh page
	python3 Tools/page_test.py "$(SCRATCH)-ports/wasm" "$(SCRATCH)/release/minim" \
	  Tests/Compat/v1/lstm-1x8-int8.minim Tests/Compat/v1/forecast-mlp-int8.minim \
	  Tests/Compat/v1/sparsetsf-float32.minim

fuzz: ## run the model reader on 200,000 made-up files, with the address sanitizer
	mkdir -p "$(SCRATCH)-fuzz/corpus"
	swiftc -O -sanitize=fuzzer,address -parse-as-library -package-name minim \
	  -module-name MinimRuntime Sources/MinimRuntime/*.swift Tools/fuzz/ModelFuzz.swift \
	  -o "$(SCRATCH)-fuzz/fuzz" 2>/dev/null
	SWIFT_BACKTRACE=enable=no "$(SCRATCH)-fuzz/fuzz" -runs=200000 -max_len=5000 -timeout=1 \
	  -print_final_stats=1 "$(SCRATCH)-fuzz/corpus" $(SEEDS)

clean: ## remove build products and the demo's output
	swift package --scratch-path "$(SCRATCH)" clean
	rm -rf minim-demo "$(SCRATCH)-ports" "$(SCRATCH)-fuzz" "$(SCRATCH)-kills" "$(SCRATCH)-asan" "$(SCRATCH)-tsan"

requirements:
	@sh Tools/install-requirements.sh

port-requirements:
	@sh Tools/install-requirements.sh ports

bench-requirements:
	@sh Tools/install-requirements.sh bench
