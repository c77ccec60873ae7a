-- Answers to writes that carried an Idempotency-Key, so that a caller who did
-- not hear the answer may ask again without doing it twice. mirai-sweep removes
-- them after a day.

CREATE TABLE idempotency_keys (
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	user_id uuid NOT NULL,
	key varchar(255) NOT NULL,
	method varchar(200) NOT NULL,  -- path of the call
	message_sha256 bytea NOT NULL, -- of the request message, binary form
	answer bytea NOT NULL,	       -- the response message, binary form
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, user_id, key),
	CONSTRAINT idempotency_keys_user_fkey FOREIGN KEY (tenant_id, user_id)
		REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_keys
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON idempotency_keys TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
