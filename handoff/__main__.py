"""``python -m handoff``: the desk, and its accounts from a terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from handoff.accounts import Accounts, Role
from handoff.phones import PhoneBook, read_phone
from zhiban.errors import ZhibanError
from zhiban.masking import configure_logging
from zhiban.settings import Settings
from zhiban.store import open_engine
from zhiban.store.migrate import migrate

FIRST_USERS = (
    ("admin", "管理员", Role.ADMIN),
    ("leader", "值班班长", Role.LEADER),
    ("agent", "值班坐席", Role.AGENT),
)


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Run the agents' desk (with no command) or manage its accounts."""
    if context.invoked_subcommand is None:
        # The account commands need none of the web side.
        from aiohttp import web

        from handoff.app import build_app

        settings = Settings.from_env()
        configure_logging(settings.log_level)
        web.run_app(
            build_app(settings),
            host=settings.host,
            port=settings.desk_port,
            print=None,
            handler_cancellation=False,
            shutdown_timeout=5,
        )


@main.command("ensure-admin")
def ensure_admin() -> None:
    """Create the first accounts and print their passwords, once."""

    async def run() -> list[tuple[str, str, Role, str]]:
        settings = Settings.from_env()
        await migrate(settings.database)
        engine = open_engine(settings.database)
        try:
            accounts = Accounts(engine)
            if not await accounts.is_empty():
                return []
            return [
                (user_id, name, role, await accounts.add(user_id, name, role))
                for user_id, name, role in FIRST_USERS
            ]
        finally:
            await engine.dispose()

    created = asyncio.run(run())
    if not created:
        click.echo("坐席台账号已存在 / desk accounts exist")
        return
    click.echo("坐席台首次账号（只显示这一次，请立即记下） / first desk accounts, shown once:")
    for user_id, name, _, password in created:
        click.echo(f"  {user_id:<8} {password}   {name}")


@main.command("add-user")
@click.argument("user_id")
@click.option("--name", default="", help="Name callers and colleagues see.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.AGENT.value)
@click.option("--phone", default="", help="Number or SIP address the chain may ring.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add_user(user_id: str, name: str, role: str, phone: str, password_stdin: bool) -> None:
    """Add an account; makes up and prints a password unless one is given."""
    given = sys.stdin.readline().rstrip("\n") if password_stdin else ""
    read_phone(phone)

    async def run(engine: AsyncEngine) -> str:
        password = await Accounts(engine).add(user_id, name or user_id, Role(role), given)
        if phone:
            await PhoneBook(engine).put(user_id, phone)
        return password

    password = _with_database(run)
    click.echo(f"{user_id}" if given else f"{user_id}  {password}")


@main.command("set-phone")
@click.argument("user_id")
@click.argument("phone", default="")
def set_phone(user_id: str, phone: str) -> None:
    """Give an account a number or SIP address (sip:8001@10.0.0.5); without one, take it away."""

    async def run(engine: AsyncEngine) -> str:
        return await PhoneBook(engine).put(user_id, phone)

    click.echo(f"{user_id}  {_with_database(run) or '-'}")


@main.command("reset-password")
@click.argument("user_id")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def reset_password(user_id: str, password_stdin: bool) -> None:
    """Set a new password and unlock the account."""
    given = sys.stdin.readline().rstrip("\n") if password_stdin else ""

    async def run(engine: AsyncEngine) -> str:
        return await Accounts(engine).reset(user_id, given)

    password = _with_database(run)
    click.echo(f"{user_id}" if given else f"{user_id}  {password}")


def _with_database(operation: Callable[[AsyncEngine], Awaitable[str]]) -> str:
    async def run() -> str:
        settings = Settings.from_env()
        await migrate(settings.database)
        engine = open_engine(settings.database)
        try:
            return await operation(engine)
        finally:
            await engine.dispose()

    return asyncio.run(run())


if __name__ == "__main__":
    try:
        main()
    except ZhibanError as error:
        sys.exit(f"{error.code}: {error.message}")
