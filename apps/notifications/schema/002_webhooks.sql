-- What was recorded before named no event, and could be sent to nobody.
DROP TABLE notification;

CREATE TABLE endpoint (
    ref         text PRIMARY KEY,
    merchant_id text NOT NULL,
    url         text NOT NULL
);

CREATE INDEX endpoint_of_merchant ON endpoint (merchant_id);

-- One event for one endpoint. `queued` is the attempt that the last job was made for;
-- while it equals `attempt`, the next one waits for `next_at`.
CREATE TABLE notification (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind = 'webhook'),
    merchant_id  text NOT NULL,
    payment_id   uuid NOT NULL,
    target       text NOT NULL REFERENCES endpoint (ref),
    event_id     uuid NOT NULL,
    type         text NOT NULL,
    body         text NOT NULL,
    state        text NOT NULL CHECK (state IN ('pending', 'failed', 'delivered', 'dead')),
    attempt      integer NOT NULL,
    queued       integer NOT NULL,
    next_at      timestamptz,
    leased_until timestamptz,
    created_at   timestamptz NOT NULL,
    traceparent  text,
    UNIQUE (target, event_id)
);

CREATE INDEX notification_of_payment ON notification (payment_id);
CREATE INDEX notification_due ON notification (next_at)
    WHERE state IN ('pending', 'failed') AND queued = attempt;
CREATE INDEX notification_open ON notification (created_at)
    WHERE state IN ('pending', 'failed');

CREATE TABLE delivery_attempt (
    notification_id uuid NOT NULL REFERENCES notification (id),
    attempt         integer NOT NULL,
    at              timestamptz NOT NULL,
    status          integer,
    error           text,
    duration_ms     integer NOT NULL,
    trace_id        text NOT NULL,
    PRIMARY KEY (notification_id, attempt)
);
