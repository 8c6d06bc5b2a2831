"""What notifications' database is asked: of many rows, so that one trip does."""

from datetime import timedelta

KEEP = """
INSERT INTO notification
    (id, merchant_id, payment_id, target, event_id, type, body, created_at,
     traceparent, state, attempt, next_at, kind, queued)
SELECT new.*, 'pending', 0, created_at, 'webhook', 1
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[],
    $7::text[], $8::timestamptz[], $9::text[])
    AS new (id, merchant_id, payment_id, target, event_id, type, body, created_at,
        traceparent)
ON CONFLICT (target, event_id) DO NOTHING RETURNING id
"""
CLAIM = """
WITH free AS (
    SELECT notification.id
    FROM notification JOIN unnest($1::uuid[], $2::integer[]) AS job (id, number)
        ON notification.id = job.id AND attempt = number - 1
    WHERE state NOT IN ('delivered', 'dead')
    AND (leased_until IS NULL OR leased_until <= $3)
    FOR UPDATE OF notification SKIP LOCKED
)
UPDATE notification SET leased_until = $4 FROM free, endpoint
WHERE notification.id = free.id AND ref = target
RETURNING notification.*, url
"""
"""What another worker has in hand at this moment is waited for by nobody. Who is open is
said so that no index of all that are open serves: there may be many, and few are asked."""
ARE_OPEN = """
SELECT job.id, number
FROM notification JOIN unnest($1::uuid[], $2::integer[]) AS job (id, number)
    ON notification.id = job.id AND attempt = number - 1
WHERE state NOT IN ('delivered', 'dead')
"""
FINISH = """
WITH done AS (
    UPDATE notification
    SET attempt = made.attempt, state = made.state, next_at = made.next_at,
        leased_until = NULL
    FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[],
        $5::timestamptz[], $6::integer[], $7::text[], $8::integer[], $9::text[])
        AS made (id, attempt, state, next_at, at, status, error, duration_ms, trace_id)
    WHERE notification.id = made.id AND notification.attempt = made.attempt - 1
    RETURNING made.*
)
INSERT INTO delivery_attempt
    (notification_id, attempt, at, status, error, duration_ms, trace_id)
SELECT id, attempt, at, status, error, duration_ms, trace_id FROM done
RETURNING notification_id
"""
DUE = """
SELECT * FROM notification
WHERE state IN ('pending', 'failed') AND next_at <= $1 AND (queued = attempt
    OR next_at <= $2 AND (leased_until IS NULL OR leased_until <= $1))
ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""
QUEUED = """
UPDATE notification SET queued = number, next_at = $3
FROM unnest($1::uuid[], $2::integer[]) AS job (id, number)
WHERE notification.id = job.id
"""
OF_PAYMENT = """
SELECT * FROM notification WHERE payment_id = $1 ORDER BY created_at, id
"""
ATTEMPTS = """
SELECT notification_id, attempt, at, status, error, duration_ms, trace_id
FROM delivery_attempt WHERE notification_id = ANY($1::uuid[]) ORDER BY attempt
"""
KEPT_FOR = timedelta(days=30)
"""As long as a dead letter: who asks why a merchant was told nothing finds both."""
PURGE = """
WITH old AS (
    SELECT id FROM notification
    WHERE state IN ('delivered', 'dead') AND created_at < now() - $1::interval
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
), tries AS (DELETE FROM delivery_attempt USING old WHERE notification_id = old.id)
DELETE FROM notification USING old WHERE notification.id = old.id
"""
BACKLOG = """
SELECT count(*) AS count, min(created_at) AS oldest FROM notification
WHERE state IN ('pending', 'failed')
"""
