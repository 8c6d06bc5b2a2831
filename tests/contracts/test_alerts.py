"""Alerts beside the promises: their words, and whom a real Alertmanager tells of them."""

import json
import re
import subprocess
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import yaml

from native.backends import until
from native.builds import program
from native.paths import ROOT
from prometheus import alerts, listing, slo
from prometheus.signals import declared
from prometheus.slo import Unpromised
from tests.conftest import free_port

PROMISES, OTHERS = slo.load(), alerts.load()
CONFIG = ROOT / "alertmanager" / "config.yaml"
WRITTEN = yaml.safe_load(CONFIG.read_text())
NAMES = {each.alert for each in PROMISES.slos} | {each.name for each in OTHERS}

THEIRS = {
    "up",
    "otelcol_exporter_queue_size",
    "otelcol_exporter_queue_capacity",
    "otelcol_exporter_enqueue_failed_spans_total",
    "otelcol_exporter_enqueue_failed_log_records_total",
    "otelcol_exporter_enqueue_failed_metric_points_total",
    "loki_discarded_samples_total",
    "loki_ingester_wal_disk_full_failures_total",
    "tempo_discarded_spans_total",
    "prometheus_tsdb_too_old_samples_total",
    "telemetry_leaks_total",
    "postgresql_backends",
}
"""Metrics that servers give which are not ours; tests/stack asks for each of them."""


def said(**changed):
    words = {
        "name": '"MadeUp"',
        "severity": '"page"',
        "limit": "3",
        "when": '"`loop.lag` > LIMIT"',
        "summary": '"More than LIMIT."',
        "now": '"{{ $value }}"',
    } | changed
    return "[[alert]]\n" + "".join(f"{key} = {said}\n" for key, said in words.items())


@pytest.mark.parametrize(
    "changed",
    [
        {"when": '"`loop.lagg` > LIMIT"'},
        {"when": '"`loop.lag` > 3"'},
        {"summary": '"More than 4."'},
        {"severity": '"whisper"'},
        {"wehn": '"1"'},
    ],
    ids=[
        "a signal that was renamed",
        "a limit that is not looked at",
        "a summary that says another limit",
        "a severity that nobody hears",
        "a word that nobody knows",
    ],
)
def test_what_cannot_be_kept_to_fails_the_build(tmp_path, changed):
    file = tmp_path / "alerts.toml"
    file.write_text(said())
    assert alerts.groups(alerts.load(file))

    file.write_text(said(**changed))
    with pytest.raises(Unpromised):
        alerts.groups(alerts.load(file))


@pytest.mark.parametrize("alert", OTHERS, ids=lambda alert: alert.name)
def test_an_alert_looks_at_metrics_that_there_are(alert):
    ours = {signal.promql for signal in declared().values()}
    bare = re.sub(r"\{[^}]*\}|\bby \([^)]*\)|\[[^]]*\]", "", alert.expr)
    found = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b(?!\()|\bup\b", bare))

    assert found
    assert found <= ours | THEIRS
    assert set(alert.seldom) <= THEIRS


def test_the_page_lists_every_alert():
    page = listing.PAGE.read_text()

    listed = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\)", page, re.M)
    assert {name for name, _ in listed} == NAMES - {None}
    assert all(name == file for name, file in listed)


@pytest.mark.parametrize("file", sorted(listing.RECORDS.glob("*.json")))
def test_what_the_drill_saw_is_of_an_alert_and_was_what_was_hoped_for(file):
    record = json.loads(file.read_text())

    assert record["row"] == file.stem
    assert record["row"] in NAMES
    assert record["verdict"] == "passed"
    assert record["injected_at"] < record["detected_at"] < record["recovered_at"]


def test_a_page_without_marks_is_not_written():
    with pytest.raises(ValueError, match=listing.BEGIN):
        listing.rendered("nothing here", PROMISES, OTHERS)


def test_what_is_held_back_and_for_what_are_alerts():
    text = json.dumps(WRITTEN["inhibit_rules"])
    named = {
        name
        for matcher in re.findall(
            r"alertname =~? (.+?)\"[,\]]", text.replace('\\"', "")
        )
        for name in matcher.split("|")
    }

    assert len(named) > 10
    assert named <= NAMES


def test_every_rule_that_holds_back_asks_for_the_labels_that_it_compares():
    """A label that both lack counts as equal."""
    for rule in WRITTEN["inhibit_rules"]:
        for label in rule.get("equal", []):
            for side in ("source_matchers", "target_matchers"):
                assert f'{label} =~ ".+"' in rule[side]


# --- A real one, and who is told -------------------------------------------------------


@pytest.fixture(scope="module")
def told():
    """What arrived at the back office: alert, its service, firing or resolved."""
    heard = []

    class Office(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Office)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, heard
    server.shutdown()
    server.server_close()


