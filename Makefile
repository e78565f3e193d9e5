# Two commands: `make report` builds the report into reports/base/, `make test` checks everything.
.DEFAULT_GOAL := report
.PHONY: report test check sync pictures lock lab clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed
COMPILE := from token_economics.headlines.market import market_drivers, market_memo; \
	from token_economics.book.assumptions import read_book; \
	market_memo.solve(read_book().draws(1), market_drivers.record())
AT_START := lib/token_economics/report/kernels/token_economics_startup.py

$(INSTALLED): requirements.lock pyproject.toml $(AT_START)
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -c '$(COMPILE)'
	mkdir -p .venv/etc/ipython/startup
	cp $(AT_START) .venv/etc/ipython/startup
	touch $@

report: $(INSTALLED)
	$(BIN)/token-economics build

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/token-economics check
	$(BIN)/pytest -n 2 --dist loadfile tests
	$(BIN)/pytest -n 2 --dist loadfile --nbval notebooks

check: $(INSTALLED)
	$(BIN)/token-economics check

sync: $(INSTALLED)
	$(BIN)/token-economics sync

pictures: $(INSTALLED)
	$(BIN)/python tests/pictures.py

lab: $(INSTALLED)
	$(BIN)/jupyter lab notebooks

lock: $(INSTALLED)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url -o requirements.lock

clean:
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache
