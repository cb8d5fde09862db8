"""Puts one desk process together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from handoff.accounts import Accounts
from handoff.audit import Audit
from handoff.board_figures import BoardFigures
from handoff.calling_back import CallingBack
from handoff.casework import Casework
from handoff.clock import ClockRules, EscalationClock
from handoff.desk import Desk, DeskStores
from handoff.feed import Feed
from handoff.floor import FloorDesk
from handoff.last_resort import LastResort
from handoff.nodes import NodeWatch
from handoff.notify import Notifier
from handoff.phones import PhoneBook
from handoff.presence import PresenceBook
from handoff.sessions import Sessions
from handoff.sop import load_sop
from handoff.surveying import Surveys
from handoff.telephones import Telephones
from handoff.timekeeper import Timekeeper
from handoff.views import ViewMaker
from handoff.wallboard import Wallboard
from handoff.web.context import CONTEXT, USER, Context, signed_in
from handoff.web.entrance import show_login, sign_in, sign_out
from handoff.web.floor_routes import add_floor
from handoff.web.guard import errors, headers, sign_in_first
from handoff.web.operations import add_operations
from handoff.web.phone_routes import add_phones
from handoff.web.recent import add_recent
from handoff.web.reminder_routes import add_reminders
from handoff.web.socket import OPEN_SOCKETS, OpenSockets, serve_socket
from handoff.web.survey_routes import add_surveys
from handoff.web.wallboard import add_wallboard
from zhiban.access import api_token, is_trusted
from zhiban.api import add_read_api
from zhiban.community import load_community
from zhiban.handoffs import HandoffLedger
from zhiban.redis_client import open_redis
from zhiban.settings import Settings
from zhiban.store import open_engine
from zhiban.tickets import TicketService
from zhiban.timeline import Timeline
from zhiban.web import SHARED_STATIC

logger = logging.getLogger(__name__)

_WEB = Path(__file__).parent / "web"
_BACKGROUND = web.AppKey("background", list[asyncio.Task[None]])


def build_app(settings: Settings, rules: ClockRules | None = None) -> web.Application:
    """Return the desk application.

    Args:
        settings: where the stores are.
        rules: times the clock keeps; the pause between rounds comes from the site by default.

    Raises:
        ZhibanError: the site's data is missing or wrong.
    """
    community = load_community(settings.site_dir)
    sop = load_sop(settings.site_dir)
    rules = rules or replace(ClockRules(), pause_seconds=community.chain_pause_seconds)
    token = api_token(settings)
    redis = open_redis(settings.redis)
    engine = open_engine(settings.database)
    timeline = Timeline(redis, settings.data_dir / "spool" / "desk-timeline.jsonl")
    ledger = HandoffLedger(redis, engine, timeline)
    tickets = TicketService(engine, timeline)
    presence = PresenceBook(redis)
    notifier = Notifier.of(settings, community.notification_hook)
    last_resort = LastResort(redis, tickets, community, notifier)
    stores = DeskStores(redis, engine, timeline, community, ledger, tickets, presence, sop)
    desk = Desk(stores)
    phones = PhoneBook(engine)
    clock = EscalationClock(
        stores, presence, last_resort, rules, telephones=Telephones(redis, phones)
    )
    accounts = Accounts(engine)
    context = Context(
        settings=settings,
        community=community,
        sop=sop,
        redis=redis,
        accounts=accounts,
        sessions=Sessions(redis),
        audit=Audit(engine),
        presence=presence,
        desk=desk,
        casework=Casework(stores, desk),
        floor=FloorDesk(stores, desk, accounts),
        feed=Feed(redis, ViewMaker(tickets, community, sop), presence),
        clock=clock,
        timekeeper=Timekeeper(stores, lambda: clock.leads),
        phones=phones,
        calling_back=CallingBack(stores, desk),
        surveys=Surveys(stores, desk),
    )
    nodes = NodeWatch(stores, lambda: clock.leads)
    app = web.Application(middlewares=[headers, errors, sign_in_first])
    app[CONTEXT] = context
    app[OPEN_SOCKETS] = OpenSockets()
    app[_BACKGROUND] = []
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(_WEB / "templates"), autoescape=True)

    async def allowed(request: web.Request) -> bool:
        return request[USER] is not None or is_trusted(request, settings, token)

    async def life(_: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            stack.push_async_callback(redis.aclose)
            stack.push_async_callback(last_resort.close)
            app[_BACKGROUND] += [
                asyncio.create_task(context.clock.run(), name="clock"),
                asyncio.create_task(context.feed.run(), name="feed"),
                asyncio.create_task(nodes.run(), name="nodes"),
                asyncio.create_task(context.timekeeper.run(), name="reminders"),
            ]
            for task in app[_BACKGROUND]:
                task.add_done_callback(_end_process_with)
            yield
            for task in app[_BACKGROUND]:
                task.cancel()
            await asyncio.gather(*app[_BACKGROUND], return_exceptions=True)

    app.cleanup_ctx.append(life)
    app.on_shutdown.append(_close_sockets)
    app.router.add_get("/health", _health)
    app.router.add_get("/login", show_login)
    app.router.add_post("/login", sign_in)
    app.router.add_post("/logout", sign_out)
    app.router.add_get("/", _page)
    app.router.add_get("/ws", serve_socket)
    app.router.add_static("/static/", _WEB / "static")
    app.router.add_static("/shared/", SHARED_STATIC)
    add_operations(app)
    add_floor(app)
    add_reminders(app)
    add_phones(app)
    add_surveys(app)
    add_recent(app, engine)
    add_wallboard(app, Wallboard(redis, context.feed, BoardFigures(engine)))
    add_read_api(app, redis=redis, engine=engine, tickets=tickets, allowed=allowed)
    return app


def _end_process_with(task: asyncio.Task[None]) -> None:
    """A desk without its clock or feed would look alive and serve nobody: end it instead."""
    if not task.cancelled():
        logger.critical("%s stopped", task.get_name(), exc_info=task.exception())
        raise web.GracefulExit


async def _page(request: web.Request) -> web.Response:
    user, session = signed_in(request)
    return aiohttp_jinja2.render_template(
        "desk.html",
        request,
        {"user": user, "csrf": session.csrf, "community": request.app[CONTEXT].community},
    )


async def _health(request: web.Request) -> web.Response:
    """Answer 200 while clock and feed run and Redis answers; a supervisor restarts us else."""
    context = request.app[CONTEXT]
    dead = [task.get_name() for task in request.app[_BACKGROUND] if task.done()]
    try:
        await context.redis.ping()
        stores = "ok"
    except Exception as error:
        logger.error("health: %s", type(error).__name__)
        stores = "unavailable"
    healthy = not dead and stores == "ok"
    return web.json_response(
        {
            "status": "ok" if healthy else "failing",
            "redis": stores,
            "clock": "leading" if context.clock.leads else "standby",
            "stopped": dead,
        },
        status=200 if healthy else 503,
    )


async def _close_sockets(app: web.Application) -> None:
    await app[OPEN_SOCKETS].close()
