"""Every knob of the console."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import HttpAddress, ServiceSettings

ROOT = Path(__file__).parents[2]
BOARDS = "grafana/provisioning/dashboards/json"


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="CONSOLE_", frozen=True)

    port: int = 8080

    names: str = "127.0.0.1,localhost,::1"
    """What it is called in a browser, between commas; by another name nobody gets in, nor
    does a page that was not ours."""

    gateway_url: HttpAddress = "http://127.0.0.1:8000"
    """Where clients come in: the till goes the same way."""

    client_id: str = "console"

    client_secret: SecretStr = SecretStr("payscope-demo-console")
    """What the till proves itself by to the issuer; the demonstration's. No browser has it."""

    loki_url: HttpAddress = "http://127.0.0.1:3100"
    tempo_url: HttpAddress = "http://127.0.0.1:3200"
    prometheus_url: HttpAddress = "http://127.0.0.1:9090"
    alertmanager_url: HttpAddress = "http://127.0.0.1:9093"
    nats_url: HttpAddress = "http://127.0.0.1:8222"
    """NATS's monitoring, over HTTP."""

    locust_url: HttpAddress = "http://127.0.0.1:8089"
    """Locust's page, if it has one: load is started and stopped there."""

    grafana_url: HttpAddress = "http://127.0.0.1:3000"
    """Asked whether it is there; then links lead to it."""

    grafana_shown_url: HttpAddress | None = None
    """Where a browser finds it, if not there."""

    boards: Path = ROOT / BOARDS
    """The folder of the boards that are drawn: those that Grafana is provisioned with."""

    runbooks: Path = ROOT / "docs/runbooks"
    """What to do about each alert; without them their names alone are shown."""

    patience_s: float = Field(4.0, gt=0)
    """Past this a server is said to be silent, in seconds."""
