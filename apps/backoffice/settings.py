"""Every knob of backoffice."""

from pathlib import Path

from pydantic import PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import (
    DatabaseAddress,
    HttpAddress,
    NatsAddress,
    ServiceSettings,
)


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="BACKOFFICE_", frozen=True)

    port: int = 8004

    database_url: DatabaseAddress = (
        "postgresql://backoffice:backoffice@127.0.0.1:5432/backoffice"
    )

    nats_url: NatsAddress = "nats://127.0.0.1:4222"

    alerts_key_file: Path = Path(".data/secrets/alerts-key")
    """Key by which Alertmanager is known, made at first start; it reads the same file."""

    nats_monitor_url: HttpAddress = "http://127.0.0.1:8222"
    """Where NATS says how it is: its streams, consumers, connections, memory."""

    rebuild_batch: PositiveInt = 500
    """Events that a rebuild projects in one transaction; a crash costs a new start
    anyway, so this only weighs memory and locks against round trips."""

    rebuild_poll_s: PositiveFloat = 1.0
    """Seconds until a rebuild that was asked for begins."""

    watch_s: PositiveFloat = 1.0
    """Seconds between two looks at what waits in the stream: how old a lag may be."""
