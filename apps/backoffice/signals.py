"""Every fact that the back office tells."""

from apps.kit.signals import Counter, Facts, tell

from .domain import PaymentView

PROJECTED = Counter(
    "backoffice.payments.projected",
    unit="{event}",
    about="Events that reached the back office's view.",
    by=("payment.verdict",),
)


def projected(view: PaymentView) -> None:
    """Merchants can see the payment."""
    facts: Facts = {
        "payment.id": view.payment_id,
        "payment.verdict": view.status,
        "merchant.id": view.merchant_id,
    }
    tell("payment.projected", facts, count=PROJECTED)
