-- As before, but planned once for each connection and not with each call.
CREATE OR REPLACE FUNCTION outbox_put(events jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (id, subject, payload, traceparent, baggage)
    SELECT asked.id, asked.subject, asked.payload, asked.traceparent, asked.baggage
    FROM ROWS FROM (jsonb_to_recordset(events) AS (id uuid, subject text, payload text,
        traceparent text, baggage text)) WITH ORDINALITY AS asked
    ORDER BY asked.ordinality
    ON CONFLICT (id) DO NOTHING;
END $$;
