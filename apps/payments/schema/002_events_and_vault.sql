-- A payment is the fold of its events; the row beside them is their sum, kept for reading.
CREATE TABLE payment_event (
    payment_id uuid NOT NULL,
    seq        int NOT NULL CHECK (seq > 0),
    type       text NOT NULL,
    data       jsonb NOT NULL,
    at         timestamptz NOT NULL,
    trace_id   char(32) NOT NULL,
    PRIMARY KEY (payment_id, seq)
);

CREATE FUNCTION history_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to a payment is not changed (% on %)', TG_OP, TG_TABLE_NAME;
END $$;

CREATE TRIGGER payment_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_event
    FOR EACH STATEMENT EXECUTE FUNCTION history_stays();

-- Between order and answer a payment has no decision yet.
ALTER TABLE payment
    ADD COLUMN version int NOT NULL DEFAULT 1,
    ALTER COLUMN response_code DROP NOT NULL,
    ALTER COLUMN network_code DROP NOT NULL,
    ALTER COLUMN processing_mode DROP NOT NULL,
    ALTER COLUMN source DROP NOT NULL,
    ALTER COLUMN attempts DROP NOT NULL;

-- The vault: the number only sealed, under the key that key_id names.
ALTER TABLE card
    ADD COLUMN pan_ciphertext bytea,
    ADD COLUMN key_id         char(8),
    ADD COLUMN expiry_month   smallint,
    ADD COLUMN expiry_year    smallint,
    ADD COLUMN blocked        boolean NOT NULL DEFAULT false,
    ADD COLUMN blocked_reason text;

-- EasyPay's terminals (worldline/observability-workshop, data.sql).
UPDATE pos SET location = 'Vallauris', active = true WHERE pos_id = 'POS-01';
UPDATE pos SET location = 'Blois', active = true WHERE pos_id = 'POS-02';
UPDATE pos SET location = 'Paris', active = false WHERE pos_id = 'POS-03';
UPDATE pos SET location = 'San Francisco', active = true WHERE pos_id = 'POS-04';
