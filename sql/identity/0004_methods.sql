-- Second factors: the level an identity can reach follows from its
-- credentials, whoever writes them.

CREATE FUNCTION level_follows_credentials() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    whose uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.identity_id
        ELSE NEW.identity_id END;
BEGIN
    UPDATE identities i SET available_aal = CASE WHEN EXISTS (
            SELECT 1 FROM credentials c WHERE c.identity_id = whose
                AND c.type IN ('totp', 'lookup_secret', 'webauthn'))
        THEN 'aal2' ELSE 'aal1' END
    WHERE i.id = whose;
    RETURN NULL;
END $$;
CREATE TRIGGER credentials_level AFTER INSERT OR DELETE ON credentials
    FOR EACH ROW EXECUTE FUNCTION level_follows_credentials();

