"""After all that the other tests did to it, the stack's books fit together."""

import subprocess
import sys

import pytest

from native.backends import until
from native.paths import ROOT

SETTLES_WITHIN_S = 120.0
"""Merchants are paid out each minute; webhooks that failed come again after 30 s."""


def run(stack, *command: str) -> subprocess.CompletedProcess[str]:
    """A command beside the stack, as `make verify` runs it."""
    beside = ["-m", "native", "run", "--instance", stack.instance.name, "--"]
    return subprocess.run(
        [sys.executable, *beside, sys.executable, "-m", "apps.verify", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.timeout(400, func_only=True)
def test_the_books_fit_together(stack):
    done = until(
        lambda: run(stack),
        lambda done: done.returncode == 0,
        within=SETTLES_WITHIN_S,
        every=5.0,
    )

    assert "I9" in done.stdout


def test_no_chain_is_broken(stack):
    done = run(stack, "--trails")

    assert done.returncode == 0, done.stdout


def test_what_the_auditor_found_is_a_metric(stack):
    run(stack)

    def found():
        return stack.backends.prometheus.now("verify_violations")

    samples = until(found, lambda samples: len(samples) >= 8, within=30)
    assert {sample.value for sample in samples} == {0}
