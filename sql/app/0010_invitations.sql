-- Offers to join a company. The token is known to the mail alone: what is kept
-- is its SHA-256. A seat is held while an invitation is pending and not over.

CREATE TABLE invitations (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	company_id uuid NOT NULL,
	email varchar(255) NOT NULL, -- lower case
	role varchar(20) NOT NULL,
	status varchar(20) NOT NULL DEFAULT 'pending',
	token varchar(255) NOT NULL, -- SHA-256 of it, hex
	invited_by_user_id uuid,
	accepted_by_user_id uuid,
	expires_at timestamptz NOT NULL,
	claimed_until timestamptz,   -- somebody is making an account with it
	sent_count int NOT NULL DEFAULT 0,
	last_sent_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT invitations_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT invitations_token_key UNIQUE (token),
	CONSTRAINT invitations_company_fkey FOREIGN KEY (tenant_id, company_id)
		REFERENCES companies (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT invitations_invited_by_fkey
		FOREIGN KEY (tenant_id, invited_by_user_id)
		REFERENCES users (tenant_id, id)
		ON DELETE SET NULL (invited_by_user_id),
	CONSTRAINT invitations_accepted_by_fkey
		FOREIGN KEY (tenant_id, accepted_by_user_id)
		REFERENCES users (tenant_id, id)
		ON DELETE SET NULL (accepted_by_user_id),
	CONSTRAINT invitations_role_check
		CHECK (role IN ('owner', 'admin', 'member', 'instructor', 'sme')),
	CONSTRAINT invitations_status_check
		CHECK (status IN ('pending', 'accepted', 'expired', 'revoked'))
);
CREATE UNIQUE INDEX invitations_open_key
	ON invitations (company_id, lower(email)) WHERE status = 'pending';
CREATE INDEX invitations_company_id_idx
	ON invitations (company_id, created_at DESC, id DESC);
CREATE INDEX invitations_expires_at_idx ON invitations (expires_at)
	WHERE status = 'pending';

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitations
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON invitations TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
