-- Second factors that are demanded. From second_factor_after on, sessions of
-- an identity count only at level aal2; until then whoever has no second
-- factor is asked to set one up. What programs that ask who is who see of a
-- session tells them whether it counts.

ALTER TABLE identities ADD COLUMN second_factor_after timestamptz;

CREATE OR REPLACE VIEW live_sessions AS
    SELECT s.id, s.identity_id, s.token_hash, s.cookie_hash, s.aal, s.expires_at,
        i.traits ->> 'email' AS email,
        i.traits -> 'name' ->> 'first' AS first_name,
        i.traits -> 'name' ->> 'last' AS last_name,
        EXISTS (SELECT 1 FROM verifiable_addresses v
            WHERE v.identity_id = i.id AND v.verified
                AND v.value = i.traits ->> 'email') AS email_verified,
        i.available_aal, i.second_factor_after
    FROM sessions s JOIN identities i ON i.id = s.identity_id
    WHERE s.active AND s.expires_at > now() AND i.state = 'active';
