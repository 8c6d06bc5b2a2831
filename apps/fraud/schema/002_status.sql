-- A card's status, and the refusals in a row that led to it.
ALTER TABLE card_risk
    ADD COLUMN status text NOT NULL DEFAULT 'GREEN'
        CHECK (status IN ('GREEN', 'ORANGE', 'RED')),
    ADD COLUMN refused      integer NOT NULL DEFAULT 0 CHECK (refused >= 0),
    ADD COLUMN window_start timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN version      integer NOT NULL DEFAULT 0;

-- Answers that may have cost a payment; the others are log lines only.
CREATE TABLE assessment (
    assessment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_token    uuid NOT NULL,
    status        text NOT NULL CHECK (status IN ('GREEN', 'ORANGE', 'RED')),
    count         bigint NOT NULL,
    assessed_at   timestamptz NOT NULL,
    trace_id      text NOT NULL
);

CREATE INDEX assessment_of_card ON assessment (card_token, assessed_at);
