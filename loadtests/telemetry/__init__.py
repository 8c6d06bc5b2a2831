"""What the load tells of itself: spans, figures, and when a run began and ended.

`leave(environment, about)` in Locust's `init` event lets all of it leave while the run
goes; `called` is put around each request.
"""

from loadtests.telemetry.leaving import flush, leave
from loadtests.telemetry.spans import Call, called

__all__ = ["Call", "called", "flush", "leave"]
