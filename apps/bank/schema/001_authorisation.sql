CREATE TABLE authorisation (
    authorisation_id uuid PRIMARY KEY,
    request_id       uuid NOT NULL UNIQUE,
    merchant_id      text NOT NULL,
    card_token       uuid NOT NULL,
    amount           bigint NOT NULL CHECK (amount > 0),
    currency         char(3) NOT NULL,
    verdict          text NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now()
);
