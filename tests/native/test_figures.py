"""The figures of `make bench-up`: what holds, and how it is written down."""

from native.figures import Figures, Memory

MEMORY = [Memory("loki", 160, 165), Memory("payments", 75, 106)]


def figures(**changes):
    plain = {"up": 8.0, "memory": MEMORY, "trace": [0.2, 0.3, 1.9], "lines": [0.1]}
    plain["metric"] = [9.9]
    return Figures(**{**plain, **changes})


def test_medians_within_what_was_promised_hold():
    assert figures().hold
    assert (figures().pss, figures().rss) == (235, 271)


def test_one_figure_that_misses_is_a_miss():
    assert not figures(up=30.1).hold
    assert not figures(memory=[Memory("loki", 1600, 1600)]).hold
    assert not figures(trace=[1.1]).hold
    assert not figures(lines=[0.1, 2, 2]).hold
    assert not figures(trace=[0.1, 0.1, 2.1]).hold
    assert not figures(metric=[1, 10.1]).hold


def test_the_block_for_the_docs_names_machine_figures_and_processes():
    block = figures().markdown()

    assert figures().machine in block
    assert "| warm `make up` to ready | 8.0 s | ≤ 30 s |" in block
    assert "| answer to trace readable, median | 0.30 s | ≤ 1 s |" in block
    assert block.index("| loki |") < block.index("| payments |")
