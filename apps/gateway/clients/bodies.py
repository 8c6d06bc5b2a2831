"""The bodies of other services' answers, as far as they are read here."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Json, TypeAdapter, ValidationError

from ..domain.views import Event, Payment

_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(Json[dict[str, Any]])


class CardIn(BaseModel):
    token: UUID


class DecidedIn(BaseModel):
    source: str | None = None


class PaymentIn(BaseModel):
    payment_id: UUID
    merchant_id: str
    card: CardIn
    authorisation: DecidedIn | None = None

    @classmethod
    def payment_of(cls, body: bytes) -> Payment:
        """Raises ValidationError."""
        shown = _OBJECT.validate_python(body)
        read = cls.model_validate(shown)
        source = read.authorisation.source if read.authorisation else None
        return Payment(
            read.payment_id, read.merchant_id, read.card.token, source, shown
        )


class ProblemIn(BaseModel):
    detail: str = ""

    @classmethod
    def detail_of(cls, body: bytes) -> str:
        """What a problem says is to be done; whatever is none says nothing."""
        try:
            return cls.model_validate_json(body).detail
        except ValidationError:
            return ""


class EventsIn(BaseModel):
    events: Sequence[Event]


class PageIn(BaseModel):
    payments: Sequence[Mapping[str, Any]]
