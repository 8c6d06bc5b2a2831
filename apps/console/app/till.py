"""The till: pick terminal, card and amount, or press what reaches a rule; the answer stands beside it."""

from fastapi import Request
from nicegui import ui

from ..domain.orders import CARDS, PRESETS, Move, Order, cents
from ..domain.silence import Silent
from ..ports import Ports
from ..usecases import paying
from . import frame, receipts
from .markup import Markup, shown, tag
from .ordering import ON_PAY, ON_PRESET, form, order_of


def build(ports: Ports) -> None:
    """Hang the page on the app."""

    @ui.page("/")
    async def till(request: Request) -> None:
        with frame.page(request, "Till", "Till"):
            Till(ports).draw()


class Till:
    """What one visitor has chosen, and the answers that he got."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._preset = PRESETS[1]
        self._terminals: dict[str, str] = {"POS-01": "POS-01"}
        self._is_busy = False
        self._receipts: list[receipts.Receipt] = []

    def draw(self) -> None:
        shown(tag("h1", "Till"))
        with ui.element("div").classes("two"):
            with ui.element("section").classes("panel"):
                self._draw_form()
            with (
                ui.element("section")
                .classes("panel answers")
                .props('aria-live="polite"')
            ):
                self._answers = shown(receipts.nothing())
                self._answers.on("click", self._moved, js_handler=receipts.ON_CLICK)
        frame.soon(self._open)

    def _draw_form(self) -> None:
        shown(tag("h2", "Press what reaches a rule"))
        self._presets = shown(self._buttons(), "presets-box")
        self._presets.on("click", self._press, js_handler=ON_PRESET)
        shown(tag("h2", "Or say yourself"))
        self._form = shown(Markup(""))
        self._form.on("click", self._pay, js_handler=ON_PAY)
        self._say()

    async def _open(self) -> None:
        """The terminals come from the gateway; without it the page says so."""
        try:
            found = await self._ports.gateway.terminals()
        except Silent as silence:
            self._answers.set_content(receipts.silent(silence) + receipts.nothing())
            return
        self._terminals = {
            each["pos_id"]: f"{each['pos_id']} {each['merchant']}, {each['location']}"
            + ("" if each["active"] else " (closed)")
            for each in found
            if each["merchant_id"] != "M-00"
        }
        self._say()

    async def _press(self, event: object) -> None:
        """A preset is chosen and paid at once."""
        chosen = next((p for p in PRESETS if p.name == event.args), None)  # type: ignore[attr-defined]
        if chosen is None or self._is_busy:
            return
        self._preset = chosen
        self._presets.set_content(self._buttons())
        self._say()
        await self._order(order_of(chosen), chosen.refusals)

    async def _pay(self, event: object) -> None:
        """What the form says is paid; the card is known here by its name alone."""
        said = event.args  # type: ignore[attr-defined]
        amount, card = (
            cents(str(said.get("amount", ""))),
            CARDS.get(said.get("card", "")),
        )
        if amount is None or card is None or self._is_busy:
            self._say("An amount is written like 12.34.")
            return
        order = Order(
            str(said.get("pos", ""))[:32],
            card,
            amount,
            capture=said.get("capture") or "",
        )
        self._say()
        await self._order(order)

    async def _order(self, order: Order, refusals: int = 0) -> None:
        self._is_busy = True
        try:
            if refusals:
                await paying.provoke(refusals, self._ports, self._count(refusals))
            answer = await paying.pay(order, self._ports)
            self._receipts.insert(0, receipts.Receipt(order, answer))
            self._show()
        except Silent as silence:
            self._show(receipts.silent(silence))
        finally:
            self._is_busy = False

    def _count(self, times: int) -> receipts.Step:
        def step(number: int) -> None:
            said = f"{number} of {times} orders refused, to make fraud suspicious…"
            self._show(tag("p", said, class_="soft"))

        return step

    async def _moved(self, event: object) -> None:
        """Capture, void or refund what stands on a receipt."""
        what, id_ = event.args  # type: ignore[attr-defined]
        receipt = next((r for r in self._receipts if r.id == id_), None)
        if receipt is None or what not in {*Move} or self._is_busy:
            return
        self._is_busy = True
        try:
            answer = await paying.move(id_, Move(what), None, self._ports)
            now = await self._ports.gateway.payment(id_)
            receipt.after(Move(what), answer, now)
            self._show()
        except Silent as silence:
            self._show(receipts.silent(silence))
        finally:
            self._is_busy = False

    def _show(self, first: Markup | None = None) -> None:
        told = [receipt.shown() for receipt in self._receipts[:20]]
        content = Markup("").join(told) or receipts.nothing()
        self._answers.set_content((first or Markup("")) + content)

    def _say(self, wrong: str = "") -> None:
        self._form.set_content(form(self._preset, self._terminals, wrong))

    def _buttons(self) -> Markup:
        """One button for each preset."""
        buttons = [
            tag("button", tag("b", each.name), tag("small", f"{each.rule} · {each.about}"),
                type="button", data_preset=each.name,
                class_="preset chosen" if each is self._preset else "preset")
            for each in PRESETS
        ]  # fmt: skip
        return tag("div", *buttons, class_="presets")