@contextmanager
def running(folder, port, office):
    """Our file, but for its address, its key and its patience."""
    text = CONFIG.read_text().replace("backoffice:8004", f"127.0.0.1:{office}")
    text = text.replace("/secrets/", f"{folder}/")
    text = re.sub(r"(group_wait|group_interval): \w+", r"\1: 500ms", text)
    (folder / "config.yaml").write_text(text)
    (folder / "alerts-key").write_text("the key")
    flags = [
        f"--config.file={folder / 'config.yaml'}",
        f"--storage.path={folder}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program("alertmanager"), *flags], stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def tell(told, tmp_path_factory):
    """Does what Prometheus does."""
    port = free_port()
    with (
        running(tmp_path_factory.mktemp("alertmanager"), port, told[0]),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):

        def is_ready():
            try:
                return http.get("/-/ready").is_success
            except httpx.HTTPError:
                return False

        def tell(*alerts, over=False):
            """What began long ago is told at once: it has waited for others already."""
            now = datetime.now(UTC)
            body = [
                {
                    "labels": labels,
                    "startsAt": now.isoformat(),
                    "endsAt": (now + timedelta(minutes=0 if over else 5)).isoformat(),
                }
                for labels in alerts
            ]
            http.post("/api/v2/alerts", json=body).raise_for_status()

        until(is_ready, within=20)
        yield tell


def named(name, severity="page", **labels):
    return {"alertname": name, "severity": severity, **labels}


def arrived(heard, **labels):
    """The alerts with these labels that came, in order: their names and states."""
    return [
        (alert["labels"]["alertname"], alert["status"])
        for _, message in heard
        for alert in message["alerts"]
        if labels.items() <= alert["labels"].items()
    ]


def test_a_page_is_told_at_once_with_the_key_and_told_when_it_is_over(told, tell):
    alert = named("OutboxStuck", service_name="bank", test="page")

    tell(alert)
    until(lambda: arrived(told[1], test="page"), within=10)
    tell(alert, over=True)
    until(lambda: len(arrived(told[1], test="page")) == 2, within=10)

    assert arrived(told[1], test="page") == [
        ("OutboxStuck", "firing"),
        ("OutboxStuck", "resolved"),
    ]
    (receiver,) = {
        (key, message["version"], message["receiver"])
        for key, message in told[1]
        if message["alerts"][0]["labels"].get("test") == "page"
    }
    assert receiver == ("Bearer the key", "4", "pages")


def test_alerts_of_one_kind_and_service_are_one_message(told, tell):
    steps = ("capture", "reversal")
    tell(*(named("SagaStuck", "ticket", saga_step=step, test="one") for step in steps))
    until(lambda: len(arrived(told[1], test="one")) >= 2, within=10)

    messages = [
        message
        for _, message in told[1]
        if message["alerts"][0]["labels"].get("test") == "one"
    ]
    assert [len(message["alerts"]) for message in messages] == [2]
    assert messages[0]["receiver"] == "tickets"


FOLLOWS = [
    (named("GatewayFails", slo="a"), named("GatewayFails", "ticket", slo="a")),
    (
        named("TelemetryDown", service_name="otel-collector"),
        named("ServiceSilent", service_name="bank"),
    ),
    (
        named("TelemetryDown", service_name="loki"),
        named("LogsRefused", "ticket", service_name="loki"),
    ),
    (
        named("ServiceSilent", service_name="payments"),
        named("GatewayFails", slo="d"),
    ),
    (
        named("ServiceSilent", service_name="bank"),
        named("StandInActive", "ticket"),
    ),
    (named("NatsDown"), named("OutboxStuck", service_name="payments")),
    (named("PostgresDown"), named("PaymentsFail", slo="b")),
]


@pytest.mark.parametrize(
    ("cause", "effect"),
    FOLLOWS,
    ids=[f"{cause['alertname']}-{effect['alertname']}" for cause, effect in FOLLOWS],
)
def test_what_follows_is_not_told_while_its_cause_is(
    told, tell, request, cause, effect
):
    mark = {"test": request.node.name}
    tell(cause | mark)
    until(lambda: arrived(told[1], **mark), within=10)
    tell(effect | mark)
    time.sleep(1.5)  # three times as long as anything waits here
    while_it_lasts = arrived(told[1], **mark)

    tell(cause | mark, over=True)
    tell(effect | mark)
    until(
        lambda: (effect["alertname"], "firing") in arrived(told[1], **mark)[1:],
        within=10,
    )

    tell(effect | mark, over=True)
    assert while_it_lasts == [(cause["alertname"], "firing")]


def test_what_another_service_says_is_not_held_back(told, tell):
    mark = {"test": "apart"}
    tell(named("ServiceSilent", service_name="fraud", **mark))
    until(lambda: arrived(told[1], **mark), within=10)
    tell(named("ProbeFails", **mark), named("DeadLetters", "ticket", **mark))

    until(lambda: len(arrived(told[1], **mark)) >= 3, within=10)
