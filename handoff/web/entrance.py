"""Sign-in and sign-out."""

from __future__ import annotations

import hmac
import secrets

import aiohttp_jinja2
from aiohttp import web

from handoff.accounts import SignInRefusedError
from handoff.sessions import COOKIE
from handoff.web.context import CONTEXT, USER, signed_in
from zhiban.access import same_origin

_FORM_COOKIE = "zhiban_login"
_LONGEST = 200


async def show_login(request: web.Request) -> web.StreamResponse:
    """``GET /login``."""
    if request[USER] is not None:
        raise web.HTTPSeeOther("/")
    return _form(request)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """``POST /login``: check name and password, open a session."""
    context = request.app[CONTEXT]
    form = await request.post()
    user_id = str(form.get("user", "")).strip()[:_LONGEST]
    password = str(form.get("password", ""))[:_LONGEST]
    expected = request.cookies.get(_FORM_COOKIE, "")
    given = str(form.get("csrf", ""))
    if not same_origin(request) or not expected or not hmac.compare_digest(expected, given):
        return _form(request, "页面已过期，请重新输入", user_id, status=403)
    try:
        user = await context.accounts.check(user_id, password)
    except SignInRefusedError as error:
        # The log keeps only names that exist: people type passwords into the wrong field.
        known = await context.accounts.get(user_id) is not None
        action = "sign_in_locked" if error.locked else "sign_in_failed"
        await context.audit.write(user_id if known else "?", action, request.remote or "")
        return _form(request, error.message, user_id, status=429 if error.locked else 401)
    await context.sessions.end(request.cookies.get(COOKIE))
    cookie = await context.sessions.begin(user.id)
    await context.audit.write(user.id, "sign_in", request.remote or "")
    response = web.Response(status=303, headers={"Location": "/"})
    response.set_cookie(
        COOKIE, cookie, httponly=True, samesite="Lax", secure=_is_secure(request), path="/"
    )
    response.del_cookie(_FORM_COOKIE)
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    """``POST /logout``."""
    context = request.app[CONTEXT]
    user, _ = signed_in(request)
    await context.sessions.end(request.cookies.get(COOKIE))
    await context.presence.sign_out(user.id)
    await context.audit.write(user.id, "sign_out")
    response = web.Response(status=303, headers={"Location": "/login"})
    response.del_cookie(COOKIE)
    return response


def _form(
    request: web.Request, problem: str = "", user_id: str = "", *, status: int = 200
) -> web.Response:
    token = request.cookies.get(_FORM_COOKIE) or secrets.token_urlsafe(24)
    response = aiohttp_jinja2.render_template(
        "login.html",
        request,
        {
            "csrf": token,
            "problem": problem,
            "user_id": user_id,
            "community": request.app[CONTEXT].community,
        },
        status=status,
    )
    response.set_cookie(
        _FORM_COOKIE, token, httponly=True, samesite="Lax", secure=_is_secure(request), max_age=3600
    )
    return response


def _is_secure(request: web.Request) -> bool:
    # A proxy that ends TLS says so; believing it can only make the cookie stricter.
    return request.secure or request.headers.get("X-Forwarded-Proto") == "https"
