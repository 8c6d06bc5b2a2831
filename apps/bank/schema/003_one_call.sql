-- As `standing_alone`, and with it the account that the request draws on, ours too: of a
-- request that is not known yet, the account of its card, opened if there is none. It may be
-- asked for by the bank's own id.
DROP FUNCTION standing_alone;

CREATE FUNCTION standing_alone(asked uuid, authorised uuid, card uuid, money char(3),
    opening bigint) RETURNS TABLE (known standing, balance bigint, held bigint)
LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid := asked;
BEGIN
    IF wanted IS NULL THEN
        SELECT a.request_id INTO wanted FROM authorisation a
        WHERE a.authorisation_id = authorised;
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(wanted::text, 0));
    SELECT s.* INTO known FROM standing s WHERE s.request_id = wanted;
    IF FOUND THEN
        IF known.state = 'held' THEN
            SELECT a.balance, a.held INTO balance, held FROM account a
            WHERE a.card_token = known.card_token AND a.currency = known.currency
            FOR UPDATE;
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;
    IF card IS NULL THEN
        RETURN;
    END IF;
    FOR _ IN 1..2 LOOP
        SELECT a.balance, a.held INTO balance, held FROM account a
        WHERE a.card_token = card AND a.currency = money FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO account (card_token, currency, balance) VALUES (card, money, opening)
        ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN NEXT;
END $$;

-- A change with its account, its hold, what others are told and what auditors read of it, in
-- one call: all or nothing. Rows come as the tables have them, by what `rows.py` calls them.
-- The audit trail comes last, for there everybody waits.
CREATE FUNCTION keep_change(change jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF change ? 'account' THEN
        UPDATE account SET balance = moved.balance, held = moved.held
        FROM jsonb_to_record(change -> 'account') AS moved (card_token uuid,
            currency char(3), balance bigint, held bigint)
        WHERE account.card_token = moved.card_token
            AND account.currency = moved.currency;
    END IF;
    INSERT INTO authorisation (authorisation_id, request_id, merchant_id, card_token,
        amount, currency, decision, network_code, traceparent)
    SELECT authorisation_id, request_id, merchant_id, card_token, amount, currency,
        decision, network_code, traceparent
    FROM jsonb_populate_record(NULL::authorisation, change -> 'authorisation')
    ON CONFLICT (authorisation_id) DO UPDATE SET merchant_id = EXCLUDED.merchant_id,
        card_token = EXCLUDED.card_token, amount = EXCLUDED.amount,
        currency = EXCLUDED.currency
    WHERE authorisation.amount IS NULL;
    IF change ? 'hold' THEN
        INSERT INTO hold (authorisation_id, state, amount, captured, expires_at)
        SELECT authorisation_id, state, amount, captured, expires_at
        FROM jsonb_populate_record(NULL::hold, change -> 'hold')
        ON CONFLICT (authorisation_id) DO UPDATE SET state = EXCLUDED.state,
            captured = EXCLUDED.captured, changed_at = now();
    END IF;
    IF change ? 'reversal' THEN
        INSERT INTO reversal
        SELECT * FROM jsonb_populate_record(NULL::reversal, change -> 'reversal');
    END IF;
    IF change ? 'outbox' THEN
        PERFORM outbox_put(change -> 'outbox');
    END IF;
    PERFORM audit_put(change -> 'entries');
END $$;
