"""The names that the gateway tells, declared: see `kit/declaring.py`."""

from apps.kit.declaring import Attribute, Event

from ..domain.clients import OAuthError
from ..domain.views import Part, Why

ATTRIBUTES = (
    Attribute(
        "upstream.service", str, "Whom a call is forwarded to.", "payments", most=8
    ),
    Attribute("part.name", str, "A part of a composed answer.", values=Part),
    Attribute(
        "part.outcome",
        str,
        "Told, unknown there, or why it is missing.",
        values=("told", "unknown", *(why.value for why in Why)),
    ),
    Attribute("view.name", str, "Which composed answer.", "payment"),
    Attribute("view.degraded", str, "The parts that it lacks, with commas.", "bank"),
    Attribute("view.why", str, "Why each is missing, in that order.", "timeout"),
    Attribute("fleet.asked", str, "What all replicas were asked for.", "breakers"),
    Attribute("fleet.degraded", str, "Those that did not, with commas.", "payments-2"),
    Attribute("fleet.why", str, "Why each did not, in that order.", "away"),
    Attribute("oauth.error", str, "Why there is no token.", values=OAuthError),
)

EVENTS = (
    Event(
        "call.forwarded",
        "A request has ended: a service answered it.",
        "http.request.method http.response.status_code request.duration"
        " upstream.service",
        "error.type http.route payment.id",
    ),
    Event("part.missing", "A part has no answer in time.", "part.name part.outcome"),
    Event(
        "view.degraded",
        "An answer went out without some of its parts.",
        "view.degraded view.name view.why",
    ),
    Event(
        "fleet.degraded",
        "Some replicas did not tell, or do, what all were asked for.",
        "fleet.asked fleet.degraded fleet.why",
    ),
    Event("token.issued", "A client has a new token.", "enduser.id", "merchant.id"),
    Event("token.denied", "There is no token for that.", "oauth.error"),
)
