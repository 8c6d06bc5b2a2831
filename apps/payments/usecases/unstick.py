"""Look at the steps that the bank refused for good, and have one tried again."""

from collections.abc import Sequence
from uuid import UUID

from apps.kit.errors import NotFound
from apps.kit.signals import span

from .. import signals
from ..domain.sagas import Step
from ..ports import Ports, Stuck


class NotStuck(NotFound):
    title = "No such step is stuck"


async def stuck(ports: Ports) -> Sequence[Stuck]:
    """The oldest hundred steps that wait for somebody to look."""
    return await ports.steps.stuck()


@span("payments.retry_step")
async def retry(payment_id: UUID, step: Step, ports: Ports) -> None:
    """Whatever kept the bank from doing it is mended: try it again."""
    if not await ports.steps.retry(payment_id, step, ports.caller.actor):
        raise NotStuck("GET /ops/steps tells which are.")
    signals.step_retried(payment_id, step)
