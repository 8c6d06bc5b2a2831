"""Promises, rules, runbooks: each names the others, and all of it is there."""

import re
import subprocess
from dataclasses import replace

import pytest
import yaml

from loadtests.report import counting, services
from native.builds import program
from native.paths import ROOT
from prometheus import alerts, build, rules, slo
from prometheus.signals import declared
from prometheus.slo import Events, Slo, Unpromised

PROMISES = slo.load()
WATCHED = [each for each in PROMISES.slos if each.alert]
PROMISED = {str(each.alert) for each in WATCHED}
OTHERS = alerts.load()
ALERTS = sorted(PROMISED | {each.name for each in OTHERS})
TESTS = [
    case
    for name in ("slo", "alerts")
    for case in yaml.safe_load((ROOT / f"prometheus/tests/{name}.yml").read_text())[
        "tests"
    ]
]
RUNBOOKS = ROOT / "docs" / "runbooks"


def test_the_committed_rules_are_what_the_promises_make():
    assert build.main(["--check"]) == 0


def test_every_promise_is_kept_by_somebody_and_says_what_it_means():
    for each in PROMISES.slos:
        assert each.alert or each.load, f"{each.name}: nobody looks"
        assert each.meaning.endswith(".")
        assert 0 < each.objective <= 1
        watched = each.events or each.counters or each.zero or each.silent
        assert bool(each.alert) == bool(watched), each.name


def test_an_alert_says_how_bad_it_is_and_where_to_read_on():
    groups = [*rules.groups(PROMISES), *alerts.groups(OTHERS)]
    made = [rule for group in groups for rule in group["rules"] if "alert" in rule]

    assert {rule["alert"] for rule in made} == set(ALERTS)
    for rule in made:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        for words in rule["annotations"].values():
            assert words
            assert not re.search("TODO|FIXME|xxx|LIMIT", words)
        assert (ROOT / rule["annotations"]["runbook_url"]).is_file()


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_seen_to_fire_and_not_to_fire(alert):
    seen = [
        f"{question['expr']} {question['exp_samples']}"
        for case in TESTS
        for question in case["promql_expr_test"]
    ]

    assert any(alert in each for each in seen)
    assert any("(ALERTS)" in each and each.endswith("[]") for each in seen)


@pytest.mark.parametrize("alert", ALERTS)
def test_a_runbook_says_what_it_means_how_to_find_the_cause_and_what_to_do(alert):
    page = (RUNBOOKS / f"{alert}.md").read_text()

    assert page.startswith(f"# {alert}: ")
    assert "## Find the cause" in page
    assert "## What to do" in page
    assert len(re.findall(r"^```", page, re.M)) == 2 * 3, "three queries"


def test_every_query_of_a_runbook_parses(tmp_path):
    pages = [file.read_text() for file in sorted(RUNBOOKS.glob("*.md"))]
    exprs = [
        each for page in pages for each in re.findall(r"```promql\n(.+?)\n```", page)
    ]
    made = [{"record": f"runbook:{n}", "expr": expr} for n, expr in enumerate(exprs)]
    file = tmp_path / "runbooks.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": made}]}))

    told = subprocess.run(
        [program("promtool"), "check", "rules", file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(exprs) >= len(ALERTS)
    assert told.returncode == 0, told.stdout + told.stderr


def test_no_runbook_is_left_of_an_alert_that_is_gone():
    assert sorted(file.stem for file in RUNBOOKS.glob("*.md")) == ALERTS


def refused(events: Events) -> str:
    promise = Slo("made-up", "Made up.", 0.99, alert="MadeUp", events=events)
    with pytest.raises(Unpromised) as fault:
        rules.groups(replace(PROMISES, slos=(promise,)))
    return str(fault.value)


def test_a_signal_that_was_renamed_fails_the_build():
    assert "payments.made.up" in refused(Events("payments.made.up"))


def test_a_label_that_a_signal_does_not_have_fails_the_build():
    events = Events("payments.bank.wait", where={"http.route": "/payments"})

    assert "not split by http.route" in refused(events)


def test_a_threshold_that_is_no_bound_fails_the_build():
    assert "0.2 s is no bound" in refused(Events("payments.bank.wait", within_s=0.2))


def test_a_word_that_nobody_knows_fails_the_build(tmp_path):
    file = tmp_path / "slo.toml"
    file.write_text(slo.FILE.read_text().replace("objective =", "hope =", 1))

    with pytest.raises(Unpromised):
        slo.load(file)


def test_every_figure_that_a_load_report_asks_for_is_one_that_somebody_declares():
    texts = [query for _, query, _, _ in services.queries("60s")]
    texts += [counting.DECIDED, counting.REQUESTS, counting.PROBED]
    ours = {signal.promql for signal in declared().values()}
    theirs = {"process_cpu_time_seconds_total", "process_cpu_seconds_total"}

    for text in texts:
        names = re.findall(r"\b([a-z]+(?:_[a-z0-9]+)+)(?=[{\[]|$)", text)
        assert names, text
        for name in names:
            assert re.sub(r"_(bucket|count|sum)$", "", name) in ours | theirs, name
