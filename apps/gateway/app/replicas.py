"""The bodies of answers about replicas and their breakers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Literal, Self

from pydantic import BaseModel

from apps.kit.ops import BreakerOut

from ..domain.fleet import Gathered, Standing
from ..domain.views import Why
from . import examples
from .examples import shown_as


class ReplicaOut(BaseModel):
    """A replica as the gateway sees it; `failures` are of its connections, in a row."""

    model_config = shown_as(examples.REPLICA)

    service: str
    replica: str
    url: str
    state: Literal["in", "ejected"]
    in_flight: int
    failures: int

    @classmethod
    def of(cls, standing: Standing) -> Self:
        seen = asdict(standing)
        is_out = seen.pop("is_out")
        return cls(state="ejected" if is_out else "in", **seen)


class LabelledOut(BreakerOut):
    """How a breaker stands, and in which replica."""

    service: str
    replica: str


class BreakersOut(BaseModel):
    """Breakers, replica by replica; `degraded` names the replicas that are not there."""

    model_config = shown_as(examples.BREAKERS)

    breakers: Sequence[LabelledOut]
    degraded: Sequence[str]
    why: Mapping[str, Why]
    """Why each of them is not."""

    @property
    def status(self) -> int:
        """What was done in all, or in some (RFC 4918, 11.1)."""
        return 207 if self.degraded else 200

    @classmethod
    def of(cls, gathered: Gathered) -> Self:
        told = [
            LabelledOut(
                service=each.of.service,
                replica=each.of.replica,
                **asdict(each.breaker),
            )
            for each in gathered.told
        ]
        return cls(breakers=told, degraded=list(gathered.why), why=gathered.why)
