-- The audit log: who did what in a tenant. Rows are only ever added; a
-- trigger holds even the owner to that. No foreign keys: an entry outlives
-- what it tells of.

CREATE TABLE audit_log (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL,
	actor_user_id uuid,
	action text NOT NULL,
	target_type text,
	target_id uuid,
	details jsonb,
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT audit_log_action_check CHECK (action <> '')
);
CREATE INDEX audit_log_tenant_id_idx
	ON audit_log (tenant_id, created_at DESC, id);

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_log
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON audit_log TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

CREATE FUNCTION audit_log_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'audit_log: rows are only added'
		USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_log_refuse
	BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
	FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();
