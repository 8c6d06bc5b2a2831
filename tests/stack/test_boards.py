"""Whatever a board asks is answered by the real stack: in time, and not with nothing."""

import re
import time

import pytest

from native.backends import until
from native.shape import PROBE, TRAFFIC
from tests.stack import questions
from tests.stack.questions import BOARDS
from tests.stack.stack import command
from tests.stack.ways import derived, plain

ALL = [
    pytest.param(each, id=each.name) for board in BOARDS for each in questions.of(board)
]
ANSWERED_WITHIN_S = 2.0
THERE_WITHIN_S = 120.0
"""On a fresh stack: rules are worked out each minute, of rules of each half of one."""
TRIES = 3
"""A machine that is busy for a moment is no slow question."""


@pytest.fixture(scope="module")
def life(stack):
    """Somebody pays all the time and the probe does too, as on the stack of `make up`."""
    name = stack.instance.name
    callers = ("--probe", "--traffic")
    command("up", "--instance", name, "--no-story", "--json", *callers)
    yield stack
    for caller in (PROBE, TRAFFIC):
        stack.supervisor.stop(caller)


@pytest.fixture(scope="module")
def chosen(life, paid):
    """What a reader types: a payment's id, and its TraceID."""
    return {"id": paid.json()["payment_id"], "trace": paid.headers["Trace-Id"]}


def seconds(ask) -> float:
    began = time.monotonic()
    ask()
    return time.monotonic() - began


@pytest.mark.parametrize("question", ALL)
def test_a_question_is_answered(life, chosen, question):
    """With nothing only where the panel itself says why that may be."""

    def ask():
        return question.ask(life.backends, chosen)

    if questions.may_be_empty(question):
        ask()
    else:
        assert until(ask, within=THERE_WITHIN_S)
    assert min(seconds(ask) for _ in range(TRIES)) < ANSWERED_WITHIN_S


@pytest.mark.parametrize("name", ["Service", "Payment"])
def test_a_line_leads_to_a_board_of_what_it_names(life, chosen, name):
    """Its service's rate, errors and duration; all that is known of its payment."""
    field = derived(name)
    key = field["matcherRegex"]
    told = until(
        lambda: [
            line
            for line in life.backends.loki.of_trace(chosen["trace"])
            if key in line.facts
        ]
    )
    url = plain(field["url"]).replace("${__value.raw}", told[0].facts[key])
    uid, variable, value = re.fullmatch(r"/d/([\w-]+)\?var-(\w+)=(.+)", url).groups()
    board = next(each for each, said in BOARDS.items() if said["uid"] == uid)

    all_is_answered(life, board, {"trace": chosen["trace"], variable: value})


@pytest.mark.parametrize("key", ["payment_id", "trace_id"])
def test_the_board_of_one_payment_takes_either_key(life, paid, chosen, key):
    """What is typed there, by the reader, has traces and lines."""
    all_is_answered(life, "payment", {**chosen, "id": paid.json()[key]})


def test_the_board_of_one_payment_shows_nobodys_while_nothing_is_typed(life, paid):
    until(lambda: life.backends.loki.of_trace(paid.headers["Trace-Id"]))

    for question in questions.of("payment"):
        if (
            not question.is_quiet and question.title != "Its trace"
        ):  # Grafana asks nothing
            assert question.ask(life.backends, {"id": ""}) == [], question.name


def all_is_answered(life, board, typed):
    """With something, wherever no panel says in words why it has nothing."""
    for question in questions.of(board):
        if not questions.may_be_empty(question):
            assert until(
                lambda each=question: each.ask(life.backends, typed),
                within=THERE_WITHIN_S,
            ), question.name


def test_the_backends_tell_no_more_than_is_asked_for(stack):
    kept = 'sum(scrape_samples_post_metric_relabeling{job=~"payscope/.*"})'
    scraped = 'sum(scrape_samples_scraped{job=~"payscope/.*"})'
    ask = stack.backends.prometheus.total

    assert until(lambda: ask(scraped), within=30) > 1500
    assert 100 < ask(kept) < 500


@pytest.mark.parametrize(
    "database", ["payments", "bank", "fraud", "backoffice", "notifications"]
)
def test_postgresql_is_watched_by_a_role_of_its_own(stack, paid, database):
    of = f'{{job="payscope/postgres", db_namespace="{database}"}}'
    ask = stack.backends.prometheus.total

    assert until(lambda: ask(f"postgresql_backends{of}"), within=30) >= 1
    assert ask(f"postgresql_commits_total{of}") > 0
    assert ask(f'postgresql_rows{{state="live", db_namespace="{database}"}}') == 0


def test_a_consumers_lag_is_told_by_the_name_that_others_have_for_it(stack, paid):
    consumers = until(
        lambda: stack.backends.prometheus.now("nats_consumer_pending"), within=30
    )

    names = {each.labels["messaging_consumer_group_name"] for each in consumers}
    assert {"fraud-count_card", "backoffice-project", "notifications-record"} <= names
    assert all(re.fullmatch(r"[a-z]+-[a-z_]+", name) for name in names)
