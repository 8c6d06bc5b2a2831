"""The pages: each is built at once, and filled when the browser listens."""

from ..ports import Ports
from . import boards, frame, incidents, live, loads, stories, story, till

__all__ = ["build"]


def build(ports: Ports) -> None:
    """Hang all pages on the app."""
    frame.files()
    till.build(ports)
    boards.build(ports)
    live.build(ports)
    incidents.build(ports)
    loads.build(ports)
    stories.build(ports)
    story.build(ports)
