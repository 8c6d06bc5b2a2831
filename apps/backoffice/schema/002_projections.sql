-- Every row belongs to a generation of its projection. One generation serves; another
-- may be in the making. What belongs to neither is swept away.

CREATE SEQUENCE projection_generation;

CREATE TABLE projection_offset (
    projection  text NOT NULL,
    state       text NOT NULL CHECK (state IN ('serving', 'filling')),
    generation  bigint NOT NULL UNIQUE DEFAULT nextval('projection_generation'),
    stream_seq  bigint NOT NULL DEFAULT 0,
    first_seq   bigint,
    event_time  timestamptz,
    events      bigint NOT NULL DEFAULT 0,
    target_seq  bigint NOT NULL DEFAULT 0,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, state)
) WITH (fillfactor = 50);

INSERT INTO projection_offset (projection, state)
VALUES ('payment_view', 'serving'), ('merchant_day', 'serving'),
    ('balance_view', 'serving'), ('card_flag', 'serving');

-- What was shown before had no generations: it is made anew from the stream.
INSERT INTO projection_offset (projection, state)
SELECT projection, 'filling' FROM projection_offset
WHERE EXISTS (SELECT FROM payment_view);

DROP TABLE payment_view;

CREATE TABLE payment_view (
    generation      bigint NOT NULL,
    payment_id      uuid NOT NULL,
    merchant_id     text NOT NULL,
    pos_id          text NOT NULL,
    card_token      uuid NOT NULL,
    brand           text NOT NULL,
    last4           text NOT NULL,
    amount          bigint NOT NULL,
    currency        text NOT NULL,
    created_at      timestamptz NOT NULL,
    trace_id        text NOT NULL,
    status          text NOT NULL,
    version         bigint NOT NULL,
    response_code   text,
    network_code    text,
    processing_mode text,
    source          text,
    attempts        integer,
    captured        bigint NOT NULL,
    fee             bigint NOT NULL,
    refunded        bigint NOT NULL,
    settled         bigint NOT NULL,
    void_reason     text,
    standin         text,
    received_at     timestamptz,
    authorised_at   timestamptz,
    declined_at     timestamptz,
    captured_at     timestamptz,
    voided_at       timestamptz,
    refunded_at     timestamptz,
    settled_at      timestamptz,
    reconciled_at   timestamptz,
    PRIMARY KEY (generation, payment_id)
);

CREATE INDEX payment_view_standin ON payment_view (generation, merchant_id)
WHERE source = 'delegation';

CREATE TABLE merchant_day (
    generation  bigint NOT NULL,
    merchant_id text NOT NULL,
    day         date NOT NULL,
    currency    text NOT NULL,
    outcome     text NOT NULL,
    reason      text NOT NULL,
    count       bigint NOT NULL,
    amount      bigint NOT NULL,
    fee         bigint NOT NULL,
    fallbacks   bigint NOT NULL,
    PRIMARY KEY (generation, merchant_id, day, currency, outcome, reason)
) WITH (fillfactor = 50);

CREATE TABLE balance_view (
    generation  bigint NOT NULL,
    merchant_id text NOT NULL,
    currency    text NOT NULL,
    captured    bigint NOT NULL,
    refunded    bigint NOT NULL,
    fees        bigint NOT NULL,
    settled     bigint NOT NULL,
    pending     bigint NOT NULL,
    PRIMARY KEY (generation, merchant_id, currency)
) WITH (fillfactor = 50);

CREATE TABLE card_flag (
    generation  bigint NOT NULL,
    card_token  uuid NOT NULL,
    status      text NOT NULL,
    previous    text NOT NULL,
    count       bigint NOT NULL,
    version     bigint NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (generation, card_token)
);

-- The events that a sum holds: one that comes again is not added again.
CREATE TABLE counted_event (
    generation  bigint NOT NULL,
    event_id    uuid NOT NULL,
    PRIMARY KEY (generation, event_id)
);
