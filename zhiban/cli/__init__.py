"""The ``zhiban`` command. Sub-commands are imported only when they are asked for."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import NoReturn

import click

from zhiban.errors import ZhibanError
from zhiban.setup.faults import SetupCode, SetupError

_COMMANDS = {
    "up": "安装所需并启动全部服务 / prepare and start everything",
    "prepare": "只准备，不启动 / prepare without starting",
    "sip": "接听和拨打 SIP 电话 / take and place SIP calls",
    "call": "从终端打一通电话 / place a call from the terminal",
    "doctor": "检查还缺什么、怎么补 / what is missing and how to get it",
    "models": "语音模型：列出、下载、校验 / speech models",
    "train": "训练对话模型 / train the bot",
    "status": "各服务的状态 / how the services are doing",
    "understand": "逐行理解文本 / understand lines of text",
    "eval": "评测理解能力 / score the understanding",
    "version": "版本 / version",
}
_MODULES = {"eval": "evaluate"}
"""Where a command's module is not called as the command is."""
_EXIT_FAILED = 1
_EXIT_INTERRUPTED = 130


def _module_of(name: str) -> str:
    return f"zhiban.cli.{_MODULES.get(name, name)}"


class _LazyGroup(click.Group):
    """Lists commands without importing them: ``--help`` stays instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands whose module exists."""
        return [name for name in _COMMANDS if importlib.util.find_spec(_module_of(name))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return its ``command``."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(_module_of(cmd_name)).command
        assert isinstance(command, click.Command)  # noqa: S101 - a fault of ours, not of the user's
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("命令 / Commands"):
            formatter.write_dl([(name, _COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """值班 ZhiBan：接得起来的物业服务热线 / a property hotline that answers.

    每条命令都有 --help。设置见环境变量 ZHIBAN_*。
    退出码：0 成功，1 失败或缺少必需项，2 用法错误，3 没有在运行，4 未全部就绪。
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line; every expected failure is one line on standard error."""
    code: object = None
    try:
        code = cli.main(args=arguments, prog_name="zhiban", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (SetupError, ZhibanError) as error:
        _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        click.echo("\n已停止 / stopped", err=True)
        sys.exit(_EXIT_INTERRUPTED)
    except OSError as error:
        if error.errno is None:
            raise
        where = f" {error.filename}" if error.filename else ""
        _fail(f"{error.strerror}{where} ({SetupCode.STEP_FAILED.value})")
    sys.exit(code if isinstance(code, int) else 0)


def _fail(line: str) -> NoReturn:
    click.echo(f"✗ {line}", err=True)
    sys.exit(_EXIT_FAILED)
