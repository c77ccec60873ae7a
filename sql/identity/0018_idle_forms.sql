-- A session that ended unused sees its forms no more, either.

CREATE OR REPLACE FUNCTION page_flow(flow uuid, of_kind text, csrf text,
        cookie text, token text)
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
                AND (ss.idle_at IS NULL OR ss.idle_at > now())
                AND (ss.cookie_hash = decode(cookie, 'hex')
                    OR ss.token_hash = decode(token, 'hex'))
            ORDER BY ss.cookie_hash LIMIT 1) s ON true
        LEFT JOIN identities i ON i.id = s.identity_id AND i.state = 'active'
    WHERE f.id = flow AND f.kind = of_kind AND f.type = 'browser'
        AND csrf <> ''
        AND (f.csrf_token = csrf OR f.internal -> 'openers' ? csrf)
        AND (f.kind <> 'settings' OR f.identity_id = i.id)
$$;
