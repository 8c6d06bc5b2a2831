"""The back office's database: all but alerts can be made again from the stream."""

from pathlib import Path

from apps.kit import inbox

SCHEMA = (inbox.SCHEMA, Path(__file__).parents[1] / "schema")
