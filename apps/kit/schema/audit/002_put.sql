-- Rows as `audit.row` makes them, added in their order; the last thing a transaction does.
CREATE FUNCTION audit_put(entries jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO audit_event (actor, action, subject, result, instance, trace_id, facts)
    SELECT actor, action, subject, result, instance, trace_id, facts
    FROM ROWS FROM (jsonb_to_recordset(entries) AS (actor text, action text,
        subject text, result text, instance text, trace_id text, facts jsonb)
        ) WITH ORDINALITY
    ORDER BY ordinality
$$;
