.DEFAULT_GOAL := menu
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# How many processes share the tests (0: one after the other, in this process).
PROCESSES ?= 2
# The machine's own certificates: municipalities often stand behind a proxy with its own authority.
export UV_SYSTEM_CERTS := 1

.PHONY: menu run test check fix unit browser soak bench lock demo-town translations privacy-pages clean

menu: ## this menu
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Signaal needs Python 3.11 or newer.")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory venv-package
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

# Debian keeps what makes an environment in a package of its own.
.PHONY: venv-package
venv-package:
	@{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; } \
		|| { echo "Install these system packages first: python3-venv ca-certificates" >&2; exit 1; }
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		python3-venv ca-certificates

$(READY): requirements/dev.lock pyproject.toml | $(BIN)/uv
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --require-hashes requirements/dev.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)

run: $(READY) ## set up and serve the demo on http://127.0.0.1:8000
	$(BIN)/signaal demo
	$(BIN)/signaal serve

test: $(READY) ## set up what tests need and run all of them
	$(BIN)/python tests/system_packages.py
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -m "not soak" -n $(PROCESSES) --dist loadfile

check: $(READY) ## static checks: ruff, mypy --strict, the floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy signaal
	$(BIN)/lint-imports

fix: $(READY) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: $(READY) ## the long campaigns
	$(BIN)/python tests/system_packages.py
	$(BIN)/python -m pytest -m soak

bench: $(READY) ## benchmarks against named peers, as ratios
	for f in bench/bench_*.py; do $(BIN)/python $$f || exit 1; done

demo-town: $(READY) ## make the invented demo town anew from its seed
	$(BIN)/python geodata/make_demo_town.py

translations: $(READY) ## gather every Dutch sentence, and compile the English ones
	$(BIN)/pybabel -q extract -F babel.cfg --no-location --sort-output --omit-header \
		-o $(VENV)/messages.pot signaal templates
	$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d signaal/translations -l en \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel -q compile -d signaal/translations

privacy-pages: $(READY) ## docs/privacy/ anew from what the program goes by
	PYTHONPATH=. $(BIN)/python docs/make_privacy_pages.py

lock: $(BIN)/uv ## pin newer versions
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url requirements/dev.in -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url -c requirements/dev.lock \
		requirements/server.in -o requirements/server.lock

clean: ## remove the environment and the demo's data
	rm -rf $(VENV) var
