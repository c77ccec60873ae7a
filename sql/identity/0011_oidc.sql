-- Sign-in with providers: who was sent away and may come back, and sessions
-- that a browser won for an app, which fetches them with two codes.

-- One row per browser sent to a provider. The state itself is in the browser's
-- hands only; what must be held against the answer is sealed. A row that was
-- used stays with its flow, so that a second use is known as one.
CREATE TABLE oidc_states (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32),
    flow_id uuid NOT NULL REFERENCES flows ON DELETE CASCADE,
    provider text NOT NULL,
    ticket text NOT NULL,
    answer text,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX oidc_states_of ON oidc_states (flow_id);

-- The app holds the first code since it began its flow; the second comes with
-- the browser that returns to it. The token is sealed until it is fetched.
CREATE TABLE session_exchanges (
    init_hash bytea PRIMARY KEY CHECK (length(init_hash) = 32),
    return_hash bytea NOT NULL CHECK (length(return_hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    token text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_exchanges_of ON session_exchanges (session_id);
CREATE INDEX session_exchanges_by_end ON session_exchanges (expires_at);
