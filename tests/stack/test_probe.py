"""The probe pays like a client, is seen to, and no customer's figure contains it."""

import pytest

from native.backends import until
from native.shape import PROBE
from tests.stack.stack import EXPORT_S, command, settled

DECISIONS = "payments_decisions_total"
CUSTOMERS = f'sum({DECISIONS}{{payscope_journey!="probe"}})'
PROBED = f'sum({DECISIONS}{{payscope_journey="probe"}})'
PAID = 'sum(probe_payments_total{probe_outcome="ok"})'
LINES = '{service_name="probe"} |= "probe.paid"'


@pytest.fixture(scope="module")
def pays(stack):
    """It ends with these tests: others count what they pay themselves."""
    command("up", "--instance", stack.instance.name, "--no-story", "--json", "--probe")
    yield stack.supervisor.process(PROBE)
    stack.supervisor.stop(PROBE)


@pytest.fixture(scope="module")
def lines(stack, pays):
    return until(
        lambda: stack.backends.loki.lines(LINES),
        lambda found: len(found) >= 2,
        within=60,
    )


def test_it_pays_on_both_paths_and_is_served(stack, lines):
    paths = {line.facts["probe_path"]: line for line in lines}

    assert set(paths) == {"floor", "bank"}
    for line in paths.values():
        assert line.facts["probe_outcome"] == "ok"
        assert line.facts["payscope_journey"] == "probe"
    until(
        lambda: stack.backends.prometheus.total(PAID),
        lambda count: count >= 2,
        within=30,
    )


def test_its_trace_goes_on_through_all_services(stack, lines):
    asked = next(line for line in lines if line.facts["probe_path"] == "bank")

    spans = stack.whole_trace(asked.trace)

    (root,) = [span for span in spans if not span.parent]
    assert (root.service, root.name) == ("probe", "probe.pay")
    assert root.fact("payscope.journey") == "probe"


def test_it_is_counted_apart_from_customers(stack, lines):
    ask = stack.backends.prometheus.total
    probed = until(lambda: ask(PROBED), lambda count: count >= 2, within=30)
    before = settled(lambda: ask(CUSTOMERS), seconds=1.5 * EXPORT_S)

    until(lambda: ask(PROBED), lambda count: count >= probed + 2, within=60)

    assert ask(CUSTOMERS) == before


def test_a_gateway_that_is_away_is_seen_from_outside(stack, lines):
    silent = 'sum(probe_payments_total{probe_outcome="silent"})'

    with stack.without("gateway"):
        assert until(lambda: stack.backends.prometheus.total(silent), within=60) >= 1
