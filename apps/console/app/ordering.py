"""The till's form: what can be chosen, and what a preset orders."""

from apps.kit.values import Cents

from ..domain.orders import CARDS, Order, Preset
from .markup import Markup, tag

HABIT = {"": "The merchant's habit", "automatic": "At once", "manual": "When asked"}
ON_PRESET = """(e) => { const b = e.target.closest("[data-preset]"); if (b) emit(b.dataset.preset); }"""
ON_PAY = """(e) => {
  const b = e.target.closest("[data-pay]"); if (!b) return;
  const f = b.closest(".form"); const v = (n) => f.querySelector(`[name=${n}]`).value;
  emit({pos: v("pos"), card: v("card"), amount: v("amount"), capture: v("capture")});
}"""


def order_of(preset: Preset) -> Order:
    """What a preset orders."""
    return Order(
        preset.pos_id,
        CARDS[preset.card],
        Cents(preset.amount),
        capture=preset.capture,
        patience_ms=preset.patience_ms,
    )


def form(preset: Preset, terminals: dict[str, str], wrong: str) -> Markup:
    """Terminal, card, amount, and when the money moves."""
    cards = {name: card.shown for name, card in CARDS.items()}
    return tag(
        "div",
        _field("Terminal", _choice("pos", terminals, preset.pos_id)),
        _field("Card", _choice("card", cards, preset.card)),
        _field("Amount, EUR", tag("input", name="amount", inputmode="decimal",
                                  value=f"{preset.amount / 100:.2f}")),
        _field("Capture", _choice("capture", HABIT, preset.capture)),
        tag("p", wrong, class_="bad", role="alert") if wrong else None,
        tag("button", "Pay", type="button", class_="button main", data_pay="yes"),
        class_="form",
    )  # fmt: skip


def _field(title: str, inside: Markup) -> Markup:
    return tag("label", title, inside, class_="field")


def _choice(name: str, options: dict[str, str], chosen: str) -> Markup:
    made = [
        tag("option", said, value=key, selected="selected" if key == chosen else None)
        for key, said in options.items()
    ]
    return tag("select", *made, name=name)
