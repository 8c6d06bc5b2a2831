"""The full scenario runs: all that is declared arrives, and nothing else does."""

import time

import pytest

from contract.__main__ import heard, patient
from contract.judging import judged
from contract.scenario import Scenario
from tests.stack.running import up

INSTANCE = "signals"


@pytest.mark.timeout(600)
def test_what_arrives_is_what_is_declared():
    """On a stack of its own, with the proxy that makes faults, and the probe."""
    with up(INSTANCE, "--faults", "--probe") as stack:
        since = time.time()
        Scenario(INSTANCE, stack.ports).play()

        with patient(stack.ports) as backends:
            found = judged(heard(backends, since - 60, time.time()))

    assert found == []
