-- Teams of a company and who is in them.

CREATE TABLE teams (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	company_id uuid NOT NULL,
	name varchar(200) NOT NULL,
	description text,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT teams_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT teams_company_fkey FOREIGN KEY (tenant_id, company_id)
		REFERENCES companies (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX teams_company_id_name_key
	ON teams (company_id, lower(name));
CREATE INDEX teams_company_id_idx ON teams (company_id, created_at DESC, id);

CREATE TABLE team_members (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	team_id uuid NOT NULL,
	user_id uuid NOT NULL,
	role varchar(20) NOT NULL DEFAULT 'member',
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT team_members_team_id_user_id_key UNIQUE (team_id, user_id),
	CONSTRAINT team_members_role_check CHECK (role IN ('lead', 'member')),
	CONSTRAINT team_members_team_fkey FOREIGN KEY (tenant_id, team_id)
		REFERENCES teams (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT team_members_user_fkey FOREIGN KEY (tenant_id, user_id)
		REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX team_members_tenant_id_idx ON team_members (tenant_id);
CREATE INDEX team_members_user_id_idx ON team_members (user_id, team_id);

ALTER TABLE teams ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON teams
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON teams TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE team_members ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON team_members
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON team_members TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
