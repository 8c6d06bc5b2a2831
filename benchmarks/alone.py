"""Each service alone: asked directly, or fed with what waits for it in the stream.

Whoever is not needed for an answer is stopped meanwhile. CPU is that of the service's
own process; how many a second also depends on whom it asks in its turn, and on us.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import aiohttp
from rich.table import Table

from apps.kit.values import uuid7
from loadtests.cards import fresh
from loadtests.orders import below_the_floor, order
from native.environment import SERVICES
from native.processes import stack as processes_of
from native.ready import client, is_ready
from native.tokens import TILL, token

from . import costs, lag
from .plan import Plan
from .ratios import Ratio
from .stacks import Stack, console

TOGETHER = 16
HEARERS = ("backoffice", "notifications")
Body = Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a service is asked again and again."""

    service: str
    what: str
    path: str
    client: str = TILL
    body: Body | None = None


def _authorisation() -> dict[str, Any]:
    whose = {"merchant_id": "M-01", "card_token": str(uuid4()), "currency": "EUR"}
    return {"request_id": str(uuid7()), "amount": 15_000, **whose}


ASKS = (
    Ask("gateway", "terminals, from its cache", "/api/v1/pos"),
    Ask("bank", "an authorisation", "/authorisations", "payments", _authorisation),
    Ask(
        "fraud",
        "an assessment",
        "/assessments",
        "payments",
        lambda: {"card_token": str(uuid4())},
    ),
    Ask("backoffice", "a merchant's dashboard", "/merchants/M-01/dashboard"),
    Ask(
        "payments",
        "a payment, floor limit",
        "/payments",
        body=lambda: order(fresh(), below_the_floor()),
    ),
)
"""Payments comes last: what follows from its payments feeds the hearers."""


@dataclass(frozen=True, slots=True)
class Alone:
    """One service: how many a second, and CPU of its process for each."""

    service: str
    what: str
    done: int
    per_s: float
    cpu_ms: float
    failed: int = 0


async def measure(stack: Stack, plan: Plan) -> list[Alone]:
    await lag.settled(stack.ports)
    found = [await _asked(stack, ask, plan.asked_s) for ask in ASKS[:-1]]
    for name in HEARERS:
        stack.supervisor.stop(name)
    try:
        found.append(await _asked(stack, ASKS[-1], plan.asked_s))
        await lag.drained(stack.ports)
        for name in HEARERS:
            found.append(await _fed(stack, name))
            stack.supervisor.stop(name)
    finally:
        for name in HEARERS:
            await _up(stack, name)
    return found


async def _asked(stack: Stack, ask: Ask, seconds: float) -> Alone:
    console.print(f"  {ask.service}: {ask.what} …", style="dim")
    url = stack.ports.url(f"{ask.service.upper()}_PORT")
    bearer = {"Authorization": f"Bearer {token(stack.url, ask.client)}"}
    answers: list[int] = []

    async def caller(http: aiohttp.ClientSession, ends: float) -> None:
        while time.monotonic() < ends:
            answers.append(await _status(http, ask))

    async with aiohttp.ClientSession(url, headers=bearer) as http:
        await asyncio.gather(*(_status(http, ask) for _ in range(TOGETHER)))
        begun, before = time.monotonic(), costs.cpu(stack.name)[ask.service]
        callers = (caller(http, begun + seconds) for _ in range(TOGETHER))
        await asyncio.gather(*callers)
    took = time.monotonic() - begun
    used = costs.cpu(stack.name)[ask.service] - before
    done = sum(status < 400 for status in answers)
    each = 1000 * used / max(1, done)
    failed = len(answers) - done
    return Alone(ask.service, ask.what, done, done / took, each, failed)


async def _status(http: aiohttp.ClientSession, ask: Ask) -> int:
    method = "POST" if ask.body else "GET"
    key = {"Idempotency-Key": uuid4().hex} if ask.service == "payments" else {}
    body = ask.body() if ask.body else None
    try:
        async with http.request(method, ask.path, json=body, headers=key) as answer:
            await answer.read()
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 599


async def _fed(stack: Stack, name: str) -> Alone:
    """It is started, hears all that waits for it, and does what follows."""
    messages = _waiting(stack, name)
    console.print(f"  {name}: {messages} messages wait for it …", style="dim")
    await _up(stack, name)
    begun = time.monotonic()
    first = _waiting(stack, name)
    left = first
    while left and time.monotonic() - begun < lag.WITHIN_S:
        await asyncio.sleep(lag.LOOK_EVERY_S)
        left = _waiting(stack, name)
    took = time.monotonic() - begun
    used = costs.cpu(stack.name)[name]
    stack.supervisor.stop(name)
    await _up(stack, name)
    used -= costs.cpu(stack.name)[name]
    return Alone(
        name,
        "messages that wait for it",
        messages - left,
        (first - left) / took,
        1000 * used / max(1, messages - left),
        left,
    )


def _waiting(stack: Stack, name: str) -> int:
    told = lag.streams(stack.ports)
    return sum(count for durable, count in told.items() if durable.startswith(name))


async def _up(stack: Stack, name: str) -> None:
    """Started, and ready to work."""
    await asyncio.to_thread(stack.supervisor.start, name)
    known = processes_of(stack.instance, stack.ports)
    (process,) = (each for each in known if each.name == name)
    async with client() as http:
        while not await is_ready(process, stack.ports, http):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def ratios(found: list[Alone], yardstick_s: float) -> list[Ratio]:
    return [
        Ratio(
            f"{each.service} alone: {each.what}",
            each.cpu_ms / 1000 / yardstick_s,
            f"CPU of {each.service} for {each.what}, in yardsticks",
            0.25,
        )
        for each in found
        if each.done
    ]


def as_json(found: list[Alone]) -> list[dict[str, object]]:
    return [asdict(each) for each in found]


def table(found: list[Alone]) -> Table:
    shown = Table("service", "is given", "a second", "CPU ms each", "failed")
    shown.title = f"Each service alone, {TOGETHER} callers at a time"
    for each in sorted(found, key=lambda each: SERVICES.index(each.service)):
        row = (f"{each.per_s:.0f}", f"{each.cpu_ms:.2f}", str(each.failed))
        shown.add_row(each.service, each.what, *row)
    return shown
