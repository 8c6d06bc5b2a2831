"""The till's answers: what was said, why, under which TraceID, and what can be done next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.story.life import spelt
from apps.story.sentences import why

from ..domain.orders import Answer, Move, Order
from ..domain.silence import Silent
from .markup import Markup, tag

Step = Callable[[int], None]

HUES = {"authorised": "good", "captured": "good", "settled": "good", "declined": "bad"}
DONE = {Move.CAPTURE: "captured", Move.VOID: "voided", Move.REFUND: "refunded"}
ON_CLICK = """(e) => {
  const b = e.target.closest("[data-move]"); if (b) emit([b.dataset.move, b.dataset.id]);
}"""


@dataclass
class Receipt:
    """One order, its answer, and what was done since."""

    order: Order
    answer: Answer
    payment: Mapping[str, Any] = field(init=False)
    since: list[Markup] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.payment = self.answer.body if self.answer.is_payment else {}

    @property
    def id(self) -> str:
        return str(self.payment.get("payment_id", ""))

    def after(self, what: Move, answer: Answer, now: Mapping[str, Any] | None) -> None:
        """Something was done with it."""
        self.payment = now or self.payment
        is_done = answer.status < 400
        said = DONE[what] if is_done else f"{what} refused: {answer.problem}"
        self.since.append(
            tag("p", tag("span", f"{said} ", class_="good" if is_done else "bad"),
                f"({answer.took_s * 1000:.0f} ms) ", trace(answer.trace))
        )  # fmt: skip

    def shown(self) -> Markup:
        """All of it."""
        told = self._paid() if self.payment else self._problem()
        return tag("article", told, *self.since, class_="receipt")

    def _paid(self) -> Markup:
        payment, card = self.payment, self.order.card
        status = str(payment["status"])
        codes = (payment.get(name) for name in CODES)
        return Markup("").join([
            tag("p", badge(status), " ",
                tag("b", spelt(payment["amount"], payment["currency"])),
                f" · {card.shown} · {self.order.pos_id} · {self.answer.took_s * 1000:.0f} ms"),
            tag("p", f"{why(payment)}." if payment.get("response_code") else
                "Nobody could say in time: it is decided without you."),
            tag("p", " · ".join(str(code) for code in codes if code), class_="soft"),
            tag("p", trace(self.answer.trace)),
            tag("p", tag("a", "Read its story", href=f"/story/{self.id}", class_="button small main"),
                " ", *self._moves(), class_="row"),
        ])  # fmt: skip

    def _problem(self) -> Markup:
        at = (
            f"{spelt(self.order.amount, self.order.currency)} · {self.order.card.shown}"
        )
        read = tag(
            "a", "Read its story", href=f"/story/{self.answer.trace}",
            class_="button small main",
        )  # fmt: skip
        return Markup("").join([
            tag("p", badge(f"{self.answer.status}", "bad"), " ", tag("b", at),
                f" · {self.answer.took_s * 1000:.0f} ms"),
            tag("p", self.answer.problem),
            tag("p", trace(self.answer.trace)),
            tag("p", read) if self.answer.trace else None or Markup(""),
        ])  # fmt: skip

    def _moves(self) -> list[Markup]:
        """What its links allow."""
        links = self.payment.get("_links") or {}
        return [
            tag("button", what.value.capitalize(), type="button", class_="button small",
                data_move=what.value, data_id=self.id)
            for what in (Move.CAPTURE, Move.VOID, Move.REFUND)
            if what.value in links
        ]  # fmt: skip


CODES = ("response_code", "network_code", "processing_mode")


def badge(status: str, hue: str = "") -> Markup:
    """A word in its colour."""
    said = status.replace("_", " ")
    return tag("span", said, class_=f"badge {hue or HUES.get(status, 'warn')}")


def trace(id_: str) -> Markup:
    """A TraceID, to be copied or followed."""
    if not id_:
        return Markup("")
    return tag(
        "span",
        tag("span", "TraceID ", class_="soft"),
        tag("a", id_, href=f"/story/{id_}", class_="id"),
        " ",
        tag("button", "Copy", type="button", class_="button small", data_copy=id_),
    )


def silent(silence: Silent) -> Markup:
    return tag("p", str(silence), class_="silent", role="status")


def nothing() -> Markup:
    return tag("p", "Nothing paid here yet: press one of the buttons.", class_="soft")
