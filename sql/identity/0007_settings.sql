-- Account settings: submits that wait for a fresh sign-in, accounts that wait
-- for their deletion, and changes that wait until a new address is proven.

-- A submit of settings that needs a fresher sign-in than its sender had. What
-- was submitted is sealed with the service's secret, serves one session once,
-- and one row per form is kept: the last.
CREATE TABLE parked_submits (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    flow_id uuid NOT NULL UNIQUE REFERENCES flows ON DELETE CASCADE,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    sealed text NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX parked_submits_by_end ON parked_submits (expires_at);
CREATE INDEX parked_submits_of ON parked_submits (session_id);

-- Whoever deletes their account may change their mind until then.
ALTER TABLE identities ADD COLUMN delete_after timestamptz;
CREATE INDEX identities_to_delete ON identities (delete_after)
    WHERE delete_after IS NOT NULL;

-- Traits that take effect once their new address is proven; one row per
-- person, the last change.
CREATE TABLE pending_traits (
    identity_id uuid PRIMARY KEY REFERENCES identities ON DELETE CASCADE,
    address text NOT NULL,
    traits jsonb NOT NULL CHECK (jsonb_typeof(traits) = 'object'),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pending_traits_by_end ON pending_traits (expires_at);
