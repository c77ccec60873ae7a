-- What the pages of the application ask of this database: a flow to draw, an
-- error to show, a session to end. Each is one function, so the pages need no
-- right on the tables behind it.

-- A browser flow, for whoever holds its CSRF cookie. Expired ones come too:
-- the page says so and begins anew.
CREATE FUNCTION page_flow(flow uuid, of_kind text, cookie text)
    RETURNS TABLE (ui text, state text, refresh boolean, return_to text,
        expired boolean)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path = public, pg_temp AS $$
    SELECT f.ui::text, f.state, f.refresh, f.return_to, f.expires_at <= now()
    FROM flows f
    WHERE f.id = flow AND f.kind = of_kind AND f.type = 'browser'
        AND cookie <> '' AND f.csrf_token = cookie
$$;

CREATE FUNCTION page_error(record uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    SELECT e.error::text FROM errors e WHERE e.id = record
$$;

-- Ends one session; nothing when it has ended before.
CREATE FUNCTION page_sign_out(session uuid, whose uuid, ip text, agent text)
    RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1
    SET search_path = public, pg_temp AS $$
DECLARE
    hash text;
BEGIN
    UPDATE sessions SET active = false, revoked_at = now()
    WHERE id = session AND identity_id = whose AND active
    RETURNING encode(coalesce(token_hash, cookie_hash), 'hex') INTO hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO audit (action, result, actor, identity_id, session_id,
        ip_address, user_agent)
    VALUES ('logout', 'ok', 'self', whose, session, ip, agent);
    RETURN NEXT hash;
END
$$;

REVOKE ALL ON FUNCTION page_flow(uuid, text, text), page_error(uuid),
    page_sign_out(uuid, uuid, text, text) FROM PUBLIC;
