"""The probe pays like a client, is seen to, and no customer's figure contains it."""

import pytest

from native.backends import until
from native.shape import PROBE
from tests.stack.stack import command

DECISIONS = "payments_decisions_total"
CUSTOMERS = f'sum(increase({DECISIONS}{{payscope_journey!="probe"}}[30s]))'
PROBED = f'sum(increase({DECISIONS}{{payscope_journey="probe"}}[30s]))'
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
    """It pays on and on; nobody else does, and nobody else's count moves."""

    def grown():
        ask = stack.backends.prometheus.total
        return ask(PROBED) >= 2, ask(CUSTOMERS) == 0

    until(grown, lambda seen: seen == (True, True), within=90)


def test_a_gateway_that_is_away_is_seen_from_outside(stack, lines):
    silent = 'sum(probe_payments_total{probe_outcome="silent"})'

    with stack.without("gateway"):
        assert until(lambda: stack.backends.prometheus.total(silent), within=60) >= 1
