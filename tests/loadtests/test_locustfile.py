"""Locust finds who is to make the load."""

import subprocess
import sys

from native.paths import ROOT


def test_there_are_tills_and_a_card_tester():
    """In a process of its own: Locust changes the one that imports it."""
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.split()[-2:] == ["Malformed", "CardTester"]
