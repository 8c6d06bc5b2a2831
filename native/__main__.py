"""The command line: the same stack as plain processes, without Docker."""

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable

from . import commands, levels
from .faults import written
from .letters import letter
from .tokens import MERCHANT
from .trouble import Trouble

INTERRUPTED = 130

Word = tuple[tuple[str, ...], dict[str, object]]
"""An argument's names, and what argparse is told about it."""

INSTANCE: Word = (
    ("--instance",),
    {"default": "default", "metavar": "NAME", "help": "which stack (default: default)"},
)
CLIENT: Word = (
    ("--client",),
    {"default": MERCHANT, "metavar": "ID", "help": "whose (default: m-01)"},
)
JSON: Word = (("--json",), {"action": "store_true", "help": "answer for scripts"})
PROCESS: Word = (("process",), {"help": "payments, loki, postgres, …"})
YES: Word = (("--yes",), {"action": "store_true", "help": "do not ask"})


def _flag(name: str, about: str) -> Word:
    return (name,), {"action": "store_true", "help": about}


COMMANDS: dict[str, tuple[Callable[..., int], str, list[Word]]] = {
    "up": (
        commands.up,
        "start everything, make one payment and tell its story",
        [
            INSTANCE,
            JSON,
            _flag("--no-story", "start only, pay nothing"),
            (
                ("--replicas",),
                {
                    "type": int,
                    "metavar": "N",
                    "help": "how many of payments and of bank; may change while it is up",
                },
            ),
            _flag("--faults", "put a fault proxy between the services"),
            _flag("--traffic", "pay once or twice a second, all the time"),
            _flag("--sampled", "keep the traces worth keeping, and one in ten besides"),
            _flag("--probe", "pay every five seconds, to see whether one can"),
            _flag("--console", "serve the web page"),
        ],
    ),
    "down": (commands.down, "stop everything, leave no process behind", [INSTANCE]),
    "status": (commands.show_status, "what runs, is it ready", [INSTANCE, JSON]),
    "stop": (commands.stop, "stop one process, to see what then", [PROCESS, INSTANCE]),
    "start": (commands.start, "start one process again", [PROCESS, INSTANCE]),
    "fault": (
        commands.fault,
        "make a service late, slow, cut off or unreachable, for those who call it",
        [
            (
                ("service",),
                {
                    "nargs": "?",
                    "help": "bank: all of its replicas; bank-2: that one; none: list",
                },
            ),
            (
                ("fault",),
                {"nargs": "?", "help": f"one of {written()}; or clear"},
            ),
            INSTANCE,
        ],
    ),
    "logs": (
        commands.show_logs,
        "what a process wrote",
        [
            PROCESS,
            (("-n", "--lines"), {"type": int, "default": 50, "help": "how many"}),
            (("-f", "--follow"), {"action": "store_true", "help": "go on reading"}),
            INSTANCE,
        ],
    ),
    "log-level": (
        commands.log_level,
        "how much a service tells; another level for a while",
        [
            (("service",), {"help": "payments: all of its replicas; payments-2: that"}),
            (("level",), {"nargs": "?", "choices": levels.NAMES}),
            (
                ("--for",),
                {
                    "dest": "seconds",
                    "type": int,
                    "default": levels.FOR_S,
                    "metavar": "S",
                    "help": "for so many seconds (default: 900)",
                },
            ),
            INSTANCE,
        ],
    ),
    "story": (
        commands.tell,
        "all that became of a payment: its events, traces and log lines",
        [
            (("id",), {"help": "payment id, or any of its TraceIDs"}),
            _flag("--first", "only the trace of the order, not what came later"),
            INSTANCE,
        ],
    ),
    "dlq": (
        commands.dlq,
        "list dead letters, show one, replay",
        [
            (("--show",), {"type": int, "metavar": "ID", "help": "look into one"}),
            (
                ("--replay",),
                {
                    "type": letter,
                    "metavar": "ID|all",
                    "help": "send again, then forget",
                },
            ),
            INSTANCE,
        ],
    ),
    "run": (
        commands.run,
        "run a command that finds the stack in its environment",
        [
            (
                ("command",),
                {"nargs": "+", "metavar": "COMMAND", "help": "and its words, after --"},
            ),
            INSTANCE,
        ],
    ),
    "token": (
        commands.token,
        "print a bearer token from the gateway: of a merchant, or another client",
        [CLIENT, INSTANCE],
    ),
    "bench-up": (commands.bench_up, "measure start, memory, freshness", [INSTANCE]),
    "build": (
        commands.build,
        "build the servers that are missing",
        [_flag("--tools", "what only tests use, too")],
    ),
    "clean": (
        commands.clean,
        "remove data of stacks that are down",
        [
            (
                ("--instance",),
                {"dest": "only", "metavar": "NAME", "help": "only this stack"},
            ),
            YES,
        ],
    ),
    "clean-cache": (commands.clean_cache, "remove what builds left over", [YES]),
}


def parser() -> ArgumentParser:
    """Every command with its words; --help of each is complete."""
    whole = ArgumentParser("python -m native", description=__doc__)
    group = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, (run, about, words) in COMMANDS.items():
        command = group.add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        for names, told in words:
            command.add_argument(*names, **told)  # type: ignore[arg-type]
    return whole


def main() -> int:
    """0 done, 1 not done, 2 not understood, 130 interrupted."""
    asked = parser().parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        return int(asked.run(asked))
    except Trouble as trouble:
        commands.complain(trouble)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
