"""Every knob of notifications."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, PositiveFloat, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from apps.kit.settings import DatabaseAddress, NatsAddress, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True)

    port: int = 8005

    database_url: DatabaseAddress = (
        "postgresql://notifications:notifications@127.0.0.1:5432/notifications"
    )

    nats_url: NatsAddress = "nats://127.0.0.1:4222"

    webhook_url: HttpUrl = HttpUrl("http://127.0.0.1:8005/demo/webhooks")
    """Where the demo's merchants want to be told: at our own demo receiver."""

    webhook_key_file: Path = Path(".data/secrets/webhook-key")
    """Key from which each merchant's secret follows; made at first start."""

    webhook_timeout_s: float = Field(5.0, gt=0, le=6)
    """A merchant that takes longer has failed. A job comes again after 10 seconds,
    and nobody should be at it any more then."""

    webhook_delays_s: Annotated[tuple[PositiveFloat, ...], NoDecode] = (
        5,
        30,
        120,
        600,
        3600,
    )
    """Seconds to wait after each failed attempt, separated by commas; the first attempt
    is made at once. One failure more, and the notification is dead."""

    webhook_lost_after_s: PositiveFloat = 600
    """A job that no worker took in so long is made again: its stream was lost, or it is
    a dead letter. Longer than a queue at busy times, for what is made twice waits in
    it twice; shorter than a merchant minds."""

    @field_validator("webhook_delays_s", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return given.split(",") if isinstance(given, str) else given
