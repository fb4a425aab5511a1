# Two commands do all the set-up: `make run` and `make test`. Relative paths only: the checkout may lie anywhere.
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check smoke fuzz bench storm reset lock format openapi examples clean
PY := .venv/bin/python

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: .venv/run.stamp ## run the whole platform, with demonstration data, until Ctrl-C
	@exec $(PY) -m dev.run

test: .venv/development.stamp ## run every test against a real PostgreSQL and Valkey
	@exec $(PY) -m dev.with_services test -- $(PY) -m pytest -n auto

check: .venv/development.stamp ## everything CI does: style, floors, types, migrations, tests
	@$(PY) -m dev.with_services test -- $(PY) -m dev.check
	@$(MAKE) --no-print-directory test

smoke: .venv/run.stamp ## play the whole story against a running `make run`
	@exec $(PY) -m dev.smoke

fuzz: .venv/fuzz.stamp ## send a running `make run` whatever its contract allows, and does not (EXAMPLES=50)
	@exec $(PY) -m dev.fuzz

bench: .venv/development.stamp ## measure ratios: ours against references, on one server
	@exec $(PY) -m dev.with_services bench --durable -- $(PY) -m loadtests.bench

storm: .venv/development.stamp ## send 10,000 webhooks to receivers that fail, by workers that are killed (ENTRIES=500)
	@exec $(PY) -m dev.with_services storm --durable -- $(PY) -m loadtests.storm $(if $(ENTRIES),--entries $(ENTRIES))

reset: .venv/run.stamp ## wipe the data of `make run`
	@exec $(PY) -m dev.reset

lock: .venv/development.stamp ## pin the dependencies anew, hashed, without addresses
	@for spec in "production:" "run:--extra embedded" "development:--extra embedded --group dev" \
	    "fuzz:--extra embedded --group dev --group fuzz"; do \
	    .venv/bin/uv pip compile -q --upgrade --universal --python-version 3.12 --generate-hashes --no-emit-index-url \
	        --no-header --no-annotate $${spec#*:} pyproject.toml -o "requirements/$${spec%%:*}.txt"; \
	done

format: .venv/development.stamp ## put the code into shape
	@.venv/bin/ruff check --fix --quiet . && .venv/bin/ruff format --quiet .

openapi: .venv/development.stamp ## write the REST contract to docs/, unless it breaks callers
	@DEBUG=1 $(PY) manage.py openapi $(if $(BREAKING),--breaking)

examples: .venv/development.stamp ## take the contract's examples from the tests' calls anew, then `make openapi`
	@rm -rf .aforo/examples && mkdir -p .aforo/examples
	@HARVEST=.aforo/examples/calls $(PY) -m dev.with_services test -- $(PY) -m pytest -n auto -q --ignore tests/races --ignore tests/e2e
	@$(PY) -m tests.contracts.harvest .aforo/examples/calls

clean: ## remove the environment and every cache; the data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles

# A stamp says that the environment holds what a lock file says. The environment is made anew if its interpreter is gone.
.venv/%.stamp: requirements/%.txt
	@if ! $(PY) -c 'import sys, pip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; then \
	    python=$$(sh dev/python.sh); \
	    echo "Making .venv with $$("$$python" --version) ..."; \
	    rm -rf .venv; "$$python" -m venv .venv; \
	fi
	@echo "Installing $$(grep -c '==' $<) packages of $< (a minute or two, once) ..."
	@$(PY) -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r $<
	@printf '%s\n' "$$PWD" "$$PWD/platform" > "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/aforo.pth"
	@touch $@
