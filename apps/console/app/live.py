"""What goes on: the service map, the alerts, the stream of payments."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import Request
from nicegui import ui

from apps.story.life import spelt

from ..ports import Ports
from ..usecases import living
from . import frame
from .alarms import told
from .draw import netmap
from .markup import Markup, shown, tag
from .places import put
from .receipts import badge
from .tables import table

MAP_S, ALERTS_S, PAYMENTS_S = 5.0, 5.0, 2.0
SHOWN = 15
HEADS = ("At (UTC)", "Verdict", "Amount", "Card", "Merchant", "Reason", "Story")


def build(ports: Ports) -> None:
    """Hang the page on the app."""

    @ui.page("/live")
    async def live(request: Request) -> None:
        with frame.page(request, "Live", "Live"):
            Live(ports).draw()


class Live:
    """Three panels, each asked for itself: one that is silent leaves the others be."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def draw(self) -> None:
        shown(tag("h1", "Live"))
        with ui.element("div").classes("live"):
            with ui.element("section").classes("panel map"):
                shown(tag("h2", "Who calls whom ", tag("span", "in the last minute: the "
                          "quicker an edge pulses, the more it is used; red fails, dashed is "
                          "by message", class_="soft")))  # fmt: skip
                self._map = shown(tag("p", "Asking Prometheus…", class_="soft"), "body")
            with ui.element("div"):
                with ui.element("section").classes("panel").props('aria-live="polite"'):
                    self._alerts = shown(tag("h2", "Alerts"))
                with ui.element("section").classes("panel"):
                    self._streams = shown(tag("h2", "Streams"))
        with ui.element("section").classes("panel"):
            shown(tag("h2", "Payments, newest first"))
            self._payments = shown(tag("p", "Asking the gateway…", class_="soft"))
        frame.every(MAP_S, self._read_map)
        frame.every(ALERTS_S, self._read_alerts)
        frame.every(ALERTS_S, self._read_streams)
        frame.every(PAYMENTS_S, self._read_payments)

    async def _read_map(self) -> None:
        async def told() -> Markup:
            found = await living.edges(self._ports)
            return netmap.drawn(found) if found else tag(
                "p", "Nobody calls anybody: pay at the till.", class_="soft"
            )  # fmt: skip

        await put(self._map, "", told)

    async def _read_alerts(self) -> None:
        await put(self._alerts, "Alerts", partial(told, self._ports))

    async def _read_streams(self) -> None:
        async def told() -> Markup:
            return streams(await living.streams(self._ports))

        await put(self._streams, "Streams of NATS", told)

    async def _read_payments(self) -> None:
        async def told() -> Markup:
            return payments(await self._ports.gateway.latest(SHOWN))

        await put(self._payments, "", told)


def streams(found: Sequence[Mapping[str, Any]]) -> Markup:
    """What each holds, and what its slowest hearer has not heard yet."""
    heads = ("Stream", "Holds", "Waits", "In hand")
    rows = [
        (each["name"], f"{each.get('state', {}).get('messages', 0):,}",
         f"{_most(each, 'num_pending'):,}", f"{_most(each, 'num_ack_pending'):,}")
        for each in found
    ]  # fmt: skip
    return table(heads, rows, right=(1, 2, 3))


def _most(stream: Mapping[str, Any], name: str) -> int:
    hearers = stream.get("consumer_detail") or []
    return max((int(each.get(name, 0)) for each in hearers), default=0)


def payments(found: Sequence[Mapping[str, Any]]) -> Markup:
    """A row each, with the way to its story."""
    return table(HEADS, map(_cells, found))


def _cells(payment: Mapping[str, Any]) -> list[object]:
    id_, card = payment["payment_id"], payment["card"]
    return [
        payment["created_at"][11:23], badge(payment["status"]),
        tag("span", spelt(payment["amount"], payment["currency"]), class_="nowrap"),
        f"{card['brand']} •••• {card['last4']}",
        payment["merchant_id"], payment.get("response_code") or "",
        tag("a", id_, href=f"/story/{id_}", class_="id"),
    ]  # fmt: skip
