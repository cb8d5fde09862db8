"""The JSON interface of people's telephones: for admins."""

from __future__ import annotations

from aiohttp import web

from handoff.accounts import Role
from handoff.web.bodies import read_body
from handoff.web.context import CONTEXT, signed_in
from zhiban.errors import ErrorCode, ZhibanError


def add_phones(app: web.Application) -> None:
    """Add the routes below ``/api``."""
    app.router.add_get("/api/phones", list_phones)
    app.router.add_post("/api/phones/{id}", put_phone)


async def list_phones(request: web.Request) -> web.Response:
    """``GET /api/phones``: every account with its number or SIP address."""
    _check_admin(request)
    accounts = await request.app[CONTEXT].phones.accounts()
    return web.json_response(
        {
            "accounts": [
                {"id": one.id, "name": one.name, "role": one.role, "phone": one.phone}
                for one in accounts
            ]
        }
    )


async def put_phone(request: web.Request) -> web.Response:
    """``POST /api/phones/{id}`` ``{"phone"}``: give an account a telephone; ``""`` takes it away."""
    user_id = _check_admin(request)
    context = request.app[CONTEXT]
    raw = (await read_body(request)).get("phone")
    if not isinstance(raw, str):
        raise ZhibanError("缺少 phone / missing", code=ErrorCode.BAD_MESSAGE)
    phone = await context.phones.put(request.match_info["id"], raw)
    await context.audit.write(user_id, "phone", request.match_info["id"], {"given": bool(phone)})
    return web.json_response({"phone": phone})


def _check_admin(request: web.Request) -> str:
    user, _ = signed_in(request)
    if user.role is not Role.ADMIN:
        raise ZhibanError("只有管理员可以设置电话", code=ErrorCode.ACCESS_DENIED)
    return user.id
