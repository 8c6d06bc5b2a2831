-- What Alertmanager told: a row for each time that an alert fired. Of all that is here,
-- this alone cannot be made again from the stream.
CREATE TABLE alert (
    fingerprint text NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    name        text NOT NULL,
    severity    text NOT NULL,
    subject     text NOT NULL,
    summary     text NOT NULL,
    description text NOT NULL,
    runbook     text NOT NULL,
    labels      jsonb NOT NULL,
    PRIMARY KEY (fingerprint, starts_at)
);

CREATE INDEX alert_starts ON alert (starts_at);
