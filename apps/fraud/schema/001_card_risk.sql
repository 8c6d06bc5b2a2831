CREATE TABLE card_risk (
    card_token uuid PRIMARY KEY,
    count      bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
