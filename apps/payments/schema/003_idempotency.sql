-- What was asked under a key, and the answer that it got. Kept for a day.
CREATE TABLE idempotency (
    merchant_id text NOT NULL,
    route       text NOT NULL,
    key_hmac    bytea NOT NULL,
    fingerprint bytea NOT NULL,
    payment_id  uuid NOT NULL,
    fence       int NOT NULL DEFAULT 1,
    lease_until timestamptz NOT NULL,
    first_at    timestamptz NOT NULL DEFAULT now(),
    status      smallint,
    body        bytea,
    PRIMARY KEY (merchant_id, route, key_hmac)
);

CREATE INDEX idempotency_age ON idempotency (first_at);
