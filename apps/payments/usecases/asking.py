"""Ask the bank, having kept that it will be asked; stand in for it if it is silent."""

import time
from dataclasses import dataclass, replace

from apps.kit import deadlines
from apps.kit.crashing import crash_point

from .. import signals
from ..domain.changes import AuthorisationRequested
from ..domain.idempotency import Claim
from ..domain.life import Life
from ..domain.orders import Order, Terminal
from ..domain.payment import Payment
from ..domain.rules import Decision, heed, stand_in
from ..ports import BankSilent, Ports

LEAST_S = 0.1
"""With less time left than this, no bank is asked."""


class OutOfTime(Exception):
    """The caller waits no longer, and the bank has not answered."""


@dataclass
class Till:
    """One order being decided: who asks, for what, and how far it is."""

    order: Order
    terminal: Terminal
    claim: Claim
    life: Life


async def ask(till: Till, ports: Ports) -> Decision:
    """Keep that the bank will be asked, ask it, and stand in for it if it is silent."""
    payment = await _intend(till, ports)
    begun = time.perf_counter()
    within = deadlines.cut(ports.waits.bank_s)
    try:
        if within < LEAST_S:
            deadlines.exceeded("bank")
            raise OutOfTime
        crash_point("payments.before_bank")
        with deadlines.within(ports.waits.bank_s):
            answer = await ports.bank.authorise(payment)
    except BankSilent as silence:
        signals.bank_silent(payment, time.perf_counter() - begun, silence.why)
        if within < ports.waits.bank_s and silence.timed_out:
            raise OutOfTime from silence
        return stand_in(till.order, ports.limits, silence.attempts)
    crash_point("payments.after_bank")
    signals.bank_answered(time.perf_counter() - begun)
    return heed(answer)


async def _intend(till: Till, ports: Ports) -> Payment:
    """Keep that the bank will be asked, before it is."""
    life = till.life
    attempt = life.payment.version if life.payment else 1
    left = deadlines.left_s()
    deadline_ms = int(1000 * (ports.waits.bank_s if left is None else left))
    asked = AuthorisationRequested(life.payment_id, attempt, deadline_ms)
    payment = life.happens(asked, ports.clock())
    await ports.store.keep(life.flush(), till.claim)
    till.claim = replace(till.claim, fence=till.claim.fence or 1)
    crash_point("payments.after_intent")
    return payment
