"""Light traffic pays, is seen in all three backends as a journey of its own, and stops."""

import re

import pytest

from grafana.build import BOARDS
from loadtests.telemetry.figures import REQUESTS, USERS
from native.backends import until
from native.shape import TRAFFIC
from tests.stack.stack import command, settled

HEARERS = {"gateway", "payments", "fraud", "backoffice", "notifications"}
LINES = '{service_namespace="payscope"} | payscope_journey="traffic"'
NEVER = {"Failed steps", "Runs"}
"""Panels of the board "Load test" that light traffic leaves empty: it is no run."""


@pytest.fixture(scope="module")
def pays(stack):
    """Somebody pays; other tests look at what they pay themselves, so he ends."""
    command(
        "up", "--instance", stack.instance.name, "--no-story", "--json", "--traffic"
    )
    yield stack.supervisor.process(TRAFFIC)
    stack.supervisor.stop(TRAFFIC)


def sent(stack):
    return stack.backends.prometheus.total(
        f'sum({REQUESTS.name.replace(".", "_")}_total{{service_name="{TRAFFIC}"}})'
    )


def test_its_payments_are_a_journey_from_the_door_to_the_last_hearer(stack, pays):
    by_consumers = '{span.payscope.journey="traffic" && kind=consumer}'

    assert until(lambda: stack.backends.tempo.search(by_consumers), within=60)
    until(
        lambda: {
            line.facts["service_name"] for line in stack.backends.loki.lines(LINES)
        },
        lambda services: services >= HEARERS,
        within=60,
    )


def test_what_it_sends_is_counted_and_every_panel_has_something_to_show(stack, pays):
    until(lambda: sent(stack), lambda count: count >= 10, within=60)

    for panel in BOARDS["load"]().panels:
        if getattr(panel, "targets", None) and panel.title not in NEVER:
            for target in panel.targets:
                asked = re.sub(r"\$__\w+", "1m", target.expr)
                until(
                    lambda asked=asked: stack.backends.prometheus.now(asked), within=60
                )


def test_it_is_a_process_like_the_others_and_another_up_leaves_it_alone(stack, pays):
    command(
        "up", "--instance", stack.instance.name, "--no-story", "--json", "--traffic"
    )

    assert stack.supervisor.process(TRAFFIC).pid == pays.pid
    assert TRAFFIC in command("status", "--instance", stack.instance.name)


def test_when_it_is_stopped_nobody_pays_any_more(stack, pays):
    stack.supervisor.stop(TRAFFIC)

    settled(lambda: sent(stack), seconds=12, within=60)
    users = USERS.name.replace(".", "_")
    assert stack.backends.prometheus.total(f'{users}{{service_name="{TRAFFIC}"}}') == 0
