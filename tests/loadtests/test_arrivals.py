"""Who is due comes, however many wait; past a bound he is counted instead of sent."""

import json
import os
import subprocess
import sys
from itertools import pairwise

from native.paths import ROOT


def test_a_gateway_that_stalls_is_not_visited_less(tmp_path):
    """Half of the rate falls to each of two processes: ten a second here."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.loadtests.arriving", "20", "3", "5"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    told = json.loads(done.stdout)
    assert told["begun"] == 5
    assert 20 <= told["begun"] + told["not_sent"] <= 31
    assert told["failures"] == told["not_sent"] == len(told["lines"])
    dues = [line["due"] for line in told["lines"]]
    gaps = {round(after - due, 3) for due, after in pairwise(dues)}
    assert gaps == {0.1}
    (line, *_) = told["lines"]
    assert (line["status"], line["result"]) == (None, "fail")
    assert line["wrong"] == "unsent: 5 are under way"
