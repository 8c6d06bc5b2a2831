-- The double-entry ledger: added to, never changed. A debit is above zero, a credit below.
CREATE TABLE ledger_account (
    account text PRIMARY KEY,
    kind    text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense'))
);

-- Each merchant's account (merchant_payable:<id>) appears with its first entry.
INSERT INTO ledger_account (account, kind) VALUES
    ('scheme_receivable', 'asset'),
    ('standin_exposure', 'asset'),
    ('settlement_cash', 'asset'),
    ('fee_income', 'income'),
    ('standin_loss', 'expense');

-- A transfer comes whole, its entries in it as [[account, amount], ...], so that its hash
-- seals them; ledger_entry holds the same, unfolded, to be summed. No foreign keys: under
-- one they would have to be locked, which takes the grant to UPDATE them. What they would
-- say is checked below, and since nothing is ever deleted it stays true.
CREATE TABLE ledger_transaction (
    seq         bigint NOT NULL UNIQUE,
    transfer_id uuid PRIMARY KEY,
    subject_id  uuid NOT NULL,
    step        text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('pending', 'post', 'void', 'posted')),
    pending_id  uuid,
    currency    char(3) NOT NULL,
    entries     jsonb NOT NULL,
    at          timestamptz NOT NULL,
    trace_id    char(32) NOT NULL,
    prev_hash   bytea NOT NULL,
    hash        bytea NOT NULL,
    CHECK ((kind IN ('post', 'void')) = (pending_id IS NOT NULL)),
    CHECK ((kind = 'void') = (entries = '[]'))
);

CREATE UNIQUE INDEX ledger_resolved_once ON ledger_transaction (pending_id)
    WHERE pending_id IS NOT NULL;

CREATE TABLE ledger_entry (
    transfer_id uuid NOT NULL,
    n           int NOT NULL,
    account     text NOT NULL,
    amount      bigint NOT NULL CHECK (amount <> 0),
    currency    char(3) NOT NULL,
    PRIMARY KEY (transfer_id, n)
);

-- All that was ever accepted in the bank's stead, and taken off again: for auditors.
CREATE INDEX ledger_exposure ON ledger_entry (transfer_id) INCLUDE (amount)
    WHERE account = 'standin_exposure';

-- Where the chain ends: without it, rows could be cut off its end unseen.
CREATE TABLE ledger_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint NOT NULL,
    hash     bytea NOT NULL
) WITH (fillfactor = 10);

INSERT INTO ledger_head (seq, hash) VALUES (0, sha256('ledger'));

CREATE FUNCTION ledger_hash(t ledger_transaction) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(t.prev_hash || convert_to(jsonb_build_array(
        t.seq, t.transfer_id, t.subject_id, t.step, t.kind, t.pending_id, t.currency,
        t.entries, to_char(t.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        t.trace_id
    )::text, 'UTF8'))
$$;

-- One writer at a time, until its transaction ends: a chain has no branches.
CREATE FUNCTION ledger_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7245);
    SELECT seq + 1, hash INTO STRICT NEW.seq, NEW.prev_hash FROM ledger_head;
    NEW.hash := ledger_hash(NEW);
    UPDATE ledger_head SET seq = NEW.seq, hash = NEW.hash;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_sealed BEFORE INSERT ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION ledger_seal();

CREATE FUNCTION ledger_unfold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing text;
BEGIN
    INSERT INTO ledger_entry (transfer_id, n, account, amount, currency)
    SELECT NEW.transfer_id, n, entry ->> 0, (entry ->> 1)::bigint, NEW.currency
    FROM jsonb_array_elements(NEW.entries) WITH ORDINALITY AS unfolded (entry, n);

    FOR missing IN
        SELECT DISTINCT account FROM ledger_entry e WHERE transfer_id = NEW.transfer_id
            AND NOT EXISTS (SELECT FROM ledger_account a WHERE a.account = e.account)
    LOOP
        IF missing NOT LIKE 'merchant\_payable:_%' THEN
            RAISE EXCEPTION 'there is no account %', missing
                USING ERRCODE = 'foreign_key_violation';
        END IF;
        INSERT INTO ledger_account (account, kind) VALUES (missing, 'liability');
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_unfolded AFTER INSERT ON ledger_transaction
    FOR EACH ROW WHEN (NEW.kind <> 'void') EXECUTE FUNCTION ledger_unfold();

CREATE FUNCTION ledger_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM ledger_entry WHERE transfer_id = NEW.transfer_id
        GROUP BY currency HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'the entries of % do not sum to zero', NEW.transfer_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON ledger_transaction
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind <> 'void') EXECUTE FUNCTION ledger_balance();

-- A post debits no account with more than is pending there: what it credits, the fee
-- included, is out of that, since it sums to zero.
CREATE FUNCTION ledger_resolve() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM ledger_transaction WHERE transfer_id = NEW.pending_id
        AND kind = 'pending' AND subject_id = NEW.subject_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% resolves nothing that is pending', NEW.transfer_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (
        SELECT FROM ledger_entry WHERE transfer_id IN (NEW.transfer_id, NEW.pending_id)
        GROUP BY account
        HAVING sum(amount) FILTER (WHERE transfer_id = NEW.transfer_id)
            > greatest(0, sum(amount) FILTER (WHERE transfer_id = NEW.pending_id))
    ) THEN
        RAISE EXCEPTION '% posts more than is pending', NEW.transfer_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_resolved AFTER INSERT ON ledger_transaction
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.pending_id IS NOT NULL) EXECUTE FUNCTION ledger_resolve();

CREATE FUNCTION ledger_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is booked stays booked (% on %)', TG_OP, TG_TABLE_NAME;
END $$;

CREATE TRIGGER ledger_account_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay();

CREATE TRIGGER ledger_transaction_stays BEFORE UPDATE OR DELETE OR TRUNCATE
    ON ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay();

CREATE TRIGGER ledger_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay();

CREATE TRIGGER ledger_head_stays BEFORE INSERT OR DELETE OR TRUNCATE ON ledger_head
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_stay();

-- Entries come with their transfer, and the head moves with it: never by themselves.
CREATE TRIGGER ledger_entry_follows BEFORE INSERT ON ledger_entry
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_stay();

CREATE TRIGGER ledger_head_follows BEFORE UPDATE ON ledger_head
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION ledger_stay();

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_account, ledger_transaction, ledger_entry
    FROM CURRENT_USER;
REVOKE DELETE, TRUNCATE ON ledger_head FROM CURRENT_USER;
