"""What the bank announces; it hears nothing."""

from collections.abc import Mapping
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from apps.kit.events import CloudEvent, event_id
from apps.kit.values import Cents

from .domain.authorisations import Authorisation, Reversal

REVERSED = "pay.v1.bank.hold.reversed"


class HoldReversed(BaseModel):
    """A request was reversed; `amount` is what that released, in minor units.

    A tombstone was reversed before it was asked for: it has neither an authorisation
    nor a currency, and releases 0.
    """

    model_config = ConfigDict(frozen=True)

    request_id: UUID
    authorisation_id: UUID | None
    tombstone: bool
    amount: int
    currency: str | None

    @classmethod
    def of(
        cls, authorisation: Authorisation, reversal: Reversal, released: Cents
    ) -> CloudEvent[Self]:
        """Put it in its envelope; a request is reversed once, by a reversal of its own."""
        request, unasked = authorisation.request, authorisation.is_tombstone
        data = cls(
            request_id=authorisation.request_id,
            authorisation_id=None if unasked else authorisation.authorisation_id,
            tombstone=unasked,
            amount=released,
            currency=request.currency if request else None,
        )
        return CloudEvent(
            id=event_id(reversal.reversal_id, 1),
            source="/bank",
            type=REVERSED,
            subject=str(authorisation.request_id),
            time=reversal.at,
            sequence=1,
            partitionkey=str(authorisation.request_id),
            data=data,
        )


ANNOUNCES: Mapping[str, type[BaseModel]] = {REVERSED: HoldReversed}
