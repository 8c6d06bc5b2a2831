"""A gateway that keeps the rules in memory, for a load that is to find nothing wrong.

python -m tests.loadtests.gateway [FAULT]: prints its port; FAULT makes it answer wrongly.
"""

import asyncio
import base64
import json
import re
import sys
from datetime import UTC, datetime
from itertools import count

from aiohttp import web

from loadtests.cards import BLOCKED, FOREIGN, luhn
from loadtests.judging import CEILING, FLOOR, LEAST

KEY = "Idempotency-Key"
MERCHANT_OF = {"POS-01": "M-01", "POS-02": "M-01", "POS-03": "M-02", "POS-04": "M-02"}
RED_AFTER = 42


class Problem(Exception):
    def __init__(self, status, code, detail=""):
        self.status, self.code, self.detail = status, code, detail


class Books:
    def __init__(self, fault=""):
        self.fault = fault
        self.payments, self.keys, self.refused, self.held = {}, {}, {}, {}
        self.references, self.ids = set(), count(1)

    def pay(self, order, trace_id):
        reference = order.get("merchant_reference")
        if reference and reference in self.references:
            raise Problem(409, "duplicate-reference")
        self.references.add(reference)
        number, manual = order["card"]["number"], order.get("capture") == "manual"
        status, code, source = self.decide(order, number)
        if self.fault == "declines" and source == "floor_limit":
            status, code = "declined", "AUTHORIZATION_DENIED"
        payment = {
            "payment_id": f"019c0000-0000-7000-8000-{next(self.ids):012d}",
            "merchant_id": MERCHANT_OF[order["pos_id"]],
            "pos_id": order["pos_id"],
            "card": {"last4": number[-4:]},
            "amount": order["amount"],
            "currency": order["currency"],
            "status": status,
            "response_code": code,
            "network_code": "00",
            "processing_mode": "STANDARD",
            "merchant_reference": reference,
            "authorisation": {"source": source},
            "captured": 0,
            "refunded": 0,
            "created_at": datetime.now(UTC).isoformat(),
            "trace_id": trace_id,
        }
        if manual and status == "authorised":
            self.held.setdefault(number, []).append(payment)
        self.payments[payment["payment_id"]] = payment
        return shown(payment)

    def decide(self, order, number):
        """Status, reason, and who decided."""
        if refusal := refused_at_once(order, number):
            return "declined", refusal, "terminal"
        if self.refused.get(number, 0) >= RED_AFTER:
            for payment in self.held.pop(number, []):
                payment["status"] = "voided"
            return "declined", "FRAUD_SUSPECTED", "fraud"
        if order["amount"] <= CEILING:
            by = "floor_limit" if order["amount"] <= FLOOR else "bank"
            return "authorised", "ACCEPTED", by
        self.refused[number] = self.refused.get(number, 0) + 1
        return "declined", "AUTHORIZATION_DENIED", "bank"

    def move(self, payment, kind, amount):
        left = {"capture": payment["amount"], "void": payment["amount"]}
        left["refund"] = payment["captured"] - payment["refunded"]
        wanted = {"refund": {"captured", "partially_refunded"}}
        if payment["status"] not in wanted.get(kind, {"authorised"}):
            raise Problem(409, "invalid-state")
        amount = left[kind] if amount is None else amount
        if amount > left[kind]:
            raise Problem(422, "amount-exceeds-authorised")
        if kind == "refund":
            payment["refunded"] += amount
            rest = payment["captured"] > payment["refunded"]
            payment["status"] = "partially_refunded" if rest else "refunded"
        else:
            payment["status"] = "captured" if kind == "capture" else "voided"
            payment["captured"] = amount if kind == "capture" else 0
        return {"kind": kind, "amount": amount, "payment": shown(payment)}

    def find(self, request):
        found = self.payments.get(request.match_info["id"])
        if not re.fullmatch(r"[0-9a-f-]{36}", request.match_info["id"]):
            raise Problem(400, "validation-failed")
        if found is None or (is_merchant(request) and found["merchant_id"] != "M-01"):
            raise Problem(404, "not-found")
        return found


def refused_at_once(order, number):
    """By a terminal, or by what stands on the card."""
    if order["pos_id"] == "POS-03":
        return "INACTIVE_POS"
    if int(order["card"]["expiry"][-2:]) < datetime.now(UTC).year % 100:
        return "EXPIRED_CARD"
    words = {FOREIGN: "UNKNOWN_CARD_TYPE", BLOCKED: "BLACK_LISTED_CARD_NUMBER"}
    return words.get(number)


def shown(payment):
    links = ["self", "events"]
    links += ["capture", "void"] if payment["status"] == "authorised" else []
    links += ["refund"] if payment["captured"] > payment["refunded"] else []
    return {**payment, "_links": {name: {} for name in links}}


def is_merchant(request):
    return request.headers["Authorization"].endswith("m-01")


def checked(text):
    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise Problem(400, "malformed-json")
        return dict(pairs)

    try:
        body = json.loads(text, object_pairs_hook=once)
    except ValueError:
        raise Problem(400, "malformed-json") from None
    return body


def validated(order, fault):
    fields = {"pos_id", "card", "amount", "currency", "capture", "merchant_reference"}
    if not isinstance(order, dict) or set(order) - fields:
        raise Problem(422, "validation-failed")
    card, amount = order["card"], order["amount"]
    good = luhn(card["number"]) and re.fullmatch(r"(0\d|1[0-2])/\d\d", card["expiry"])
    good = good and isinstance(amount, int) and amount >= LEAST
    if not good or order["currency"] != "EUR" or order["pos_id"] not in MERCHANT_OF:
        detail = card["number"] if fault == "echoes" else ""
        raise Problem(422, "validation-failed", detail)


