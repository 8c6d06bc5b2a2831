"""What was asked before under its key: repeated, refused, or finished."""

from dataclasses import replace

from apps.kit.audit import Entry
from apps.kit.errors import Problem

from .. import signals
from ..domain.idempotency import Answer, Claim
from ..idempotency import InFlight, KeyReused
from ..ports import Ports


class Changed(Problem):
    status, code, title = 409, "invalid-state", "Something else happened meanwhile"
    retry_after_s = 1


async def repeat(claim: Claim, ports: Ports) -> Answer | Claim:
    """The answer that was given; or the claim, now ours, of one who died at work.

    Raises KeyReused for another content, InFlight while somebody is at work on it.
    """
    found = await ports.store.standing(claim)
    if found is None:
        raise Changed("Send it again.")
    if found.fingerprint != claim.fingerprint:
        signals.asked_again(found.payment_id, "reused")
        raise KeyReused("Make a new key for a new order.")
    if found.body is not None and found.status is not None:
        signals.asked_again(found.payment_id, "replayed")
        return Answer(found.payment_id, found.status, found.body, found.first_at)
    fence = None
    if not found.is_leased:
        fence = await ports.store.take_over(claim, found.fence)
    if fence is None:
        signals.asked_again(found.payment_id, "in_flight")
        raise InFlight("Ask again in a second, with the same key.")
    signals.asked_again(found.payment_id, "resumed")
    return replace(claim, payment_id=found.payment_id, fence=fence)


async def final(
    problem: Problem, claim: Claim, ports: Ports, entry: Entry | None = None
) -> bool:
    """Keep a refusal that no retry will change, and what auditors read of it.

    False if there is an answer already.
    """
    body = ports.render_problem(problem)
    answer = Answer(claim.payment_id, problem.status, body)
    return await ports.store.refuse(claim, answer, entry)
