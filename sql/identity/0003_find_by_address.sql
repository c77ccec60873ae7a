-- Somebody who was invited or imported may have no password yet: an address
-- finds them as well as an identifier does.

CREATE OR REPLACE FUNCTION person_by_email(wanted text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        (SELECT c.identity_id FROM credential_identifiers n
            JOIN credentials c ON c.id = n.credential_id
            WHERE n.type = 'password' AND n.identifier = wanted),
        (SELECT v.identity_id FROM verifiable_addresses v
            WHERE v.via = 'email' AND v.value = wanted))
$$;
