"""Telephones of people: who can be rung at the chain's ``phone`` stage, and under which number."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from zhiban.community import EscalationStage
from zhiban.errors import ErrorCode, ZhibanError
from zhiban.masking import mask_phone
from zhiban.store.models import DeskUser

logger = logging.getLogger(__name__)

_ORDER = ("agent", "backup", "leader", "manager", "admin")
_NUMBER = re.compile(r"\+?\d{3,15}")
_SIP = re.compile(r"sip:[\w.+*#-]{1,48}@[\w.-]{1,64}(?::\d{1,5})?", re.ASCII)
_LONGEST = 128
_NOBODYS = "phone"


@dataclass(frozen=True)
class Phone:
    """Somebody who can be rung by telephone.

    Attributes:
        agent_id: their account; ``phone:…`` for a number of the site's that is nobody's account.
        to: number, or SIP address.
    """

    agent_id: str
    name: str
    to: str

    @property
    def mark(self) -> str:
        """How a case notes that this telephone was rung in this round."""
        return f"tel:{self.agent_id}"


@dataclass(frozen=True)
class PhoneAccount:
    """An account, with its telephone if it has one."""

    id: str
    name: str
    role: str
    phone: str


def read_phone(raw: str) -> str:
    """Return a number or SIP address as it is dialled; ``""`` for none.

    Raises:
        ZhibanError: BAD_MESSAGE for anything else.
    """
    text = raw.strip()
    if not text:
        return ""
    if text.startswith("sip:"):
        if _SIP.fullmatch(text) and len(text) <= _LONGEST:
            return text
    else:
        number = re.sub(r"[\s()-]", "", text)
        if _NUMBER.fullmatch(number):
            return number
    raise ZhibanError(
        "电话应为号码或 sip:分机@地址 / a number or a SIP address", code=ErrorCode.BAD_MESSAGE
    )


def masked(to: str) -> str:
    """Return a number or SIP address as timelines and logs may show it."""
    scheme, colon, rest = to.rpartition(":") if to.startswith("sip") else ("", "", to)
    user, at, host = rest.partition("@")
    return f"{scheme}{colon}{mask_phone(user) if len(user) >= 7 else user}{at}{host}"


class PhoneBook:
    """Accounts with their telephones; what was last read holds while the database is away.

    Args:
        engine: the database.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: Mapping[str, PhoneAccount] = {}
        self._unusable: set[str] = set()

    async def refresh(self) -> None:
        """Read the accounts anew."""
        try:
            accounts = await self.accounts()
        except (SQLAlchemyError, OSError) as error:
            logger.error("telephones of accounts not read: %s", type(error).__name__)
            return
        self._known = {account.id: account for account in accounts}

    async def accounts(self) -> list[PhoneAccount]:
        """Return everybody who may sign in, in the order of the roles.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        columns = (DeskUser.id, DeskUser.display_name, DeskUser.role, DeskUser.phone)
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(*columns).where(DeskUser.disabled.is_(False)))
            found = [PhoneAccount(*row) for row in rows]
        return sorted(found, key=lambda one: (_rank(one.role), one.id))

    async def put(self, user_id: str, raw: str) -> str:
        """Give an account a telephone, or take it away; return it as it is dialled.

        Raises:
            ZhibanError: BAD_MESSAGE for what is no number and no address, or an unknown account.
        """
        phone = read_phone(raw)
        async with self._engine.begin() as connection:
            changed = await connection.execute(
                update(DeskUser).where(DeskUser.id == user_id).values(phone=phone)
            )
        if changed.rowcount == 0:
            raise ZhibanError(f"没有账号 {user_id} / no such account", code=ErrorCode.BAD_MESSAGE)
        return phone

    def of_stage(
        self, stage: EscalationStage, chain: Sequence[EscalationStage]
    ) -> tuple[Phone, ...]:
        """Return who is rung at a ``phone`` stage, in order.

        The stage's ``phones`` names them: accounts, numbers or SIP addresses. Without any it is
        everybody of the chain's roles whose account has a telephone.
        """
        if stage.phones:
            listed = (self._listed(entry, stage) for entry in stage.phones)
            found = [phone for phone in listed if phone is not None]
        else:
            roles = {other.role for other in chain}
            found = [
                Phone(account.id, account.name, account.phone)
                for account in self._known.values()
                if account.phone and account.role in roles
            ]
        return tuple({phone.to: phone for phone in found}.values())

    def _listed(self, entry: str, stage: EscalationStage) -> Phone | None:
        account = self._known.get(entry)
        if account is not None:
            return Phone(account.id, account.name, account.phone) if account.phone else None
        try:
            to = read_phone(entry)
        except ZhibanError:
            if entry not in self._unusable:
                self._unusable.add(entry)
                logger.error("stage %s: %r is no account, number or address", stage.label, entry)
            return None
        owner = next((one for one in self._known.values() if one.phone == to), None)
        if owner is not None:
            return Phone(owner.id, owner.name, to)
        digest = hashlib.sha256(to.encode()).hexdigest()[:10]
        return Phone(f"{_NOBODYS}:{digest}", stage.label, to)


def _rank(role: str) -> int:
    return _ORDER.index(role) if role in _ORDER else len(_ORDER)
