from xml.etree import ElementTree as ET

from benchmarks import collapsed, flames
from benchmarks.collapsed import EXPORT, REST, Stack, by_function, by_group, parsed
from native.paths import ROOT

LINES = """\
run (asyncio/runners.py:118);pay (apps/payments/usecases/pay.py:40) 30
run (asyncio/runners.py:118);pay (apps/payments/usecases/pay.py:41);_make_iterencode (json/encoder.py:7) 10
run (asyncio/runners.py:118);keep (apps/payments/store/payments.py:9);fetch (asyncpg/connection.py:2) 20
worker (opentelemetry/sdk/_shared_internal/__init__.py:1);export (opentelemetry/exporter/otlp/x.py:1) 5
run (asyncio/runners.py:118);select (selectors.py:468) 35
not a line
"""


def read(drawn):
    return ET.fromstring(drawn)  # noqa: S314  (we drew it)


def stacks():
    return list(parsed(LINES.splitlines()))


def test_what_the_standard_library_does_it_does_for_its_caller():
    found = by_group(stacks())

    assert found == {
        "rules and use cases": 40,
        "asyncpg": 20,
        EXPORT: 5,
        REST: 35,
    }


def test_functions_are_told_without_their_lines():
    found = by_function(stacks())

    assert found["pay (apps/payments/usecases/pay.py)"] == 30
    assert found.total() == 100


def test_a_flame_graph_is_as_wide_as_often_seen():
    drawn = read(flames.svg(stacks(), "payments <at> 10/s"))

    boxes = drawn.findall(".//{*}g")
    about = {box.findtext("{*}title"): box for box in boxes}
    (run,) = (box for name, box in about.items() if name.startswith("run "))
    assert float(run.find("{*}rect").get("width")) == flames.WIDTH * 0.95
    assert drawn.findtext("{*}text") == "payments <at> 10/s"


def test_of_nothing_there_is_an_empty_graph():
    assert read(flames.svg([], "nothing")).findall(".//{*}g") == []
    assert collapsed.by_group([]) == {}


def test_where_code_lies_on_this_machine_is_left_out():
    lines = [
        f"pay ({ROOT}/apps/payments/usecases/pay.py:40) 1",
        "end (/x/.venv/lib/python3.11/site-packages/opentelemetry/sdk/trace.py:7) 1",
        "run (/usr/lib/python3.11/asyncio/runners.py:118) 1",
    ]

    frames = [stack.frames[0] for stack in parsed(lines)]

    assert frames == [
        "pay (apps/payments/usecases/pay.py:40)",
        "end (opentelemetry/sdk/trace.py:7)",
        "run (asyncio/runners.py:118)",
    ]


def test_a_stack_that_is_nobodys_is_the_rest():
    assert Stack(("run (asyncio/runners.py:1)",), 1).group == REST
