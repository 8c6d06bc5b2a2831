"""Every fact that the bank tells."""

from apps.kit.signals import Counter, Facts, tell

from .domain import Authorisation, Verdict

AUTHORISATIONS = Counter(
    "bank.authorisations",
    unit="{authorisation}",
    about="Authorisations answered.",
    by=("bank.verdict", "bank.network_code"),
)

_EVENTS = {Verdict.APPROVED: "bank.authorised", Verdict.REFUSED: "bank.refused"}


def answered(authorisation: Authorisation) -> None:
    """The bank gave its word."""
    facts: Facts = {
        "bank.verdict": authorisation.verdict,
        "bank.network_code": authorisation.network_code,
        "payment.id": authorisation.request.request_id,
        "payment.amount": authorisation.request.amount,
        "merchant.id": authorisation.request.merchant_id,
    }
    tell(_EVENTS[authorisation.verdict], facts, count=AUTHORISATIONS)
