-- Tenants, their company and their users, and who may see which row.
--
-- Row-level security rests on three session variables that every transaction
-- sets for itself: app.tenant_id, app.user_id, app.is_superadmin. Each table
-- has the policy "tenant" for everybody, and the policy "worker" that exists
-- for members of mirai_worker only: for any other role no setting whatsoever
-- widens what is visible. Two policies instead of one with OR also leave the
-- tenant test alone in the query, so that tenant indexes serve it.
--
-- The functions have bodies in standard SQL: names in them were resolved when
-- this ran, so no search path can redirect them, and the planner inlines them.
-- Policies call them in a scalar sub-select: once per statement.

CREATE FUNCTION current_tenant_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN pg_catalog.current_setting('app.tenant_id', true)
	OPERATOR(pg_catalog.~) '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'
	THEN pg_catalog.current_setting('app.tenant_id', true)::pg_catalog.uuid
	END;

-- Honoured for members of mirai_worker only. Both users are asked: a function
-- that runs with its owner's rights must not open what its caller may not see.
CREATE FUNCTION is_superadmin() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN COALESCE(pg_catalog.current_setting('app.is_superadmin', true)
	OPERATOR(pg_catalog.=) ANY (ARRAY['on', 'true', '1'])
	AND pg_catalog.pg_has_role(SESSION_USER, 'mirai_worker', 'member')
	AND pg_catalog.pg_has_role(CURRENT_USER, 'mirai_worker', 'member'), false);

CREATE TABLE tenants (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	name varchar(200) NOT NULL,
	slug varchar(100) NOT NULL,
	status varchar(20) NOT NULL DEFAULT 'active',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT tenants_slug_key UNIQUE (slug),
	CONSTRAINT tenants_status_check CHECK (status IN ('active', 'suspended'))
);
CREATE INDEX tenants_status_idx ON tenants (status);

CREATE TABLE companies (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	name varchar(200) NOT NULL,
	industry varchar(100),
	team_size varchar(50),
	plan varchar(20) NOT NULL DEFAULT 'starter',
	stripe_customer_id varchar(255),
	stripe_subscription_id varchar(255),
	subscription_status varchar(50) NOT NULL DEFAULT 'none',
	seat_count int NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	-- What rows of the same tenant refer to: crossing tenants is impossible.
	CONSTRAINT companies_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT companies_stripe_customer_id_key UNIQUE (stripe_customer_id),
	CONSTRAINT companies_stripe_subscription_id_key
		UNIQUE (stripe_subscription_id),
	CONSTRAINT companies_plan_check
		CHECK (plan IN ('starter', 'pro', 'enterprise')),
	CONSTRAINT companies_subscription_status_check
		CHECK (subscription_status IN ('none', 'active', 'past_due',
			'canceled')),
	CONSTRAINT companies_seat_count_check CHECK (seat_count >= 0)
);

CREATE TABLE users (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	kratos_id uuid NOT NULL,
	company_id uuid,
	-- owner and member are legacy values: still readable, no longer written.
	role varchar(20) NOT NULL DEFAULT 'instructor',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	-- A removed user stays for the authorship of what is left behind.
	removed_at timestamptz,
	CONSTRAINT users_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT users_company_fkey FOREIGN KEY (tenant_id, company_id)
		REFERENCES companies (tenant_id, id)
		ON DELETE SET NULL (company_id),
	CONSTRAINT users_role_check
		CHECK (role IN ('owner', 'admin', 'member', 'instructor', 'sme'))
);
CREATE UNIQUE INDEX users_kratos_id_key ON users (kratos_id)
	WHERE removed_at IS NULL;
CREATE INDEX users_kratos_id_idx ON users (kratos_id);
CREATE INDEX users_company_id_idx ON users (company_id, created_at DESC, id);

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenants
	USING (id = (SELECT current_tenant_id()))
	WITH CHECK (id = (SELECT current_tenant_id()));
CREATE POLICY worker ON tenants TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE companies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON companies
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON companies TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON users
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON users TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

-- The one look-up that must come before a tenant is known: from a login to its
-- user. It runs as a role that cannot log in and may read these few columns,
-- so the serving programs need no wider visibility for it.
GRANT SELECT (id, tenant_id, kratos_id, company_id, role, removed_at)
	ON users TO mirai_lookup;
GRANT SELECT (id, status) ON tenants TO mirai_lookup;
-- The owner is a member of that role, to hand the function over; the policies
-- hold for the role itself only.
CREATE POLICY lookup ON users FOR SELECT TO mirai_lookup
	USING (CURRENT_USER = 'mirai_lookup' AND removed_at IS NULL);
CREATE POLICY lookup ON tenants FOR SELECT TO mirai_lookup
	USING (CURRENT_USER = 'mirai_lookup');

CREATE FUNCTION user_by_identity(identity_id uuid)
RETURNS TABLE (user_id uuid, tenant_id uuid, company_id uuid, role text,
	tenant_status text)
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT u.id, u.tenant_id, u.company_id, u.role::text, t.status::text
	FROM public.users u JOIN public.tenants t ON t.id = u.tenant_id
	WHERE u.kratos_id = identity_id AND u.removed_at IS NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION user_by_identity(uuid) FROM PUBLIC;

-- A function's new owner must be able to create in its schema, for a moment.
GRANT CREATE ON SCHEMA public TO mirai_lookup;
ALTER FUNCTION user_by_identity(uuid) OWNER TO mirai_lookup;
REVOKE CREATE ON SCHEMA public FROM mirai_lookup;
