-- One-time codes and links: what is mailed to an address proves, once and for
-- an hour, that whoever submits it reads the mail there. Kept is an HMAC under
-- the service's secret, so a copy of the database tells no code. Those of
-- addresses nobody has are rows as well: both cases take the same steps.

CREATE TABLE onetime_codes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    flow_id uuid NOT NULL REFERENCES flows ON DELETE CASCADE,
    -- NULL: nobody's; none such is ever accepted, but for registration
    identity_id uuid REFERENCES identities ON DELETE CASCADE,
    address text NOT NULL CHECK (address <> '' AND length(address) <= 512),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- A newer one replaces the older: at most one of a flow is good at a time.
CREATE UNIQUE INDEX onetime_codes_live ON onetime_codes (flow_id)
    WHERE used_at IS NULL;
CREATE INDEX onetime_codes_of ON onetime_codes (flow_id);
CREATE INDEX onetime_codes_whose ON onetime_codes (identity_id)
    WHERE identity_id IS NOT NULL;

-- How often a code was submitted to a flow, right or wrong.
ALTER TABLE flows ADD COLUMN submits integer NOT NULL DEFAULT 0;

-- Whether an address nobody has was told so lately.
CREATE INDEX mails_to_strangers ON mails (recipient, created_at) WHERE NOT valid;
