-- Who did what to whom, when, where, and what came of it: kept in the transaction that
-- did it, added to and never changed. Each row seals the one before it by its hash.
CREATE TABLE audit_event (
    seq       bigint PRIMARY KEY,
    at        timestamptz NOT NULL,
    actor     text NOT NULL,
    action    text NOT NULL,
    subject   text NOT NULL,
    result    text NOT NULL,
    instance  text NOT NULL,
    trace_id  char(32) NOT NULL,
    facts     jsonb NOT NULL,
    prev_hash bytea NOT NULL,
    hash      bytea NOT NULL
);

CREATE INDEX audit_of_subject ON audit_event (subject, seq);

-- Where the chain ends: without it, rows could be cut off its end unseen.
CREATE TABLE audit_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint NOT NULL,
    hash     bytea NOT NULL
) WITH (fillfactor = 10);

INSERT INTO audit_head (seq, hash) VALUES (0, sha256('payscope'));

CREATE FUNCTION audit_hash(e audit_event) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(e.prev_hash || convert_to(jsonb_build_array(
        e.seq, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        e.actor, e.action, e.subject, e.result, e.instance, e.trace_id, e.facts
    )::text, 'UTF8'))
$$;

-- One writer at a time, until its transaction ends: a chain has no branches.
CREATE FUNCTION audit_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7244);
    SELECT seq + 1, hash INTO STRICT NEW.seq, NEW.prev_hash FROM audit_head;
    NEW.at := clock_timestamp();
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_sealed BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_seal();

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was done stays done (% on %)', TG_OP, TG_TABLE_NAME;
END $$;

CREATE TRIGGER audit_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

CREATE TRIGGER audit_head_stays BEFORE INSERT OR DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

CREATE TRIGGER audit_head_moves BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_stays();

REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM CURRENT_USER;
REVOKE DELETE, TRUNCATE ON audit_head FROM CURRENT_USER;
