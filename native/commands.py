"""What each command does once its words are understood; gives its exit code."""

import json
from argparse import Namespace

import httpx
from rich.console import Console

from . import (
    bench,
    beside,
    builds,
    cleaning,
    letters,
    levels,
    logs,
    starting,
    status,
    story,
    tokens,
)
from .faults import Fault, Faults, written
from .paths import Instance
from .ports import Ports
from .recipes import STACK, TOOLS
from .supervise import Supervisor
from .trouble import Trouble

plain = Console()
aside = Console(stderr=True)
"""What is told beside an answer that a script reads."""


def complain(trouble: Trouble) -> None:
    """What is wrong, in red; the log's tail above it and the remedy below, whole."""
    for text, style in (
        (trouble.tail, "dim"),
        (trouble.wrong, "bold red"),
        (trouble.remedy and f"What to do: {trouble.remedy}", "yellow"),
    ):
        if text:
            aside.print(
                text, style=style, markup=False, highlight=False, soft_wrap=True
            )


def up(asked: Namespace) -> int:
    console = aside if asked.json else plain
    ports = starting.up(
        Instance(asked.instance),
        console,
        asked.replicas,
        faults=asked.faults,
        traffic=asked.traffic,
        sampled=asked.sampled,
        probe=asked.probe,
        page=asked.console,
    )
    trace = "" if asked.no_story else _pay(ports, console)
    if asked.console:
        console.print(f"\nThe console: {ports.url('CONSOLE_PORT')}", highlight=False)
    if asked.json:
        facts = {"instance": asked.instance, "ports": dict(ports), "trace_id": trace}
        print(json.dumps(facts))
    return 0


def _pay(ports: Ports, console: Console) -> str:
    """The stack is proven by one payment, told from its own telemetry."""
    trace = story.first_payment(ports, console)
    if not story.tell_story(ports, trace, console):
        raise Trouble("The stack is up, but the first payment left no story.")
    return trace


def down(asked: Namespace) -> int:
    stopped = starting.down(Instance(asked.instance))
    what = "stopped" if stopped else "was not running"
    plain.print(f"Instance '{asked.instance}' {what}.")
    return 0


def show_status(asked: Namespace) -> int:
    instance = Instance(asked.instance)
    found = status.standings(instance)
    if asked.json:
        print(json.dumps(status.as_json(found), indent=2))
    else:
        status.show(instance, found, plain)
    return 0 if found and all(each.ready or each.rests for each in found) else 1


def stop(asked: Namespace) -> int:
    _running(asked).stop(asked.process)
    plain.print(f"{asked.process} is stopped; nothing starts it but you, or make up.")
    return 0


def start(asked: Namespace) -> int:
    _running(asked).start(asked.process)
    plain.print(f"{asked.process} is started.")
    return 0


def _running(asked: Namespace) -> Supervisor:
    supervisor = Supervisor(Instance(asked.instance))
    if not supervisor.is_up:
        raise Trouble(f"Instance '{asked.instance}' is not up.", "make up")
    return supervisor


def fault(asked: Namespace) -> int:
    faults = Faults(Ports.load(asked.instance))
    if asked.service == "clear" and asked.fault is None:
        plain.print(f"Well again: {', '.join(faults.clear())}.")
    elif asked.fault == "clear":
        plain.print(f"Well again: {', '.join(faults.clear(asked.service))}.")
    elif asked.service and asked.fault:
        put = Fault.of(asked.fault)
        plain.print(f"{put} on {', '.join(faults.set(asked.service, put))}.")
        plain.print(f"python -m native fault {asked.service} clear", style="dim")
    elif asked.service:
        raise Trouble(f"What is to be wrong with {asked.service}?", written())
    else:
        status.show_faults(faults.active(), plain)
    return 0


def show_logs(asked: Namespace) -> int:
    instance = Instance(asked.instance)
    logs.show(instance, asked.process, asked.lines, follow=asked.follow)
    return 0


def log_level(asked: Namespace) -> int:
    instance = Instance(asked.instance)
    levels.change(instance, asked.service, asked.level, asked.seconds, plain)
    return 0


def tell(asked: Namespace) -> int:
    ports = Ports.load(asked.instance)
    return 0 if story.tell_story(ports, asked.id, plain, first=asked.first) else 1


def dlq(asked: Namespace) -> int:
    return letters.run(Ports.load(asked.instance), plain, asked.show, asked.replay)


def run(asked: Namespace) -> int:
    return beside.become(asked.command, Instance(asked.instance))


def token(asked: Namespace) -> int:
    url = Ports.load(asked.instance).url("GATEWAY_PORT")
    try:
        print(tokens.token(url, asked.client))
    except tokens.Denied as denied:
        raise Trouble(f"No token for {denied.said}") from None
    except httpx.HTTPError as silence:
        raise Trouble(f"The gateway gives no answer: {silence!r}", "make up") from None
    return 0


def bench_up(asked: Namespace) -> int:
    return bench.run(asked.instance)


def build(asked: Namespace) -> int:
    builds.ensure(plain, STACK + TOOLS if asked.tools else STACK)
    return 0


def clean(asked: Namespace) -> int:
    cleaning.clean(asked.only, plain, sure=asked.yes)
    return 0


def clean_cache(asked: Namespace) -> int:
    cleaning.clean_cache(plain, sure=asked.yes)
    return 0
