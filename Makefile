# The front door: `make build`, `make test`, `make demo`. Every target starts from a fresh clone and takes what it needs.
# Packages come from scripts/setup, compiler settings from CMakePresets.json; details in CONTRIBUTING.md.

JOBS ?= $(shell nproc)
# Extra arguments for ctest, for example: make test TESTS="-R unit.value"
TESTS ?=

.PHONY: help build test demo bench asan tsan fuzz debug lint fmt golden package install clean setup
.DEFAULT_GOAL := help

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what building and testing need (quick when nothing is missing)
	@scripts/setup

build: setup ## build the floe binary: build/release/floe
	@cmake --preset release
	@cmake --build --preset release --parallel $(JOBS) --target floe

test: setup ## build everything and run all tests
	@scripts/run_tests release --parallel $(JOBS) $(TESTS)

demo: build ## compile, run and break an example platform and its data products
	@examples/demo.sh build/release/floe

bench: build ## measure floe against dbt-core on the same machine
	@scripts/setup --peers
	@cmake --build --preset release --parallel $(JOBS) --target oci_tool enforce_bench
	@FLOE="$(CURDIR)/build/release/floe" bench/run

debug: setup ## build everything without optimisation, file by file: build/debug
	@cmake --preset debug
	@cmake --build --preset debug --parallel $(JOBS)

asan: setup ## all tests under the address and undefined-behaviour sanitizers
	@scripts/run_tests asan --parallel $(JOBS) $(TESTS)

tsan: setup ## the tests of the parallel parts, and the build of a project, under the thread sanitizer
	@scripts/run_tests tsan --parallel $(JOBS) -R '^(unit\.(base|runtime)\.|parallel$$)' $(TESTS)

fuzz: ## look for inputs that crash: FUZZ_SECONDS a target (60), TARGETS of tests/fuzz/targets.h
	@scripts/setup --fuzz
	@scripts/fuzz $(or $(FUZZ_SECONDS),60) $(TARGETS)

lint: ## formatting, module layers, sizes; clang-tidy on changed files (ALL=1: on every file)
	@scripts/setup --lint
	@scripts/lint $(if $(ALL),--all)

fmt: ## format all C++ files
	@scripts/setup --lint
	@scripts/lint --fix

golden: setup ## rewrite the expected output of the golden tests; read the diff before committing it
	@FLOE_UPDATE_GOLDEN=1 scripts/run_tests release --parallel $(JOBS) $(TESTS)

package: ## a Debian package of floe with its data files: build/package/floe_*.deb
	@scripts/setup --package
	@cmake --preset package
	@cmake --build --preset package --parallel $(JOBS) --target floe
	@cd build/package && cpack -G DEB

install: build ## install to $(PREFIX), /usr/local unless given
	@cmake --install build/release --prefix $(or $(PREFIX),/usr/local)

clean: ## remove all builds; what scripts/setup fetched stays
	@rm -rf build
