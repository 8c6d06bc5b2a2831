"""A scenario that cannot be run says which file and which key is why."""

import pytest

from loadtests import scenario
from loadtests.journeys import JOURNEYS
from loadtests.scenario import Faulty, read

GOOD = 'about = "Tills."\n[journeys.till]\nweight = 1\n'


def faulty(tmp_path, text):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(Faulty) as raised:
        read(str(file))
    assert str(file) in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("name", scenario.names())
def test_ours_can_be_run(name):
    played = read(name)

    assert played.about.endswith(".")
    assert set(played.journeys) <= set(JOURNEYS)


def test_all_that_were_promised_are_there():
    wanted = {"mixed", "till", "shop", "fraud", "hostile", "gentle"}

    assert wanted <= set(scenario.names())
    assert set(read("mixed").journeys) == set(JOURNEYS)


def test_a_file_will_do(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(GOOD + "pace = [1, 2.5]\n")

    assert read(str(file)).journeys["till"].pace == (1.0, 2.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("about =", "Invalid value"),
        (GOOD.replace('"Tills."', '""'), "about: a sentence"),
        ('about = "Nobody."', "journeys: at least one"),
        (GOOD.replace("till", "tiil"), "journeys.tiil: unknown; one of"),
        (GOOD.replace("weight", "wieght"), "journeys.till.wieght: unknown"),
        (GOOD.replace("= 1", "= -1"), "journeys.till.weight: -1 is not a number"),
        (GOOD.replace("= 1", "= true"), "journeys.till.weight: True is not"),
        (GOOD.replace("weight = 1", ""), "journeys.till: a weight or a number"),
        (GOOD.replace("weight", "users"), "journeys: one needs a weight above 0"),
        (GOOD + "users = 1.5", "journeys.till.users: 1.5 is not a whole number"),
        (GOOD + "pace = [2, 1]", "journeys.till.pace: [2, 1] is not [at least"),
        ("pace = 3\n" + GOOD, "pace: 3 is not [at least"),
        ("seed = -1\n" + GOOD, "seed: -1 is not a whole number 0 or more"),
        ('intervals = "often"\n' + GOOD, "intervals: 'often' is none of"),
    ],
)
def test_a_fault_is_named(tmp_path, text, said):
    assert said in faulty(tmp_path, text)


def test_a_scenario_of_nobody_is_told_which_there_are():
    with pytest.raises(Faulty, match="there is no scenario moxed: fraud, gentle"):
        read("moxed")
