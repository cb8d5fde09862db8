# 值班 ZhiBan. `make help` lists what there is.
# The bootstrap is standard library only, finds the right Pythons itself, and does nothing when
# everything is up to date.
BOOT_PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 "$$HOME"/.pyenv/versions/3.11*/bin/python; do "$$p" -c "" 2>/dev/null && { echo "$$p"; break; }; done)
BOOT = $(BOOT_PYTHON) -m zhiban.setup.bootstrap
PY = .venv/bin/python
PYTEST = $(PY) -m pytest
# Two lanes of tests beside each other (tests/conftest.py); LANES= runs one after the other.
LANES ?= -n 2 --dist loadgroup
ROOMS = $(wildcard zhiban bot actions voice_gateway handoff)
# Tests and measurements use the packaged voice, so that they do not depend on a service.
OFFLINE = ZHIBAN_ONLINE_VOICE=0
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run setup dev doctor train test test-fast bench chaos lint format lock clean

help: ## 列出命令 / list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check-python:
	@test -n "$(BOOT_PYTHON)" || { echo "✗ 找不到 python3：请装 Python 3.11 / no python3 found: install Python 3.11"; exit 1; }

run: check-python ## 安装所需并启动，Ctrl-C 停止 / set up what is missing and start everything
	@$(BOOT) up $(ARGS)

setup: check-python ## 只安装，不启动 / set up without starting
	@$(BOOT) prepare $(ARGS)

dev: check-python ## 两个环境和测试工具 / both environments with the test tools
	@$(BOOT) --dev

doctor: check-python ## 检查还缺什么 / what is missing and how to get it
	@$(BOOT) doctor $(ARGS)

train: check-python ## 训练对话模型 / train the bot
	@$(BOOT) train $(ARGS)

test: check-python ## 全部测试，会真实打电话 / every test, real calls included
	@$(OFFLINE) $(BOOT) --dev prepare
	@$(PYTEST) $(LANES) $(ARGS)

test-fast: dev ## 不打电话、不开浏览器的测试 / tests without calls and browser
	@$(PYTEST) -m "not call and not browser" $(ARGS)

bench: check-python ## 测量来电者感受到的延迟 / latencies as a caller hears them
	@$(OFFLINE) $(BOOT) --dev prepare
	@$(PY) -m bench $(ARGS)

chaos: check-python ## 随机故障下一个来电都不能丢 / 200 calls under random failures; ARGS="--help"
	@$(OFFLINE) $(BOOT) --dev prepare
	@$(OFFLINE) $(PY) -m bench.chaos $(ARGS)

lint: dev ## 代码检查与类型 / ruff and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy $(addprefix -p ,$(ROOMS))

format: dev ## 整理代码格式 / format the code
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

lock: ## 按 pyproject 重新锁定依赖 / lock the dependencies again
	@sh requirements/lock.sh

clean: ## 删除环境与全部运行数据 / remove environments and all data
	rm -rf .venv .venv-rasa .venv-uv .venv.lock .python var .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
