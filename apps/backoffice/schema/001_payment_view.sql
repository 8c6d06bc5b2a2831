CREATE TABLE payment_view (
    payment_id      uuid PRIMARY KEY,
    merchant_id     text NOT NULL,
    pos_id          text NOT NULL,
    brand           text NOT NULL,
    last4           char(4) NOT NULL,
    amount          bigint NOT NULL,
    currency        char(3) NOT NULL,
    status          text NOT NULL,
    response_code   text NOT NULL,
    processing_mode text NOT NULL,
    created_at      timestamptz NOT NULL,
    trace_id        char(32) NOT NULL
);