@web.middleware
async def faced(request, handler):
    """Problems as they are sent, and who may ask at all."""
    try:
        asks_in = request.path in {"/oauth/token", "/livez"}
        bearer = request.headers.get("Authorization", "")
        if not asks_in and not bearer.startswith("Bearer token-"):
            raise Problem(401, "unauthenticated")
        return await handler(request)
    except Problem as problem:
        body = {"status": problem.status, "code": problem.code}
        told = body | {"detail": problem.detail}
        kind = "application/problem+json"
        return web.json_response(told, status=problem.status, content_type=kind)
    except web.HTTPMethodNotAllowed:
        told = {"status": 405, "code": "method-not-allowed"}
        return web.json_response(told, status=405)


async def once(request, books, act):
    """Answered, and kept under its key with what was asked."""
    if request.content_type != "application/json":
        raise Problem(415, "unsupported-media-type")
    if not request.headers.get("Request-Timeout-Ms", "1").isdecimal():
        raise Problem(400, "validation-failed")
    text = await request.text()
    if len(text) > 65_536:
        raise Problem(413, "payload-too-large")
    key = key_of(request)
    body = checked(text)
    if key in books.keys:
        before, sent = books.keys[key]
        if before != text:
            raise Problem(422, "idempotency-key-reused")
        again = {"Idempotent-Replayed": "true"}
        return web.Response(body=sent, status=201, headers=again)
    sent = json.dumps(act(body)).encode()
    books.keys[key] = text, sent
    return web.Response(body=sent, status=201, content_type="application/json")


def key_of(request):
    if not (key := request.headers.get(KEY)):
        raise Problem(400, "idempotency-key-missing")
    if len(key) < 16:
        raise Problem(400, "idempotency-key-malformed")
    return key


class Face:
    """The routes, each as short as it can be."""

    def __init__(self, books):
        self.books = books

    def routes(self):
        here, payment = "/api/v1/payments", "/api/v1/payments/{id}"
        mine = "/api/v1/merchants/me"
        return [
            web.get("/livez", self.livez),
            web.post("/oauth/token", self.token),
            web.post(here, self.pay),
            web.get(here, self.list),
            web.post(payment + "/{kind:captures|voids|refunds}", self.move),
            web.get(payment, self.show),
            web.get(payment + "/events", self.events),
            web.get(payment + "/view", self.view),
            web.get(mine + "/dashboard", self.dashboard),
            web.get(mine + "/balance", self.balance),
        ]

    async def livez(self, _):
        return web.json_response({})

    async def token(self, request):
        who = base64.b64decode(request.headers["Authorization"][6:]).decode()
        name = who.partition(":")[0]
        return web.json_response({"access_token": f"token-{name}", "expires_in": 300})

    async def pay(self, request):
        def act(order):
            validated(order, self.books.fault)
            return self.books.pay(order, request.headers["traceparent"].split("-")[1])

        return await once(request, self.books, act)

    async def move(self, request):
        kind = request.match_info["kind"][:-1]
        payment = self.books.find(request)

        def act(body):
            return self.books.move(payment, kind, body.get("amount"))

        return await once(request, self.books, act)

    async def list(self, request):
        limit = int(request.query.get("limit", 20))
        if limit > 100:
            raise Problem(400, "validation-failed")
        after = request.query.get("cursor", "g")
        mine = [
            shown(payment)
            for id, payment in reversed(self.books.payments.items())
            if id < after
            and not (is_merchant(request) and payment["merchant_id"] != "M-01")
        ][:limit]
        following = mine[-1]["payment_id"] if len(mine) == limit else None
        return web.json_response({"payments": mine, "next": following})

    async def show(self, request):
        return web.json_response(shown(self.books.find(request)))

    async def events(self, request):
        if is_merchant(request):
            raise Problem(403, "forbidden")
        data = {"amount": self.books.find(request)["amount"]}
        events = [{"seq": 1, "type": "PaymentReceived", "data": data}]
        return web.json_response({"events": events})

    async def view(self, request):
        payment = shown(self.books.find(request))
        del payment["_links"]["events"]  # a merchant is no auditor
        by_bank = payment["authorisation"]["source"] == "bank"
        approved = payment["response_code"] == "ACCEPTED"
        whole = {
            "payment": payment,
            "bank": {"approved": approved} if by_bank else None,
            "fraud": {"status": "GREEN", "count": None},
            "events": None,
            "degraded": [],
            "why": {},
        }
        return web.json_response(whole)

    async def dashboard(self, _):
        mine = [
            each
            for each in self.books.payments.values()
            if each["merchant_id"] == "M-01"
        ]
        figures = {"days": [], "totals": []}
        whole = {"figures": figures, "money": {}, "latest": mine[-5:]}
        rest = {"merchant_id": "M-01", "degraded": [], "why": {}}
        return web.json_response(whole | rest)

    async def balance(self, _):
        purse = dict.fromkeys(("payable", "captured", "refunded", "fees", "settled"), 0)
        return web.json_response({"merchant_id": "M-01", "balances": [purse]})


async def serve(fault):
    app = web.Application(middlewares=[faced])
    app.add_routes(Face(Books(fault)).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else ""))
