"""What the bank can be asked to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.kit.signals import span
from apps.kit.values import Cents

from . import signals
from .domain import Authorisation, Request, judge


class Store(Protocol):
    async def keep(self, authorisation: Authorisation) -> Authorisation: ...


@dataclass(frozen=True)
class Ports:
    store: Store
    limit: Cents
    new_id: Callable[[], UUID]


@span("bank.authorise")
async def authorise(request: Request, ports: Ports) -> Authorisation:
    """Answer a request; asked again under the same id, give the same answer."""
    verdict = judge(request, ports.limit)
    kept = await ports.store.keep(Authorisation(ports.new_id(), request, verdict))
    signals.answered(kept)
    return kept
