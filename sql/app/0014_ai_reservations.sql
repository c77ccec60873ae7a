-- What calls of a provider may still cost, from before each call until its
-- tokens are booked: calls made side by side must not pass a tenant's monthly
-- limit together.

CREATE TABLE ai_reservations (
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	holder uuid NOT NULL, -- a job's id; or one drawn for a single call
	spent bigint NOT NULL, -- by calls that have ended, not booked yet
	running bigint NOT NULL, -- at most, by calls under way
	until timestamptz NOT NULL, -- nobody is at it any more, whatever happened
	CONSTRAINT ai_reservations_pkey PRIMARY KEY (tenant_id, holder)
);

ALTER TABLE ai_reservations ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON ai_reservations
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON ai_reservations TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
