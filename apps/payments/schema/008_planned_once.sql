-- As before, but planned once for each connection and not with each call.
CREATE OR REPLACE FUNCTION ledger_book(transfers jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_transaction (transfer_id, subject_id, step, kind, pending_id,
        currency, entries, at, trace_id, seq, prev_hash, hash)
    SELECT asked.transfer_id, asked.subject_id, asked.step, asked.kind, asked.pending_id,
        asked.currency, asked.entries, asked.at, asked.trace_id, 0, '', ''
    FROM ROWS FROM (jsonb_to_recordset(transfers) AS (transfer_id uuid, subject_id uuid,
        step text, kind text, pending_id uuid, currency text, entries jsonb,
        at timestamptz, trace_id text)) WITH ORDINALITY AS asked
    ORDER BY asked.ordinality;
END $$;
