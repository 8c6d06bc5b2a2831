-- How a merchant is paid, and what it pays for that.
ALTER TABLE merchant
    ADD COLUMN fee_bps        int NOT NULL DEFAULT 140 CHECK (fee_bps BETWEEN 0 AND 10000),
    ADD COLUMN fee_fixed      bigint NOT NULL DEFAULT 25 CHECK (fee_fixed >= 0),
    ADD COLUMN capture_method text NOT NULL DEFAULT 'automatic';

UPDATE merchant SET capture_method = 'manual' WHERE merchant_id = 'M-02';

-- What a payment is after all that can happen to it.
ALTER TABLE payment
    ADD COLUMN capture            text NOT NULL DEFAULT 'manual',
    ADD COLUMN merchant_reference text,
    ADD COLUMN captured           bigint NOT NULL DEFAULT 0,
    ADD COLUMN refunded           bigint NOT NULL DEFAULT 0,
    ADD COLUMN fraud_status       text,
    ADD COLUMN fraud_checked      boolean,
    ADD COLUMN reversal           text,
    ADD COLUMN standin            text,
    ADD COLUMN is_settled         boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT no_more_than_there_is
        CHECK (0 <= refunded AND refunded <= captured AND captured <= amount);

CREATE UNIQUE INDEX payment_reference ON payment (merchant_id, merchant_reference)
    WHERE merchant_reference IS NOT NULL;
CREATE INDEX payment_of_pos ON payment (pos_id, payment_id DESC);
CREATE INDEX payment_in_state ON payment (status, payment_id DESC);
CREATE INDEX payment_since ON payment (created_at);
CREATE INDEX payment_held ON payment (created_at) WHERE status = 'authorised';
CREATE INDEX payment_undecided ON payment (created_at)
    WHERE status IN ('received', 'pending');
CREATE INDEX payment_voidable ON payment (card_token) WHERE status = 'authorised';
CREATE INDEX payment_delegated ON payment (card_token, created_at)
    WHERE standin IS NOT NULL;
CREATE INDEX payment_exposed ON payment (standin) WHERE standin = 'open';
CREATE INDEX idempotency_payment ON idempotency (payment_id);

-- Money that moved, or is to move, for a payment.
CREATE TABLE capture (
    capture_id  uuid PRIMARY KEY,
    payment_id  uuid NOT NULL UNIQUE REFERENCES payment,
    merchant_id text NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    fee         bigint NOT NULL CHECK (fee BETWEEN 0 AND amount),
    at          timestamptz NOT NULL,
    batch_id    uuid
);
CREATE INDEX capture_unsettled ON capture (merchant_id, at) WHERE batch_id IS NULL;

CREATE TABLE refund (
    refund_id   uuid PRIMARY KEY,
    payment_id  uuid NOT NULL REFERENCES payment,
    merchant_id text NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    at          timestamptz NOT NULL,
    batch_id    uuid
);
CREATE INDEX refund_unsettled ON refund (merchant_id, at) WHERE batch_id IS NULL;

CREATE TABLE settlement_batch (
    batch_id    uuid PRIMARY KEY,
    merchant_id text NOT NULL REFERENCES merchant,
    currency    char(3) NOT NULL,
    at          timestamptz NOT NULL,
    payments    int NOT NULL,
    gross       bigint NOT NULL,
    refunds     bigint NOT NULL,
    fees        bigint NOT NULL,
    net         bigint NOT NULL CHECK (net = gross - refunds - fees),
    trace_id    char(32) NOT NULL
);

-- Steps that finish a payment later: kept before they are tried, tried until done.
CREATE TABLE saga (
    payment_id    uuid NOT NULL REFERENCES payment,
    step          text NOT NULL,
    state         text NOT NULL DEFAULT 'due',
    attempts      int NOT NULL DEFAULT 0,
    next_at       timestamptz NOT NULL,
    traceparent   text,
    last_error    text,
    started_at    timestamptz NOT NULL DEFAULT now(),
    progressed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (payment_id, step)
);
CREATE INDEX saga_due ON saga (next_at) WHERE state = 'due';
CREATE INDEX saga_open ON saga (step, progressed_at) WHERE state <> 'done';
CREATE INDEX saga_done ON saga (progressed_at) WHERE state = 'done';

CREATE TABLE saga_step (
    payment_id uuid NOT NULL,
    step       text NOT NULL,
    attempt    int NOT NULL,
    outcome    text NOT NULL,
    error      text,
    at         timestamptz NOT NULL DEFAULT now(),
    trace_id   char(32) NOT NULL,
    PRIMARY KEY (payment_id, step, attempt)
);
