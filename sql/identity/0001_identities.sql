-- Who people are and how they prove it: identities, credentials, addresses,
-- sessions, self-service flows, error records and the audit trail. It stands
-- in a database of its own: the application knows an identity by its id only,
-- and a leak of the application database holds no hash of a password.

CREATE TABLE identities (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    schema_id text NOT NULL DEFAULT 'user',
    traits jsonb NOT NULL CHECK (jsonb_typeof(traits) = 'object'),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'inactive')),
    state_changed_at timestamptz NOT NULL DEFAULT now(),
    available_aal text NOT NULL DEFAULT 'aal1'
        CHECK (available_aal IN ('aal0', 'aal1', 'aal2')),
    metadata_public jsonb,
    metadata_admin jsonb,
    external_id text UNIQUE,
    organization_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX identities_by_age ON identities (created_at, id);

CREATE TABLE credentials (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
    type text NOT NULL CHECK (type IN ('password', 'code', 'totp', 'lookup_secret',
        'webauthn', 'passkey', 'oidc')),
    config jsonb NOT NULL DEFAULT '{}',
    version integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT credentials_one_per_type UNIQUE (identity_id, type)
);

-- An identifier belongs to one identity per type. It is normalised (trimmed,
-- NFC, lower case) before it comes here, and this index alone decides about
-- duplicates: no prior read can.
CREATE TABLE credential_identifiers (
    type text NOT NULL,
    identifier text NOT NULL CHECK (identifier <> '' AND length(identifier) <= 512),
    credential_id uuid NOT NULL REFERENCES credentials ON DELETE CASCADE,
    CONSTRAINT credential_identifiers_taken PRIMARY KEY (type, identifier)
);
CREATE INDEX credential_identifiers_of ON credential_identifiers (credential_id);

CREATE TABLE verifiable_addresses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
    via text NOT NULL DEFAULT 'email' CHECK (via IN ('email')),
    value text NOT NULL,
    verified boolean NOT NULL DEFAULT false,
    verified_at timestamptz,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'sent', 'completed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT verifiable_addresses_taken UNIQUE (via, value)
);
CREATE INDEX verifiable_addresses_of ON verifiable_addresses (identity_id);

CREATE TABLE recovery_addresses (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
    via text NOT NULL DEFAULT 'email' CHECK (via IN ('email')),
    value text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT recovery_addresses_taken UNIQUE (via, value)
);
CREATE INDEX recovery_addresses_of ON recovery_addresses (identity_id);

-- Tokens and cookies are kept as SHA-256 only. A session is reached by one of
-- them, never by both: a cookie is no token.
CREATE TABLE sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
    token_hash bytea UNIQUE CHECK (length(token_hash) = 32),
    cookie_hash bytea UNIQUE CHECK (length(cookie_hash) = 32),
    active boolean NOT NULL DEFAULT true,
    aal text NOT NULL DEFAULT 'aal1' CHECK (aal IN ('aal0', 'aal1', 'aal2')),
    methods jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(methods) = 'array'),
    issued_at timestamptz NOT NULL DEFAULT now(),
    authenticated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (token_hash IS NOT NULL OR cookie_hash IS NOT NULL)
);
CREATE INDEX sessions_of ON sessions (identity_id, issued_at DESC) WHERE active;
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE session_devices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    ip_address text,
    user_agent text,
    location text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX session_devices_of ON session_devices (session_id);

-- One self-service flow: a state machine's memory between two requests.
CREATE TABLE flows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('login', 'registration', 'recovery',
        'verification', 'settings')),
    type text NOT NULL CHECK (type IN ('browser', 'api')),
    state text NOT NULL,
    active text,
    request_url text NOT NULL,
    return_to text,
    csrf_token text NOT NULL DEFAULT '',
    ui jsonb NOT NULL,
    refresh boolean NOT NULL DEFAULT false,
    requested_aal text NOT NULL DEFAULT 'aal1',
    identity_id uuid REFERENCES identities ON DELETE CASCADE,
    organization_id uuid,
    exchange_hash bytea UNIQUE,
    internal jsonb NOT NULL DEFAULT '{}',
    issued_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX flows_by_end ON flows (expires_at);

-- What an error page may show after a redirect. Holds no secrets.
CREATE TABLE errors (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    error jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX errors_by_age ON errors (created_at);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL,
    result text NOT NULL CHECK (result IN ('ok', 'refused', 'failed')),
    actor text NOT NULL,
    identity_id uuid,
    session_id uuid,
    ip_address text,
    user_agent text,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_by_identity ON audit (identity_id, at);

CREATE FUNCTION audit_is_append_only() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- What programs that only ask who is who may see: no credential, no flow.

CREATE VIEW people AS
    SELECT i.id, i.state = 'active' AS active,
        i.traits ->> 'email' AS email,
        i.traits -> 'name' ->> 'first' AS first_name,
        i.traits -> 'name' ->> 'last' AS last_name
    FROM identities i;

CREATE VIEW live_sessions AS
    SELECT s.id, s.identity_id, s.token_hash, s.cookie_hash, s.aal, s.expires_at,
        i.traits ->> 'email' AS email,
        i.traits -> 'name' ->> 'first' AS first_name,
        i.traits -> 'name' ->> 'last' AS last_name,
        EXISTS (SELECT 1 FROM verifiable_addresses v
            WHERE v.identity_id = i.id AND v.verified
                AND v.value = i.traits ->> 'email') AS email_verified
    FROM sessions s JOIN identities i ON i.id = s.identity_id
    WHERE s.active AND s.expires_at > now() AND i.state = 'active';

-- The identity that signs in with an e-mail address (already normalised).
CREATE FUNCTION person_by_email(wanted text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.identity_id FROM credential_identifiers n
        JOIN credentials c ON c.id = n.credential_id
    WHERE n.type = 'password' AND n.identifier = wanted
$$;

-- Ends every session of an identity but one (NULL: all) and returns the hashes
-- of their credentials, so that caches can be told.
CREATE FUNCTION revoke_sessions(whose uuid, but uuid)
    RETURNS TABLE (credential_hash text)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH ended AS (
        UPDATE sessions SET active = false, revoked_at = now()
        WHERE identity_id = whose AND active AND id IS DISTINCT FROM but
        RETURNING token_hash, cookie_hash
    )
    SELECT encode(coalesce(token_hash, cookie_hash), 'hex') FROM ended
$$;

REVOKE ALL ON FUNCTION person_by_email(text), revoke_sessions(uuid, uuid) FROM PUBLIC;

-- RFC 3339 in UTC, as every answer writes times.
CREATE FUNCTION instant(t timestamptz) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
