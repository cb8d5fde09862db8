"""Desk accounts: argon2 passwords, lock-out after five failures (SEC-014), roles."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from handoff.times import iso_after, parse
from zhiban.clock import iso_ms, utc_now
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.store.models import DeskUser

MIN_PASSWORD_LENGTH = 12
MAX_FAILURES = 5
LOCK_SECONDS = 15 * 60
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GENERATED_LENGTH = 14


class Role(StrEnum):
    """What a person may do; all but admin are stages of an escalation chain."""

    AGENT = "agent"
    BACKUP = "backup"
    LEADER = "leader"
    MANAGER = "manager"
    ADMIN = "admin"


@dataclass(frozen=True)
class User:
    """A person who has signed in."""

    id: str
    name: str
    role: Role


class SignInRefusedError(ZhibanError):
    """Wrong name or password, disabled, or locked.

    Attributes:
        locked: whether too many failures locked the account for now.
    """

    def __init__(self, message: str, *, locked: bool = False) -> None:
        super().__init__(message, code=ErrorCode.ACCESS_DENIED, retryable=locked)
        self.locked = locked


class Accounts:
    """Creates and checks accounts.

    Args:
        engine: the database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._hasher = PasswordHasher()
        # Checked for unknown names, so that the time taken does not tell who exists.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def is_empty(self) -> bool:
        """Return whether nobody has an account yet."""
        async with self._engine.connect() as connection:
            return not await connection.scalar(select(func.count()).select_from(DeskUser))

    async def add(self, user_id: str, name: str, role: Role, password: str = "") -> str:
        """Create an account and return its password, made up if none is given.

        Raises:
            ZhibanError: BAD_MESSAGE for a short password, or a name that is taken.
        """
        password = password or new_password()
        hashed = await self._hash(password)
        async with self._engine.begin() as connection:
            taken = await connection.scalar(select(DeskUser.id).where(DeskUser.id == user_id))
            if taken is not None:
                raise ZhibanError(
                    f"账号 {user_id} 已存在 / account exists", code=ErrorCode.BAD_MESSAGE
                )
            await connection.execute(
                insert(DeskUser).values(
                    id=user_id,
                    display_name=name,
                    role=role.value,
                    password_hash=hashed,
                    created_at=iso_ms(utc_now()),
                )
            )
        return password

    async def reset(self, user_id: str, password: str = "") -> str:
        """Set a new password, unlock, and return it.

        Raises:
            ZhibanError: BAD_MESSAGE for a short password or an unknown name.
        """
        password = password or new_password()
        hashed = await self._hash(password)
        async with self._engine.begin() as connection:
            changed = await connection.execute(
                update(DeskUser)
                .where(DeskUser.id == user_id)
                .values(password_hash=hashed, failed_logins=0, locked_until=None)
            )
        if changed.rowcount == 0:
            raise ZhibanError(f"没有账号 {user_id} / no such account", code=ErrorCode.BAD_MESSAGE)
        return password

    async def get(self, user_id: str) -> User | None:
        """Return a user who may still sign in."""
        async with self._engine.connect() as connection:
            row = (
                await connection.execute(
                    select(DeskUser.id, DeskUser.display_name, DeskUser.role).where(
                        DeskUser.id == user_id, DeskUser.disabled.is_(False)
                    )
                )
            ).first()
        return User(row.id, row.display_name, Role(row.role)) if row else None

    async def check(self, user_id: str, password: str) -> User:
        """Return the user whose name and password these are.

        Raises:
            SignInRefusedError: wrong, disabled or locked.
        """
        now = utc_now()
        async with self._engine.connect() as connection:
            row = (
                await connection.execute(
                    select(
                        DeskUser.id,
                        DeskUser.display_name,
                        DeskUser.role,
                        DeskUser.password_hash,
                        DeskUser.locked_until,
                        DeskUser.disabled,
                    ).where(DeskUser.id == user_id)
                )
            ).first()
        matches = await asyncio.to_thread(
            self._matches, row.password_hash if row else self._nobody, password
        )
        if row is not None and row.locked_until and now < parse(row.locked_until):
            raise SignInRefusedError("连续输错，账号已锁定，请 15 分钟后再试", locked=True)
        if row is None or not matches or row.disabled:
            locked = row is not None and await self._count_failure(user_id)
            if locked:
                raise SignInRefusedError("连续输错，账号已锁定，请 15 分钟后再试", locked=True)
            raise SignInRefusedError("账号或密码不正确")
        async with self._engine.begin() as connection:
            await connection.execute(
                update(DeskUser)
                .where(DeskUser.id == user_id)
                .values(failed_logins=0, locked_until=None)
            )
        return User(row.id, row.display_name, Role(row.role))

    async def _count_failure(self, user_id: str) -> bool:
        """Count one more failure; return whether it locked the account."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(DeskUser)
                .where(DeskUser.id == user_id)
                .values(failed_logins=DeskUser.failed_logins + 1)
            )
            failures = await connection.scalar(
                select(DeskUser.failed_logins).where(DeskUser.id == user_id)
            )
            if (failures or 0) < MAX_FAILURES:
                return False
            await connection.execute(
                update(DeskUser)
                .where(DeskUser.id == user_id)
                .values(failed_logins=0, locked_until=iso_after(utc_now(), LOCK_SECONDS))
            )
            return True

    async def _hash(self, password: str) -> str:
        if len(password) < MIN_PASSWORD_LENGTH:
            raise ZhibanError(
                f"密码不少于 {MIN_PASSWORD_LENGTH} 位 / password is too short",
                code=ErrorCode.BAD_MESSAGE,
            )
        return await asyncio.to_thread(self._hasher.hash, password)

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def new_password() -> str:
    """Return a random password without look-alike characters."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GENERATED_LENGTH))
