-- Rows as `outbox.row` makes them, queued in their order.
CREATE FUNCTION outbox_put(events jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (id, subject, payload, traceparent, baggage)
    SELECT id, subject, payload, traceparent, baggage
    FROM ROWS FROM (jsonb_to_recordset(events) AS (id uuid, subject text, payload text,
        traceparent text, baggage text)) WITH ORDINALITY
    ORDER BY ordinality
    ON CONFLICT (id) DO NOTHING
$$;
