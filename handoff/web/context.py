"""What every request handler needs, under typed application keys."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from handoff.accounts import Accounts, User
from handoff.audit import Audit
from handoff.calling_back import CallingBack
from handoff.casework import Casework
from handoff.clock import EscalationClock
from handoff.desk import Desk
from handoff.feed import Feed
from handoff.floor import FloorDesk
from handoff.phones import PhoneBook
from handoff.presence import PresenceBook
from handoff.sessions import Session, Sessions
from handoff.sop import SopBook
from handoff.surveying import Surveys
from handoff.timekeeper import Timekeeper
from zhiban import redis_keys
from zhiban.community import Community
from zhiban.redis_client import RedisClient
from zhiban.settings import Settings


@dataclass(frozen=True)
class Context:
    """Services of one desk process."""

    settings: Settings
    community: Community
    sop: SopBook
    redis: RedisClient
    accounts: Accounts
    sessions: Sessions
    audit: Audit
    presence: PresenceBook
    desk: Desk
    casework: Casework
    floor: FloorDesk
    feed: Feed
    clock: EscalationClock
    timekeeper: Timekeeper
    phones: PhoneBook
    calling_back: CallingBack
    surveys: Surveys

    async def dials(self) -> bool:
        """Return whether owners can be called back from here: a line is configured, or up."""
        return bool(self.settings.sip_listen) or bool(await self.redis.exists(redis_keys.SIP_ALIVE))


CONTEXT = web.AppKey("context", Context)
USER: web.RequestKey[User | None] = web.RequestKey("user", object)  # type: ignore[arg-type]
SESSION: web.RequestKey[Session | None] = web.RequestKey("session", object)  # type: ignore[arg-type]


def signed_in(request: web.Request) -> tuple[User, Session]:
    """Return who asks; only for routes behind the sign-in middleware."""
    user, session = request[USER], request[SESSION]
    if user is None or session is None:
        raise web.HTTPUnauthorized
    return user, session
