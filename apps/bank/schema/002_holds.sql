-- What a card's owner has in one currency; `held` of it is promised to authorisations.
CREATE TABLE account (
    card_token uuid NOT NULL,
    currency   char(3) NOT NULL,
    balance    bigint NOT NULL CHECK (balance >= 0),
    held       bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    opened_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (card_token, currency),
    CONSTRAINT held_is_there CHECK (held <= balance)
) WITH (fillfactor = 70);  -- its rows change with every payment

-- A tombstone is an authorisation that was reversed before it was asked for: all that is
-- known of it is the request's id.
ALTER TABLE authorisation RENAME COLUMN verdict TO decision;
ALTER TABLE authorisation
    ADD COLUMN network_code char(2),
    ADD COLUMN traceparent text;
UPDATE authorisation
    SET network_code = CASE decision WHEN 'approved' THEN '00' ELSE '05' END;
ALTER TABLE authorisation
    ALTER COLUMN network_code SET NOT NULL,
    ALTER COLUMN merchant_id DROP NOT NULL,
    ALTER COLUMN card_token DROP NOT NULL,
    ALTER COLUMN amount DROP NOT NULL,
    ALTER COLUMN currency DROP NOT NULL,
    ADD CONSTRAINT known_code CHECK (network_code IN ('00', '05', '51', '61')),
    ADD CONSTRAINT code_of_decision CHECK (
        decision = CASE network_code WHEN '00' THEN 'approved' ELSE 'refused' END),
    ADD CONSTRAINT asked_whole_or_not_at_all CHECK (
        num_nulls(merchant_id, card_token, amount, currency) IN (0, 4)),
    ADD CONSTRAINT approved_if_asked CHECK (network_code <> '00' OR amount IS NOT NULL);

-- What was authorised before this table was made holds nothing.
CREATE TABLE hold (
    authorisation_id uuid PRIMARY KEY REFERENCES authorisation,
    state            text NOT NULL CHECK (
        state IN ('held', 'captured', 'reversed', 'expired', 'tombstone')),
    amount           bigint NOT NULL CHECK (amount >= 0),
    captured         bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),
    expires_at       timestamptz,
    changed_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT captured_of_held CHECK (captured <= amount),
    CONSTRAINT captured_if_so CHECK ((state = 'captured') = (captured > 0)),
    CONSTRAINT tombstone_holds_nothing CHECK (
        (state = 'tombstone') = (amount = 0) AND
        (state = 'tombstone') = (expires_at IS NULL))
);

CREATE INDEX hold_overdue ON hold (expires_at) WHERE state = 'held';

CREATE TABLE reversal (
    reversal_id uuid PRIMARY KEY,
    request_id  uuid NOT NULL UNIQUE REFERENCES authorisation (request_id),
    reason      text NOT NULL,
    reversed_at timestamptz NOT NULL
);

CREATE VIEW standing AS
SELECT a.authorisation_id, a.request_id, a.merchant_id, a.card_token, a.amount,
       a.currency, a.network_code, h.state, h.amount AS hold_amount, h.captured,
       h.expires_at, r.reversal_id, r.reason, r.reversed_at
FROM authorisation a
LEFT JOIN hold h USING (authorisation_id)
LEFT JOIN reversal r USING (request_id);

-- Whoever asks, reverses, captures or expires one request waits for the others, even while
-- it has no row to lock. Only a statement that begins after the lock sees what they kept:
-- that is why the two are one call, and two statements inside it.
CREATE FUNCTION standing_alone(asked uuid) RETURNS SETOF standing
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(asked::text, 0));
    RETURN QUERY SELECT * FROM standing WHERE request_id = asked;
END $$;
