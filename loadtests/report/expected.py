"""What must have been told of a run, by what its client knows: at least, and at most."""

from .reading import Asked, Run

Counts = tuple[int, int]


def over(run: Run) -> float:
    """When the last visit was answered that was under way at the end."""
    return max([run.ended, *(each.end for each in run.asked)])


def decided(run: Run) -> Counts:
    """Payments; whose order had no answer may have been decided for all we know."""
    orders = [each for each in run.asked if each.is_order]
    known = [each for each in orders if each.response_code]
    open_ = {each.key for each in orders if _is_open(each) or each.status == 202}
    open_ -= {each.key for each in known}
    payments = len({each.payment_id for each in known})
    return payments, payments + len(open_)


def ordered(run: Run) -> Counts:
    """Orders that payments took, the same payment as often as it was asked for."""
    orders = [each for each in run.asked if each.is_order]
    taken = sum((each.status or 500) < 300 for each in orders)
    return taken, taken + sum(map(_is_open, orders))


def answered(run: Run) -> Counts:
    """Requests; who is turned away at the door is counted there, and has no span."""
    sent = sum(each.trouble != "not sent" for each in run.asked)
    return sum(each.status not in {None, 503} for each in run.asked), sent


def _is_open(order: Asked) -> bool:
    """Nobody knows what became of it."""
    return order.result == "indeterminate"
