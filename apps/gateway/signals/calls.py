"""What is told of the calls that pass."""

from apps.kit.endings import ends
from apps.kit.signals import Counter, Facts

from ..domain.calls import Answer, Call

FORWARDED = Counter(
    "gateway.calls",
    unit="{call}",
    about="Calls forwarded, by the status of their answer.",
    by=("upstream.service", "http.response.status_code"),
)


def forwarded(service: str, call: Call, answer: Answer) -> None:
    """A service answered the call."""
    place = answer.headers.get("location", "")
    facts: Facts = {
        "upstream.service": service,
        "http.request.method": call.method,
        "http.response.status_code": answer.status,
        "payment.id": place.rpartition("/")[2] or None,
    }
    ends("call.forwarded", facts, count=FORWARDED)
