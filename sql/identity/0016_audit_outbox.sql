-- Rows of the audit trail that are still to be copied to the application's
-- audit log, where a company sees what happened to its people. The two
-- databases share no transaction: a row leaves this list once its copy is
-- committed there, and copying it twice changes nothing.

CREATE TABLE audit_outbox (
    audit_id bigint PRIMARY KEY
);
INSERT INTO audit_outbox SELECT id FROM audit WHERE identity_id IS NOT NULL;

CREATE FUNCTION audit_to_outbox() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit_outbox (audit_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION audit_to_outbox() FROM PUBLIC;
CREATE TRIGGER audit_outbox AFTER INSERT ON audit
    FOR EACH ROW WHEN (NEW.identity_id IS NOT NULL)
    EXECUTE FUNCTION audit_to_outbox();

-- Ended sessions are removed a week after their end, however long they would
-- have lasted.
CREATE INDEX sessions_by_revocation ON sessions (revoked_at) WHERE NOT active;
