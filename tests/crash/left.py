"""What each crash leaves behind, looked at before anybody comes back."""

from collections.abc import Awaitable, Callable, Mapping

from apps.kit.events import event_id

from .edges import Edge, Outcome
from .till import Order
from .world import Books

Look = Callable[[Edge, Order, Books], Awaitable[None]]


async def nobody_asked(_edge: Edge, order: Order, books: Books):
    """The intent is kept, and the bank knows nothing."""
    payment = await books.payment(order.key)
    assert payment["status"] == "received"
    assert await books.authorised(payment["payment_id"]) is None


async def only_the_bank_knows(edge: Edge, order: Order, books: Books):
    """The bank has decided, if it could, and payments has not."""
    payment = await books.payment(order.key)
    assert payment["status"] == "received"
    known = await books.authorised(payment["payment_id"])
    assert (known is None) == (edge.outcome is Outcome.TIMEOUT)


async def decided(edge: Edge, order: Order, books: Books):
    """The decision is kept, with its answer that nobody got."""
    payment = await books.payment(order.key)
    assert (payment["response_code"], payment["source"]) == edge.end[1:3]
    answers = await books.payments.fetchval(
        "SELECT count(*) FROM idempotency WHERE payment_id = $1 AND body IS NOT NULL",
        payment["payment_id"],
    )
    assert answers == 1


async def not_captured(_edge: Edge, order: Order, books: Books):
    payment = await books.payment(order.key)
    assert (payment["status"], payment["captured"]) == ("authorised", 0)
    query = "SELECT count(*) FROM capture WHERE payment_id = $1"
    assert await books.payments.fetchval(query, payment["payment_id"]) == 0


async def nothing_settled(_edge: Edge, order: Order, books: Books):
    """Of several payments in the batch not one is settled, nor is there a batch."""
    payment = await books.payment(order.key)
    assert payment["status"] == "captured"
    unsettled = "SELECT count(*) FROM capture WHERE batch_id IS NULL"
    assert await books.payments.fetchval(unsettled) >= 2


async def bank_knows(_edge: Edge, order: Order, books: Books):
    payment = await books.payment(order.key)
    assert await books.authorised(payment["payment_id"]) is not None


async def published_unknown(_edge: Edge, order: Order, books: Books):
    """The stream has an event that the outbox believes to hold."""
    payment = await books.payment(order.key)
    id = event_id(payment["payment_id"], 1)
    query = "SELECT published_at IS NULL FROM outbox WHERE id = $1"
    assert await books.payments.fetchval(query, id) is True
    sent = await books.stream.get_last_msg("PAY", "pay.v1.payment.received")
    assert sent.headers["Nats-Msg-Id"] == str(id)


async def counted_unsaid(_edge: Edge, order: Order, books: Books):
    """Fraud has counted the payment, and the stream waits for it to say so."""
    payment = await books.payment(order.key)
    query = "SELECT count FROM card_risk WHERE card_token = $1"
    assert await books.databases["fraud"].fetchval(query, payment["card_token"]) == 1
    consumer = await books.stream.consumer_info("PAY", "fraud-count_card")
    assert consumer.num_ack_pending == 1


async def not_shown(_edge: Edge, order: Order, books: Books):
    """The back office shows nothing of what it was about to show, in one batch or two."""
    payment = await books.payment(order.key)
    query = "SELECT status FROM payment_view WHERE payment_id = $1"
    shown = await books.databases["backoffice"].fetchval(query, payment["payment_id"])
    assert shown is None


LEFT: Mapping[str, Look] = {
    "payments.after_intent": nobody_asked,
    "payments.before_bank": nobody_asked,
    "payments.after_bank": only_the_bank_knows,
    "payments.before_decision": only_the_bank_knows,
    "payments.after_decision": decided,
    "payments.mid_capture": not_captured,
    "payments.mid_settlement": nothing_settled,
    "bank.before_answer": bank_knows,
    "outbox.after_put": only_the_bank_knows,
    "outbox.after_publish": published_unknown,
    "inbox.before_ack": counted_unsaid,
    "backoffice.mid_projection": not_shown,
}
