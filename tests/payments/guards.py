"""Guards as payments has them, on a clock of the test's own where it wants one."""

import time
from collections.abc import Callable
from dataclasses import replace

from apps.kit.circuit import Policy
from apps.kit.retries import Patience
from apps.payments.clients import Guard, bank_guard, fraud_guard


def guard_of_bank(
    *,
    places: int = 40,
    policy: Policy | None = None,
    attempt_s: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    **patience,
) -> Guard:
    """No wait between attempts, unless it is asked for."""
    meant = replace(Patience(base_s=0.0, least_s=0.05), **patience)
    return bank_guard(policy or Policy(), places, meant, attempt_s, clock)


def guard_of_fraud() -> Guard:
    return fraud_guard(Policy(within_s=10.0), 40, 0.15)
