# `make demo` shows Pawl at work, `make test` passes the tests, `make check` is what CI runs.
SHELL := /bin/bash
BUILD := swift build -c release
CHECKED := --explicit-target-dependency-import-check error

PREFIX ?= /usr/local
RELEASE = $$(swift build -c release --show-bin-path)

.PHONY: demo test check bench bench-lab bench-ratchet bench-generations build install bootstrap format lint clean

demo: build
	scripts/demo

test: bootstrap
	scripts/test $(CHECKED)

check: bootstrap lint test

bench: build
	benchmarks/run

# Beside PyTorch, JAX and llm.c, as far as `benchmarks/lab/setup` has installed them.
bench-lab: build
	@for part in run loss evaluation memory; do benchmarks/lab/$$part --no-build || exit 1; done

# Thousands of simulated studies beside other policies: minutes.
bench-ratchet: bootstrap
	benchmarks/ratchet/run

# Collapse, expert iteration, aiming and filters: hours. PARTS="aim filters" runs those alone.
bench-generations: bootstrap
	benchmarks/generations/run $(PARTS)

build: bootstrap
	@# An archive keeps members whose source is gone.
	@rm -f $(RELEASE)/libPawlLab.a
	$(BUILD) --product pawl
	$(BUILD) --product pawl-lab
	$(BUILD) --product PawlLab

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pawl-lab
	install -m 755 $(RELEASE)/pawl $(RELEASE)/pawl-lab $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(RELEASE)/libPawlLab.a $(RELEASE)/Modules/PawlLab.swiftmodule $(RELEASE)/Modules/PawlRefereeProtocol.swiftmodule $(DESTDIR)$(PREFIX)/lib/pawl-lab

bootstrap:
	@scripts/bootstrap

format:
	swift format -i -r Package.swift Sources Tests

lint:
	swift format lint --strict -r Package.swift Sources Tests

clean:
	rm -rf .build
