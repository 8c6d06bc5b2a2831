"""One payment told from its telemetry: makes the first one, and prints that of any."""

from rich.console import Console

from .backends import Unanswered
from .findings import Nobody, find_story
from .gateway import ABOVE_THRESHOLD, Gateway
from .ports import Ports
from .telling import tell
from .trouble import Trouble


def first_payment(ports: Ports, console: Console) -> str:
    """Pay once above the bank's threshold; gives the TraceID of the answer."""
    with Gateway(ports.url("GATEWAY_PORT")) as gateway:
        amount = f"{ABOVE_THRESHOLD / 100:.2f} EUR"
        console.print(f"Paying {amount} at {gateway.url} …", style="dim")
        try:
            answer = gateway.pay()
            gateway.understood(answer)
        except Unanswered as silence:
            raise Trouble(
                f"The stack is up, but takes no payment. {silence}",
                "make logs s=payments",
            ) from silence
        return str(answer.headers["Trace-Id"])


def tell_story(
    ports: Ports, id_: str, console: Console, *, first: bool = False
) -> bool:
    """Print the story behind a payment id or a TraceID; False if there is none.

    With `first` only the payment's own trace is told, not what came later.
    """
    try:
        story = find_story(ports, id_, first=first)
    except Nobody as silence:
        _say(console, f"No story. Is the stack up? `make status` says.\n{silence}")
        return False
    if story is None:
        _say(
            console,
            f"Nothing is known of {id_!r}: no trace in Tempo, no log line in Loki. "
            "Give the id of a payment or a TraceID, as an answer carries them.",
        )
        return False
    tell(story, console)
    return True


def _say(console: Console, text: str) -> None:
    console.print(text, style="bold yellow", markup=False, highlight=False)
