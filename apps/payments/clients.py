"""The services that payments calls."""

from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from .domain.cards import Card
from .domain.rules import BankAnswer, Order, Terminal
from .ports import BankSilent


class Authorisation(BaseModel):
    """The part of the bank's answer that we read."""

    authorisation_id: UUID
    approved: bool
    network_code: str


class HttpBank:
    """The bank over HTTP; it never learns a card number, only its token."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def authorise(
        self, request_id: UUID, order: Order, terminal: Terminal, card: Card
    ) -> BankAnswer:
        """Ask for the amount. Raises BankSilent for anything but a yes or a no."""
        asked = {
            "request_id": str(request_id),
            "merchant_id": terminal.merchant_id,
            "card_token": str(card.token),
            "amount": order.amount,
            "currency": order.currency,
        }
        try:
            answer = await self._http.post("/authorisations", json=asked)
            answer.raise_for_status()
            said = Authorisation.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as silence:
            raise BankSilent(type(silence).__name__) from silence
        return BankAnswer(said.authorisation_id, said.approved, said.network_code)
