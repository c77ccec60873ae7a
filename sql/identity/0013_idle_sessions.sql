-- Sessions that nobody uses end before their time, where that is set:
-- session.idle_timeout keeps in idle_at when.

ALTER TABLE sessions ADD COLUMN idle_at timestamptz;

CREATE OR REPLACE VIEW live_sessions AS
    SELECT s.id, s.identity_id, s.token_hash, s.cookie_hash, s.aal, s.expires_at,
        i.traits ->> 'email' AS email,
        i.traits -> 'name' ->> 'first' AS first_name,
        i.traits -> 'name' ->> 'last' AS last_name,
        EXISTS (SELECT 1 FROM verifiable_addresses v
            WHERE v.identity_id = i.id AND v.verified
                AND v.value = i.traits ->> 'email') AS email_verified,
        i.available_aal, i.second_factor_after, s.idle_at
    FROM sessions s JOIN identities i ON i.id = s.identity_id
    WHERE s.active AND s.expires_at > now() AND i.state = 'active'
        AND (s.idle_at IS NULL OR s.idle_at > now());

-- A session was used: unless used again it ends after idle_us microseconds, or
-- in its time (0). For programs that may only ask who is who.
CREATE FUNCTION session_used(session uuid, idle_us bigint) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE sessions SET idle_at = CASE WHEN idle_us > 0
        THEN now() + idle_us * interval '1 microsecond' END
    WHERE id = session AND active
$$;
REVOKE ALL ON FUNCTION session_used(uuid, bigint) FROM PUBLIC;
