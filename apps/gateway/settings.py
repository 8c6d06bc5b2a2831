"""Every knob of the gateway."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import HttpAddresses, NatsAddress, ServiceSettings


def _proxies(written: str) -> str:
    """Networks or addresses; raises ValueError, which names no part of them."""
    try:
        for each in filter(None, written.split(",")):
            ip_network(each.strip())
    except ValueError:
        raise ValueError("has a part that is no network") from None
    return written


Limit = Annotated[str, Field(pattern=r"^[1-9]\d{0,6}/[1-9]\d{0,4}$")]
Proxies = Annotated[str, AfterValidator(_proxies)]


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    port: int = 8000

    payments_urls: HttpAddresses = "http://127.0.0.1:8001"
    """Where each service behind is, one URL for each replica, with commas between."""
    bank_urls: HttpAddresses = "http://127.0.0.1:8002"
    fraud_urls: HttpAddresses = "http://127.0.0.1:8003"
    backoffice_urls: HttpAddresses = "http://127.0.0.1:8004"
    notifications_urls: HttpAddresses = "http://127.0.0.1:8005"

    nats_url: NatsAddress = "nats://127.0.0.1:4222"
    """Where replicas announce themselves; while it is away, those last known are asked."""

    total_s: float = Field(3.0, gt=0.2, le=30)
    """Longest that a request may take, in seconds, whatever its Request-Timeout-Ms says."""

    upstream_timeout_s: float = Field(2.8, gt=0)
    """Past this a service counts as silent and the caller gets a 504, in seconds."""

    part_budget_s: float = Field(0.3, gt=0, le=2)
    """Past this a composed answer goes without a part, in seconds."""

    part_places: int = Field(32, ge=1)
    """So many requests at once may wait for one part: a hundred a second, if all hang."""

    operating_timeout_s: float = Field(1.0, gt=0)
    """So long each replica has to do what an operator wishes, in seconds."""

    routes_file: Path = Path(__file__).with_name("routes.toml")
    """The ways in: methods, paths, services, scopes."""

    client_limit: Limit = "100/2"
    """Requests in any so many seconds, for each merchant: 50 a second, 100 at once."""

    house_limit: Limit = "4000/2"
    """The same for a client that acts for every merchant: a till of all shops."""

    address_limit: Limit = "4000/2"
    """The same for each address, whoever asks from there."""

    stranger_limit: Limit = "40/2"
    """The same for requests without a good token, for each address."""

    issuing_limit: Limit = "100/10"
    """The same for asking for tokens, for each address: checking a secret costs time."""

    trusted_proxies: Proxies = ""
    """Networks whose X-Forwarded-For is believed, with commas between; none by default."""

    in_flight: int = Field(64, ge=1)
    """So many requests at once are let in as long as nothing is slow."""

    least_in_flight: int = Field(12, ge=1)
    """So many are always let in: what keeps two cores busy, with room for some who wait
    for a bank that hangs."""

    most_in_flight: int = Field(512, ge=1)
    """Never more at once: each holds memory, and waits behind all the others."""

    calm_s: float = Field(0.4, gt=0)
    """While even the quickest fifth of the answers takes longer than this, in seconds,
    less is let in."""

    signing_key_file: Path = Path(".data/secrets/signing-key")
    """Private key (PEM, RSA) that signs tokens; made at first start. Files beside it
    called the same, with an ending more, are keys that signed before."""

    clients_file: Path = Path(__file__).with_name("demo-clients.json")
    """Who may have tokens: ids, SHA-256 of secrets, scopes, merchants."""

    token_life_s: int = Field(3600, ge=60, le=86_400)
    """How long a token is good; nobody can take one back before."""
