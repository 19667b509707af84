# gridmap: the jobs a person runs. Only Python 3.11+ is needed to start.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
PORT ?= 8050
OUT ?= demo
# Programs that the tests start would compile all they import, each anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test coverage kernels test-deep lint docs bench browser-tools screenshots lock clean

demo: $(VENV)/.installed
	$(BIN)/gridmap demo --out $(OUT) --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,--serve)

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements-test.lock
	touch $@

browser-tools:
	sh tools/install_test_tools.sh

test: $(VENV)/.tested browser-tools
	$(MAKE) --jobs 2 lint kernels
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not deep"

# The tests again, and which lines and branches they run.
coverage: $(VENV)/.tested browser-tools
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not deep" --cov --cov-report=term:skip-covered --cov-fail-under=90

# The example compiles what all plans need, while mypy keeps the other core busy: the processes of
# the tests would do it at the same time, each for itself.
kernels: $(VENV)/.installed
	$(BIN)/gridmap demo --no-serve --out $(VENV)/demo >/dev/null

test-deep: $(VENV)/.tested browser-tools
	GRIDMAP_FUZZ_FILES=20000 $(BIN)/python -m pytest -n 2 --dist loadgroup tests/hostile
	GRIDMAP_DEEP=1 $(BIN)/python -m pytest -n 2 --dist loadgroup tests/property/test_redraw_stateful.py
	$(BIN)/python -m benchmarks.store_kill --cycles 1000
	$(BIN)/python -m benchmarks.store_server_kill --kills 100
	$(BIN)/python -m benchmarks.store_editors --attempts 10000
	$(BIN)/python -m benchmarks.store_disk
	$(BIN)/python -m pytest -m deep tests/unit/jobs tests/unit/test_region.py tests/unit/routing/test_portfolio.py tests/store/test_store_campaigns.py
	$(BIN)/python -m pytest -m deep tests/dashboards/test_rest_schema.py
	$(BIN)/python -m pytest -m deep tests/browser/test_audit.py tests/browser/test_editor_colleagues.py
	$(BIN)/python -m benchmarks.job_kills --engine sqlite
	$(BIN)/python -m benchmarks.job_kills --engine postgresql
	$(BIN)/python -m benchmarks.executors --towns 3 --own 3 --iterations 100
	$(BIN)/python -m benchmarks.bind_demand --compare

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Pages that are written from the program.
docs: $(VENV)/.installed
	$(BIN)/python -m gridmap.scoring.metric_page docs
	$(BIN)/python -m gridmap.scoring.advice_page docs

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks.plan

screenshots: $(VENV)/.tested browser-tools
	$(BIN)/python tools/screenshots.py --demo $(OUT) --images docs/images --all $(OUT)/screens

# Both lock files hold hashes and no address; needs uv.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-header -o requirements.lock
	uv pip compile pyproject.toml --group test -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-header -o requirements-test.lock

clean:
	rm -rf $(VENV) $(OUT)
