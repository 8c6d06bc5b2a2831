import pytest

from benchmarks import results
from native.trouble import Trouble


def test_the_last_run_is_the_newest_that_has_ratios(tmp_path):
    for name in ("20260101-000000", "20260102-000000-part", "20260103-000000-growth"):
        (tmp_path / f"{name}.json").write_text(f'{{"name": "{name}"}}')

    file, told = results.last(place=tmp_path)

    assert file.stem == told["name"] == "20260102-000000-part"


def test_a_run_can_be_named(tmp_path):
    file = results.save({"ratios": {}}, "growth", tmp_path)

    assert results.last([str(file)], tmp_path) == (file, {"ratios": {}})


def test_without_a_run_it_is_said_what_to_do(tmp_path):
    with pytest.raises(Trouble, match="python -m benchmarks"):
        results.last(place=tmp_path)


def test_a_run_says_when_and_where_it_was():
    assert {"at", "machine", "load_before"} <= results.about().keys()
