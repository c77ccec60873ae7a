-- The pages, too, list a session no more that ended unused.

CREATE OR REPLACE FUNCTION page_sessions(whose uuid)
    RETURNS TABLE (id uuid, ip_address text, user_agent text, location text,
        authenticated_at timestamptz, expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
    SET search_path = public, pg_temp AS $$
    SELECT s.id, d.ip_address, d.user_agent, d.location, s.authenticated_at,
        least(s.expires_at, s.idle_at)
    FROM sessions s
        LEFT JOIN LATERAL (SELECT * FROM session_devices sd
            WHERE sd.session_id = s.id
            ORDER BY sd.created_at DESC, sd.id LIMIT 1) d ON true
    WHERE s.identity_id = whose AND s.active AND s.expires_at > now()
        AND (s.idle_at IS NULL OR s.idle_at > now())
    ORDER BY s.authenticated_at DESC, s.id
    LIMIT 100
$$;
