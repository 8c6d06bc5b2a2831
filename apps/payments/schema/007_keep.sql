-- Transfers as `ledger.row` makes them, booked in their order. From here to the end of the
-- transaction no other books.
CREATE FUNCTION ledger_book(transfers jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_transaction (transfer_id, subject_id, step, kind, pending_id,
        currency, entries, at, trace_id, seq, prev_hash, hash)
    SELECT transfer_id, subject_id, step, kind, pending_id, currency, entries, at,
        trace_id, 0, '', ''
    FROM ROWS FROM (jsonb_to_recordset(transfers) AS (transfer_id uuid, subject_id uuid,
        step text, kind text, pending_id uuid, currency text, entries jsonb,
        at timestamptz, trace_id text)) WITH ORDINALITY
    ORDER BY ordinality
$$;

-- A payment as it is now; `before` is the version that the change was made from.
CREATE FUNCTION keep_payment(now_is payment, before int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF before = 0 THEN
        INSERT INTO payment SELECT now_is.*;
        RETURN;
    END IF;
    UPDATE payment SET
        status = now_is.status,
        version = now_is.version,
        response_code = now_is.response_code,
        network_code = now_is.network_code,
        processing_mode = now_is.processing_mode,
        source = now_is.source,
        attempts = now_is.attempts,
        authorisation_id = now_is.authorisation_id,
        captured = now_is.captured,
        refunded = now_is.refunded,
        fraud_status = now_is.fraud_status,
        fraud_checked = now_is.fraud_checked,
        reversal = now_is.reversal,
        standin = now_is.standin,
        is_settled = now_is.is_settled
    WHERE payment_id = now_is.payment_id AND version = before;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the payment is not as it was' USING ERRCODE = 'serialization_failure';
    END IF;
END $$;

-- A claim, made with its answer where that is known; false if it was made before.
CREATE FUNCTION make_claim(claim jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO idempotency (merchant_id, route, key_hmac, fingerprint, payment_id,
        lease_until, status, body)
    SELECT merchant_id, route, key_hmac, fingerprint, payment_id, now() + lease, status,
        body
    FROM jsonb_to_record(claim) AS asked (merchant_id text, route text, key_hmac bytea,
        fingerprint bytea, payment_id uuid, lease interval, status smallint, body bytea)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END $$;

-- The answer to a claim that is ours, unless somebody took it over.
CREATE FUNCTION finish_claim(merchant text, on_route text, key bytea, ours int,
    answer smallint, said bytea) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE idempotency SET status = answer, body = said
    WHERE merchant_id = merchant AND route = on_route AND key_hmac = key
        AND fence = ours AND body IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'somebody else took over' USING ERRCODE = 'serialization_failure';
    END IF;
END $$;

-- All that follows from what happened to payments, in one call: both or neither. Rows come
-- as the tables have them, by what `keeping.py` calls them. False if the claim was made
-- before: then nothing is kept.
--
-- The rows of payments first, in the order of their ids: whoever changes the same ones
-- waits there, holding nothing. The two chains last: there everybody waits.
CREATE FUNCTION keep_payments(kept jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    each jsonb;
BEGIN
    IF kept ? 'claim' AND NOT make_claim(kept -> 'claim') THEN
        RETURN false;
    END IF;
    FOR each IN SELECT changed FROM jsonb_array_elements(kept -> 'payments') changed
        ORDER BY changed ->> 'payment_id'
    LOOP
        PERFORM keep_payment(jsonb_populate_record(NULL::payment, each),
            (each ->> 'before')::int);
    END LOOP;
    INSERT INTO payment_event SELECT *
        FROM jsonb_populate_recordset(NULL::payment_event, kept -> 'events');
    IF kept ? 'finished' THEN
        PERFORM finish_claim(merchant_id, route, key_hmac, fence, status, body)
        FROM jsonb_to_record(kept -> 'finished') AS claim (merchant_id text, route text,
            key_hmac bytea, fence int, status smallint, body bytea);
    END IF;
    IF kept ? 'captures' THEN
        INSERT INTO capture SELECT *
            FROM jsonb_populate_recordset(NULL::capture, kept -> 'captures');
    END IF;
    IF kept ? 'refunds' THEN
        INSERT INTO refund SELECT *
            FROM jsonb_populate_recordset(NULL::refund, kept -> 'refunds');
    END IF;
    IF kept ? 'due' THEN
        -- A step becomes due once; but a card that looked good again may turn bad again.
        INSERT INTO saga (payment_id, step, next_at, traceparent)
        SELECT payment_id, step, now() + after, traceparent
        FROM jsonb_to_recordset(kept -> 'due') AS due (payment_id uuid, step text,
            after interval, traceparent text)
        ON CONFLICT (payment_id, step) DO UPDATE SET state = 'due',
            next_at = excluded.next_at, traceparent = excluded.traceparent
        WHERE saga.step = 'fraud_void' AND saga.state = 'done';
    END IF;
    FOR each IN SELECT jsonb_array_elements(kept -> 'ended') LOOP
        UPDATE saga SET state = 'done', progressed_at = now(), last_error = NULL
        WHERE payment_id = (each ->> 'payment_id')::uuid AND state <> 'done'
            AND step IN (SELECT jsonb_array_elements_text(each -> 'steps'));
    END LOOP;
    IF kept ? 'outbox' THEN
        PERFORM outbox_put(kept -> 'outbox');
    END IF;
    IF kept ? 'transfers' THEN
        PERFORM ledger_book(kept -> 'transfers');
    END IF;
    IF kept ? 'entries' THEN
        PERFORM audit_put(kept -> 'entries');
    END IF;
    RETURN true;
END $$;
