"""Where the auditor looks: the same variables and defaults as the services."""

from pydantic_settings import BaseSettings, SettingsConfigDict

from apps.kit.settings import DatabaseAddress


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    payments_database_url: DatabaseAddress = (
        "postgresql://payments:payments@127.0.0.1:5432/payments"
    )
    bank_database_url: DatabaseAddress = "postgresql://bank:bank@127.0.0.1:5432/bank"
    fraud_database_url: DatabaseAddress = (
        "postgresql://fraud:fraud@127.0.0.1:5432/fraud"
    )
    backoffice_database_url: DatabaseAddress = (
        "postgresql://backoffice:backoffice@127.0.0.1:5432/backoffice"
    )
    notifications_database_url: DatabaseAddress = (
        "postgresql://notifications:notifications@127.0.0.1:5432/notifications"
    )
    payments_nats_url: str = "nats://127.0.0.1:4222"

    verify_grace_s: float = 10.0
    """What is younger, in seconds, may still be on its way between services."""

    payments_settle_every_s: float = 60.0

    verify_orphan_s: float = 60.0
    """How long, in seconds, the bank may hold money that no payment wants."""
