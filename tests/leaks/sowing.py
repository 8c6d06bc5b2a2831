"""Requests with something planted in them, in each place that a caller can write to."""

import asyncio
import itertools
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aiohttp

from native import tokens
from native.gateway import order
from native.paths import ROOT
from tests import planting
from tests.stack.cards import card, fresh_card

BASE = "/api/v1"
PAYMENTS = f"{BASE}/payments"
AT_ONCE = 8
PATIENCE = 20
AGAIN = {429, 503, 504}
TABLE = tomllib.loads((ROOT / "apps/gateway/routes.toml").read_text())

Request = tuple[str, str, dict[str, Any]]
"""Method, path, and what aiohttp is told besides."""


def paying(planted: str, **changes: Any) -> Request:
    return "POST", PAYMENTS, {"json": order(card=card(fresh_card()), **changes)}


def beside(name: str, value: str) -> Request:
    """A payment that is in order, with a header that says something else, too."""
    method, path, how = paying("")
    told = value.encode().decode("latin-1").replace("\n", " ")
    return method, path, {**how, "headers": {name: told}}


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PLACES: dict[str, Callable[[str], Request]] = {
    "User-Agent": lambda text: beside("User-Agent", f"till/1 {text}"),
    "baggage": lambda text: beside("baggage", f"journey={quote(text)},pan={text}"),
    "tracestate": lambda text: beside("tracestate", f"x={text}"),
    "traceparent": lambda text: beside("traceparent", f"{TRACE}-{text}"),
    "a header": lambda text: beside("X-Note", text),
    "Referer": lambda text: beside("Referer", f"http://x/{text}"),
    "Idempotency-Key": lambda text: beside("Idempotency-Key", f"k{uuid4().hex}-{text}"),
    "reference": lambda text: paying(text, merchant_reference=text),
    "till": lambda text: paying(text, pos_id=text[:32]),
    "currency": lambda text: paying(text, currency=text),
    "amount": lambda text: paying(text, amount=text),
    "unknown field": lambda text: paying(text, note=text),
    "unknown name": lambda text: paying(text, **{text: 1}),
    "CVV": lambda text: (
        "POST",
        PAYMENTS,
        {"json": order(card={**card(fresh_card()), "cvv": text})},
    ),
    "card number": lambda text: (
        "POST",
        PAYMENTS,
        {"json": order(card=card(text))},
    ),
    "broken body": lambda text: (
        "POST",
        PAYMENTS,
        {"data": f'{{"card": "{text}', "headers": {"Content-Type": "application/json"}},
    ),
    "text body": lambda text: ("POST", PAYMENTS, {"data": text}),
    "query": lambda text: ("GET", PAYMENTS, {"params": {"pos_id": text, "x": text}}),
    "cursor": lambda text: ("GET", PAYMENTS, {"params": {"cursor": text}}),
    "no route": lambda text: ("GET", f"/{quote(text, safe='')}", {}),
    "method": lambda text: ("BREW", f"{PAYMENTS}/{quote(text, safe='')}", {}),
    "token": lambda text: (
        "GET",
        PAYMENTS,
        {"headers": {"Authorization": f"Bearer {quote(text)}"}},
    ),
    "client": lambda text: (
        "POST",
        "/oauth/token",
        {"data": {"grant_type": text, "client_id": text, "client_secret": text}},
    ),
}


def on_each_route() -> Iterator[Callable[[str], Request]]:
    """What each route takes: its path, a query and a body, all of it planted."""
    for route in TABLE["routes"]:

        def planted(text: str, route: dict[str, Any] = route) -> Request:
            path = BASE + route["path"]
            for name in TABLE["parameters"]:
                path = path.replace(f"{{{name}}}", quote(text, safe=""))
            how: dict[str, Any] = {"params": {"q": text}}
            if route["method"] in {"POST", "PUT", "PATCH"}:
                body = {"reason": text, "amount": text, "for_s": 1, "state": "auto"}
                how["json"] = body | {"merchant_reference": text}
            return route["method"], path, how

        yield planted


BESIDE = ("User-Agent", "baggage", "tracestate", "traceparent", "a header", "Referer")
"""Planted beside an order that is as it should be, and that is paid."""


def requests(payments: int) -> Iterator[tuple[str, Request]]:
    """So many that pay, and before each one that need not; every form everywhere, each
    with another issuer than the last time."""
    forms = planting.FORMS.values()
    paid = itertools.cycle(itertools.product([PLACES[at] for at in BESIDE], forms))
    others = [place for at, place in PLACES.items() if at not in BESIDE]
    odd = itertools.cycle(itertools.product([*others, *on_each_route()], forms))
    pairs = itertools.islice(zip(odd, paid, strict=True), payments)
    issuers = list(planting.ISSUERS)
    for at, (place, form) in enumerate(itertools.chain.from_iterable(pairs)):
        number = planting.number(issuers[(at + at // 24) % len(issuers)])
        yield number, place(form(number))


async def sent(
    url: str, many: Iterable[tuple[str, Request]]
) -> tuple[Counter[int], list[Any]]:
    """All of them, some at once; how often each status was answered, and by whom a
    number was said again."""
    waiting, statuses, said = iter(many), Counter[int](), []
    clients = ("till", "m-01", "ops")

    async def one(http: aiohttp.ClientSession) -> None:
        for number, (method, path, how) in waiting:
            client = clients[int(number[-2]) % len(clients)]
            if client == "ops" and method == "POST" and path == PAYMENTS:
                client = "till"
            headers = {
                "Authorization": f"Bearer {tokens.token(url, client)}",
                "Idempotency-Key": uuid4().hex,
                **how.pop("headers", {}),
            }
            how["headers"] = headers
            status, text = await _answered(http, method, url + path, how)
            statuses[status] += 1
            if number in text or status >= 500:
                said.append((method, path, status, text[:200]))

    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one(http))
    return statuses, said


async def _answered(
    http: aiohttp.ClientSession, method: str, url: str, how: dict[str, Any]
) -> tuple[int, str]:
    """Who is turned away because there are too many, or has waited in vain, asks again
    under the same key, as a till does."""
    for again in range(PATIENCE):
        async with http.request(method, url, **how) as answer:
            text = await answer.text(errors="replace")
        if answer.status not in AGAIN:
            break
        await asyncio.sleep(0.2 * (again + 1))
    return answer.status, text
