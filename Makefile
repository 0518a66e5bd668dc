# What a newcomer types. Each target sets up .venv by itself, once, from the pinned versions in constraints.txt.
#   make demo OUT=目录        PYTHON=python3.12 picks the interpreter        ARGS="…" is handed on

OUT = demo-out
ARGS =
VENV = .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: help setup demo test check format bench clean FORCE

help:
	@echo 'make demo   演示：示例县一整年的考核，结果在 demo-out/    run a whole year of a county, results in demo-out/'
	@echo 'make test   运行全部测试                                  run all tests'
	@echo 'make check  检查格式、代码、类型与分层                    format, lint, types, import contracts'
	@echo 'make bench  性能对比，输出 JSON（bench-NAME 只跑一项）    benchmarks as JSON'
	@echo 'make clean  删除 .venv、缓存与 demo-out                   remove .venv, caches and demo-out'

setup: $(READY)

demo: $(READY)
	@$(BIN)/zhiqiang demo --out "$(OUT)" $(ARGS)

# The tests of one file share a worker: a server that they need is started once.
test: $(READY)
	@$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: $(READY)
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(READY)
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(READY)
	@$(BIN)/python -m bench.run $(ARGS)

bench-%: $(READY)
	@$(BIN)/python -m bench.run $* $(ARGS)

clean:
	rm -rf $(VENV) demo-out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@.ci/venv $(VENV) $(PYTHON)
	@touch $@

# An interpreter chosen by name replaces a .venv made with another one.
ifdef PYTHON
ifneq ($(shell $(BIN)/python -V 2>&1),$(shell $(PYTHON) -V 2>&1))
$(READY): FORCE
endif
endif
