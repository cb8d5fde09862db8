"""Runs a dialplan for one caller: enough of Asterisk to see where the caller ends up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote

import aiohttp

from tests.support.asterisk import AudioSocketChannel, WebSocketChannel, basic
from tests.support.dialplan import Dialplan, split_args

_MOST_STEPS = 500
_COMPARED = re.compile(r'\s*"?([^"]*?)"?\s*(!=|<=|=)\s*"?([^"]*?)"?\s*')
_SUM = re.compile(r"\s*(\d+)\s*\+\s*(\d+)\s*")


@dataclass(frozen=True)
class Phone:
    """How a telephone behaves that the dialplan rings.

    Attributes:
        status: DIALSTATUS.
        key: what is pressed when a key is asked for; ``""`` for a mailbox.
    """

    status: str = "ANSWER"
    key: str = ""


class HungUp(Exception):
    """The channel is gone: nothing after it runs."""


@dataclass
class Caller:
    """A channel in the dialplan.

    Attributes:
        plan: the dialplan.
        client: section of websocket_client.conf.
        phones: telephones by dial string; others are unavailable.
        rung: dial strings of telephones in the order they rang.
        bot: the bot's audio, once it has answered.
        on_bot: called with it.
        headers: added to the INVITE of the newest leg.
        trace: applications run.
    """

    plan: Dialplan
    client: dict[str, str]
    phones: dict[str, Phone] = field(default_factory=dict)
    number: str = "13812345678"
    variables: dict[str, str] = field(default_factory=dict)
    rung: list[str] = field(default_factory=list)
    bot: WebSocketChannel | AudioSocketChannel | None = None
    on_bot: Callable[[WebSocketChannel | AudioSocketChannel], Awaitable[None]] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)
    answered: bool = False
    master: Caller | None = None
    curl: dict[str, str] = field(default_factory=dict)

    async def run(self, context: str, number: str) -> None:
        """Run until the channel is hung up or the extension ends."""
        try:
            await self._run(context, number, 0, {"EXTEN": number})
        except HungUp:
            self.trace.append("hung up")

    async def _run(self, context: str, number: str, place: int, local: dict[str, str]) -> None:
        for _ in range(_MOST_STEPS):
            steps = self.plan.extension(context, number)
            if place >= len(steps):
                return
            step = steps[place]
            self.trace.append(step.app)
            if step.app == "Return":
                return
            args = await self._expand(step.args, local) if step.app != "ExecIf" else step.args
            target = await self._app(step.app, args, local)
            place += 1
            if target is not None:
                context, number, place = self._target(target, context, number)
                local["EXTEN"] = number
        raise AssertionError("the dialplan runs in circles")

    def _target(self, text: str, context: str, number: str) -> tuple[str, str, int]:
        parts = [*[""] * 2, *split_args(text)][-3:]
        context, number = parts[0] or context, parts[1] or number
        return context, number, self.plan.place(context, number, parts[2])

    async def _app(self, app: str, args: str, local: dict[str, str]) -> str | None:
        """Run an application; return where the dialplan goes on if not at the next step."""
        match app:
            case "NoOp" | "Playback":
                pass
            case "Answer":
                self.answered = True
            case "Hangup":
                raise HungUp
            case "Set":
                name, _, value = args.partition("=")
                self._set(name, value)
            case "Goto":
                return args
            case "GotoIf":
                condition, _, wanted = args.partition("?")
                yes, _, no = wanted.partition(":")
                return (yes if _true(condition) else no) or None
            case "ExecIf":
                condition, _, wanted = args.partition("?")
                if _true(await self._expand(condition, local)):
                    inner, _, rest = wanted.partition("(")
                    expanded = await self._expand(rest.removesuffix(")"), local)
                    return await self._app(inner, expanded, local)
            case "Gosub":
                await self._gosub(args, local)
            case "Read":
                name = split_args(args)[0]
                self.variables[name] = self.variables.get("~KEY", "")
            case "AudioSocket":
                await self._audiosocket(*split_args(args))
            case "Dial":
                await self._dial(args)
            case _:
                raise AssertionError(f"application {app}")
        return None

    async def _gosub(self, args: str, local: dict[str, str]) -> None:
        target, _, given = args.partition("(")
        values = split_args(given.removesuffix(")")) if given else []
        inner = {**local, **{f"ARG{i}": value for i, value in enumerate(values, 1)}}
        context, number, place = self._target(target, "", "")
        await self._run(context, number, place, inner)

    def _set(self, name: str, value: str) -> None:
        function = re.fullmatch(r"(\w+)\((.*)\)", name)
        if function is None:
            self.variables[name.lstrip("_")] = value
            return
        match function[1]:
            case "CURLOPT":
                self.curl[function[2]] = value
            case "MASTER_CHANNEL":
                (self.master or self).variables[function[2]] = value
            case "PJSIP_HEADER":
                self.headers[function[2].removeprefix("add,")] = value
            case _:
                raise AssertionError(f"function {name}")

    # --- dialling -----------------------------------------------------------------------------

    async def _dial(self, args: str) -> None:
        target, timeout, options = [*split_args(args), "", ""][:3]
        # A leg that never answers must not keep the caller for ever.
        assert timeout.isdigit()
        technology, _, rest = target.partition("/")
        match technology:
            case "WebSocket":
                status = await self._dial_websocket(rest)
            case "Local":
                status = await self._dial_local(rest)
            case _:
                status = await self._ring(target, options)
        self.variables["DIALSTATUS"] = status
        if status == "ANSWER" and "g" not in re.sub(r"\(.*?\)+", "", options):
            raise HungUp

    async def _dial_websocket(self, rest: str) -> str:
        name, _, options = rest.partition("/")
        assert name == "zhiban"
        found = re.fullmatch(r"c\((\w+)\)(n?)f\(json\)v\((.*)\)", options)
        assert found is not None, options
        codec, parameters = found[1], "&".join(found[3].split(","))
        channel = WebSocketChannel(codec)
        try:
            await channel.dial(
                f"{self.client['uri']}?{parameters}",
                self.client["username"],
                self.client["password"],
                protocols=(self.client["protocols"],),
            )
        except (aiohttp.ClientError, OSError):
            await channel.close()
            return "CHANUNAVAIL"
        if found[2]:
            await channel.told("ANSWER")
        return await self._talk(channel, channel.closed)

    async def _talk(
        self, channel: WebSocketChannel | AudioSocketChannel, over: asyncio.Event
    ) -> str:
        owner = self.master or self
        self.answered, owner.bot = True, channel
        if owner.on_bot is not None:
            await owner.on_bot(channel)
        async with asyncio.timeout(30):
            await over.wait()
        await channel.close()
        return "ANSWER"

    async def _dial_local(self, rest: str) -> str:
        number, _, context = rest.removesuffix("/n").partition("@")
        leg = Caller(self.plan, self.client, variables=dict(self.variables), master=self)
        await leg.run(context, number)
        return "ANSWER" if leg.answered else "CHANUNAVAIL"

    async def _audiosocket(self, key: str, address: str) -> None:
        host, _, port = address.rpartition(":")
        channel = AudioSocketChannel()
        try:
            await channel.connect(host, int(port), key)
        except OSError:
            raise HungUp from None
        await self._talk(channel, channel.over)
        if channel.ended != "hangup":
            raise HungUp  # as the application does when its connection breaks

    async def _ring(self, target: str, options: str) -> str:
        self.rung.append(target)
        before = re.search(r"b\(([\w-]+\^\w+\^\d+)\((.*?)\)\)", options)
        if before is not None:
            arguments = before[2].replace("^", ",")
            await self._gosub(f"{before[1].replace('^', ',')}({arguments})", {})
        phone = self.phones.get(target, Phone("CHANUNAVAIL"))
        screened = re.search(r"U\(([\w-]+)\)", options)
        if phone.status == "ANSWER" and screened is not None:
            leg = Caller(self.plan, self.client, variables={"~KEY": phone.key}, master=self)
            await leg.run(screened[1], "s")
        return phone.status

    # --- variables ----------------------------------------------------------------------------

    async def _expand(self, text: str, local: dict[str, str]) -> str:
        """Replace ``${…}``, innermost first, then ``$[…]``."""
        while (found := re.search(r"\$\{([^${}]*)\}", text)) is not None:
            value = await self._value(found[1], local)
            text = text[: found.start()] + value + text[found.end() :]
        return re.sub(r"\$\[([^\[\]]*)\]", lambda found: _evaluate(found[1]), text)

    async def _value(self, name: str, local: dict[str, str]) -> str:
        function = re.fullmatch(r"(\w+)\((.*)\)", name, re.DOTALL)
        if function is None:
            known = {**self.plan.globals, "CHANNEL": "PJSIP/carrier-0000000a", **self.variables}
            return {**known, "UNIQUEID": "1732279200.17", **local}.get(name, "")
        match function[1]:
            case "URIENCODE":
                return quote(function[2], safe="")
            case "LEN":
                return str(len(function[2]))
            case "CALLERID":
                return self.number
            case "CURL":
                url, _, form = function[2].partition(",")
                return await self._fetch(url, form)
        raise AssertionError(f"function {name}")

    async def _fetch(self, url: str, form: str) -> str:
        user, _, password = self.curl["userpwd"].partition(":")
        total = aiohttp.ClientTimeout(total=float(self.curl["httptimeout"]))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            async with (
                aiohttp.ClientSession(headers=basic(user, password), timeout=total) as http,
                http.request(
                    "POST" if form else "GET",
                    url,
                    data=form or None,
                    headers=kind if form else None,
                ) as answer,
            ):
                return await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return ""


def _evaluate(expression: str) -> str:
    added = _SUM.fullmatch(expression)
    if added is not None:
        return str(int(added[1]) + int(added[2]))
    found = _COMPARED.fullmatch(expression)
    if found is None:
        return ""  # as after a syntax error
    left, operator, right = found.groups()
    match operator:
        case "=":
            return str(int(left == right))
        case "!=":
            return str(int(left != right))
        case _:
            return str(int(int(left) <= int(right)))


def _true(text: str) -> bool:
    return text.strip() not in ("", "0")
