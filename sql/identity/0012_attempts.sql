-- How often was tried: the times of hits per action and subject (an identifier
-- as an HMAC, or a network address). Not worth a write-ahead log: after a
-- crash of the server everybody may try again.

CREATE UNLOGGED TABLE attempts (
    action text NOT NULL,
    subject text NOT NULL,
    hits timestamptz[] NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (action, subject)
);
CREATE INDEX attempts_by_age ON attempts (updated_at);
