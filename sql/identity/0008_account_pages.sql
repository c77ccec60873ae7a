-- The pages draw every kind of flow, list the caller's sessions and end them.
-- A settings flow is shown to the session of its owner only, and the page is
-- told when that session must first prove a second factor.

DROP FUNCTION page_flow(uuid, text, text);

-- A browser flow, for whoever holds its CSRF cookie. A browser may hold a
-- session by cookie and one by token: the cookie comes first. Expired flows
-- come too: the page begins anew.
CREATE FUNCTION page_flow(flow uuid, of_kind text, csrf text, cookie text,
        token text)
    RETURNS TABLE (ui text, state text, active text, refresh boolean,
        requested_aal text, return_to text, expired boolean, aal2_due boolean)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path = public, pg_temp AS $$
    SELECT f.ui::text, f.state, f.active, f.refresh, f.requested_aal,
        f.return_to, f.expires_at <= now(),
        coalesce(i.available_aal = 'aal2' AND s.aal <> 'aal2', false)
    FROM flows f
        LEFT JOIN LATERAL (SELECT ss.identity_id, ss.aal FROM sessions ss
            WHERE ss.active AND ss.expires_at > now()
                AND (ss.cookie_hash = decode(cookie, 'hex')
                    OR ss.token_hash = decode(token, 'hex'))
            ORDER BY ss.cookie_hash LIMIT 1) s ON true
        LEFT JOIN identities i ON i.id = s.identity_id AND i.state = 'active'
    WHERE f.id = flow AND f.kind = of_kind AND f.type = 'browser'
        AND csrf <> '' AND f.csrf_token = csrf
        AND (f.kind <> 'settings' OR f.identity_id = i.id)
$$;

-- Whether there is such a flow, for a browser that sent no cookie: beginning
-- anew would send it round in circles.
CREATE FUNCTION page_flow_known(flow uuid, of_kind text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM flows f WHERE f.id = flow
        AND f.kind = of_kind AND f.expires_at > now())
$$;

-- The active sessions of a person, newest first.
CREATE FUNCTION page_sessions(whose uuid)
    RETURNS TABLE (id uuid, ip_address text, user_agent text, location text,
        authenticated_at timestamptz, expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
    SET search_path = public, pg_temp AS $$
    SELECT s.id, d.ip_address, d.user_agent, d.location, s.authenticated_at,
        s.expires_at
    FROM sessions s
        LEFT JOIN LATERAL (SELECT * FROM session_devices sd
            WHERE sd.session_id = s.id
            ORDER BY sd.created_at DESC, sd.id LIMIT 1) d ON true
    WHERE s.identity_id = whose AND s.active AND s.expires_at > now()
    ORDER BY s.authenticated_at DESC, s.id
    LIMIT 100
$$;

-- Ends one session of a person; nothing when it is another's or has ended.
CREATE FUNCTION page_end_session(session uuid, whose uuid, ip text, agent text)
    RETURNS SETOF text
    LANGUAGE sql VOLATILE SECURITY DEFINER ROWS 1
    SET search_path = public, pg_temp AS $$
    WITH ended AS (
        UPDATE sessions SET active = false, revoked_at = now()
        WHERE id = session AND identity_id = whose AND active
        RETURNING id, token_hash, cookie_hash
    ), noted AS (
        INSERT INTO audit (action, result, actor, identity_id, session_id,
            ip_address, user_agent)
        SELECT 'session.revoke', 'ok', 'self', whose, e.id, ip, agent
        FROM ended e
    )
    SELECT encode(coalesce(token_hash, cookie_hash), 'hex') FROM ended
$$;

-- Ends all sessions of a person but the one that asks.
CREATE FUNCTION page_end_others(but uuid, whose uuid, ip text, agent text)
    RETURNS SETOF text
    LANGUAGE sql VOLATILE SECURITY DEFINER ROWS 10
    SET search_path = public, pg_temp AS $$
    WITH ended AS (
        UPDATE sessions SET active = false, revoked_at = now()
        WHERE identity_id = whose AND active AND id <> but
        RETURNING token_hash, cookie_hash
    ), noted AS (
        INSERT INTO audit (action, result, actor, identity_id, session_id,
            ip_address, user_agent)
        VALUES ('session.revoke_others', 'ok', 'self', whose, but, ip, agent)
    )
    SELECT encode(coalesce(token_hash, cookie_hash), 'hex') FROM ended
$$;

-- A browser may hold a cookie and a token at once. Signing out ends what both
-- stand for: whoever holds a credential may end its session.
DROP FUNCTION page_sign_out(uuid, uuid, text, text);
CREATE FUNCTION page_sign_out(cookie text, token text, ip text, agent text)
    RETURNS SETOF text
    LANGUAGE sql VOLATILE SECURITY DEFINER ROWS 1
    SET search_path = public, pg_temp AS $$
    WITH ended AS (
        UPDATE sessions SET active = false, revoked_at = now()
        WHERE active AND (cookie_hash = decode(cookie, 'hex')
            OR token_hash = decode(token, 'hex'))
        RETURNING id, identity_id, token_hash, cookie_hash
    ), noted AS (
        INSERT INTO audit (action, result, actor, identity_id, session_id,
            ip_address, user_agent)
        SELECT 'logout', 'ok', 'self', e.identity_id, e.id, ip, agent
        FROM ended e
    )
    SELECT encode(coalesce(token_hash, cookie_hash), 'hex') FROM ended
$$;

REVOKE ALL ON FUNCTION page_flow(uuid, text, text, text, text),
    page_flow_known(uuid, text), page_sessions(uuid),
    page_end_session(uuid, uuid, text, text),
    page_end_others(uuid, uuid, text, text),
    page_sign_out(text, text, text, text) FROM PUBLIC;
