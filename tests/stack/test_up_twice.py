"""Down leaves nothing behind, up works again, and payments outlive both."""

import psutil

from native.paths import MARK
from native.ports import is_free
from tests.stack.stack import command


def test_down_and_up_again_keeps_what_was_paid(stack):
    paid = stack.gateway.pay(pos_id="POS-04").json()  # captured when asked for

    for _ in range(2):
        command("down", "--instance", stack.instance.name)
        assert left_over(stack) == []
        command("up", "--instance", stack.instance.name, "--no-story", "--json")

    assert stack.gateway.payment(paid["payment_id"]) == paid
    assert stack.gateway.pay().status_code == 201


def test_up_on_what_is_up_changes_nothing(stack):
    before = {each.name: each.pid for each in stack.supervisor.processes()}

    command("up", "--instance", stack.instance.name, "--no-story", "--json")

    assert {each.name: each.pid for each in stack.supervisor.processes()} == before


def left_over(stack):
    """Processes of this instance that still run, and ports that are still held."""
    processes = [
        process.info["name"]
        for process in psutil.process_iter(["name", "environ"])
        if (process.info["environ"] or {}).get(MARK) == str(stack.instance.home)
        and process.pid != psutil.Process().pid
    ]
    return processes + [name for name, port in stack.ports.items() if not is_free(port)]
