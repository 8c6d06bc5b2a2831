CREATE TABLE merchant (
    merchant_id text PRIMARY KEY,
    name        text NOT NULL,
    currency    char(3) NOT NULL
);

CREATE TABLE pos (
    pos_id      text PRIMARY KEY,
    merchant_id text NOT NULL REFERENCES merchant,
    location    text NOT NULL,
    active      boolean NOT NULL
);

-- A card is known by a keyed digest of its number; the number itself is not kept.
CREATE TABLE card (
    card_token uuid PRIMARY KEY,
    pan_hmac   bytea NOT NULL UNIQUE,
    brand      text NOT NULL,
    last4      char(4) NOT NULL
);

CREATE TABLE payment (
    payment_id       uuid PRIMARY KEY,
    merchant_id      text NOT NULL REFERENCES merchant,
    pos_id           text NOT NULL REFERENCES pos,
    card_token       uuid NOT NULL REFERENCES card,
    amount           bigint NOT NULL CHECK (amount > 0),
    currency         char(3) NOT NULL,
    status           text NOT NULL,
    response_code    text NOT NULL,
    network_code     char(2) NOT NULL,
    processing_mode  text NOT NULL,
    source           text NOT NULL,
    attempts         int NOT NULL,
    authorisation_id uuid,
    created_at       timestamptz NOT NULL,
    trace_id         char(32) NOT NULL
);

INSERT INTO merchant (merchant_id, name, currency) VALUES
    ('M-01', 'Boulangerie du Port', 'EUR'),
    ('M-02', 'Librairie des Halles', 'EUR');

INSERT INTO pos (pos_id, merchant_id, location, active) VALUES
    ('POS-01', 'M-01', 'Blois', true),
    ('POS-02', 'M-01', 'Paris', true),
    ('POS-03', 'M-02', 'Lyon', true),
    ('POS-04', 'M-02', 'Lille', false);
