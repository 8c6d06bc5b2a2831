"""One of many: whatever becomes of it, the others go on."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from apps.kit.signals import follow


@contextmanager
def alone(name: str, traceparent: str | None) -> Iterator[None]:
    """A trace of its own, linked to that one; what goes wrong inside ends inside."""
    with suppress(Exception), follow(name, traceparent):
        yield
