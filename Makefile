# `make demo` shows Pawl at work, `make test` passes the tests, `make check` is what CI runs.
SHELL := /bin/bash
BUILD := swift build -c release
CHECKED := --explicit-target-dependency-import-check error

.PHONY: demo test check bench build bootstrap format lint clean

demo: build
	scripts/demo

test: bootstrap
	swift test $(CHECKED)

check: bootstrap lint test

bench: build
	benchmarks/run

build: bootstrap
	$(BUILD) --product pawl
	$(BUILD) --product pawl-lab
	$(BUILD) --product PawlLab

bootstrap:
	@scripts/bootstrap

format:
	swift format -i -r Package.swift Sources Tests

lint:
	swift format lint --strict -r Package.swift Sources Tests

clean:
	rm -rf .build
