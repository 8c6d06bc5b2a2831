"""Every knob of the bank."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import DatabaseAddress, NatsAddress, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="BANK_", frozen=True)

    port: int = 8002

    database_url: DatabaseAddress = "postgresql://bank:bank@127.0.0.1:5432/bank"

    nats_url: NatsAddress = "nats://127.0.0.1:4222"

    limit: Annotated[int, Field(ge=0)] = 40_000
    """Largest amount that is authorised, in minor units."""

    opening_balance: Annotated[int, Field(ge=0, le=10**15)] = 100_000_000_000
    """What a card's account holds when it is first used, in minor units: a thousand
    million, so that weeks of load on a handful of cards empty none."""

    hold_s: Annotated[float, Field(gt=0, le=366 * 86_400)] = 7 * 86_400.0
    """How long an amount is held for a capture; seven days is what card schemes grant."""

    expiry_every_s: Annotated[float, Field(gt=0)] = 60.0
    """How often overdue holds are let go; one lasts at most so much too long, and none
    that is overdue can be captured in the meantime."""
