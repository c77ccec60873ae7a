-- Companies on their way in, and what goes on with the payment provider: no
-- tenant owns these rows, so only workers see them.

-- A sign-up that waits for its payment, or for its account to be made. There
-- is no row once the account exists.
CREATE TABLE pending_registrations (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	checkout_session_id varchar(255), -- NULL until the provider answered
	email varchar(255) NOT NULL,	  -- lower case
	password_hash varchar(255),	  -- NULL once erased
	first_name varchar(100) NOT NULL,
	last_name varchar(100) NOT NULL,
	company_name varchar(200) NOT NULL,
	industry varchar(100),
	team_size varchar(50),
	plan varchar(20) NOT NULL,
	seat_count int NOT NULL DEFAULT 1,
	status varchar(20) NOT NULL DEFAULT 'pending',
	stripe_customer_id varchar(255),
	stripe_subscription_id varchar(255),
	error_message text,
	kratos_id uuid,			  -- the identity, once it is made
	attempts int NOT NULL DEFAULT 0,
	next_attempt_at timestamptz,
	lease_until timestamptz,
	lease uuid,			  -- of the run that works on it
	warned_at timestamptz,
	alerted_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours',
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pending_registrations_checkout_session_id_key
		UNIQUE (checkout_session_id),
	CONSTRAINT pending_registrations_plan_check
		CHECK (plan IN ('starter', 'pro', 'enterprise')),
	CONSTRAINT pending_registrations_status_check
		CHECK (status IN ('pending', 'paid', 'provisioning', 'failed')),
	CONSTRAINT pending_registrations_seat_count_check CHECK (seat_count > 0)
);
CREATE UNIQUE INDEX pending_registrations_email_key
	ON pending_registrations (lower(email));
CREATE INDEX pending_registrations_expires_at_idx
	ON pending_registrations (expires_at) WHERE status = 'pending';
CREATE INDEX pending_registrations_next_attempt_at_idx
	ON pending_registrations (next_attempt_at)
	WHERE status IN ('paid', 'provisioning');

-- Events of the provider that were heard, so that a repeated one does nothing.
CREATE TABLE stripe_events (
	event_id varchar(255) PRIMARY KEY,
	type text NOT NULL,
	received_at timestamptz NOT NULL DEFAULT now(),
	processed_at timestamptz
);
CREATE INDEX stripe_events_received_at_idx ON stripe_events (received_at);

-- What must still be done elsewhere after a commit, until it is: kinds and
-- their payload are listed in compensate.h. A tenant's transaction may add.
CREATE TABLE compensations (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid REFERENCES tenants (id) ON DELETE CASCADE,
	kind text NOT NULL,
	payload jsonb NOT NULL,
	attempts int NOT NULL DEFAULT 0,
	next_attempt_at timestamptz NOT NULL DEFAULT now(),
	lease_until timestamptz,
	lease uuid,
	failed_at timestamptz,
	error text,
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT compensations_kind_check CHECK (kind <> '')
);
CREATE INDEX compensations_next_attempt_at_idx
	ON compensations (next_attempt_at) WHERE failed_at IS NULL;

-- Visitors who asked the sales desk.
CREATE TABLE enterprise_inquiries (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	company_name varchar(200) NOT NULL,
	industry varchar(100),
	team_size varchar(50),
	name varchar(200) NOT NULL,
	email varchar(255) NOT NULL,
	phone varchar(50),
	message text,
	created_at timestamptz NOT NULL DEFAULT now()
);

-- When each periodic task ran last, whichever host did it.
CREATE TABLE schedules (
	name text PRIMARY KEY,
	ran_at timestamptz NOT NULL
);

ALTER TABLE pending_registrations ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON pending_registrations TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
ALTER TABLE stripe_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON stripe_events TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
ALTER TABLE compensations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
-- What a tenant may ask for; the worker looks whether it is about its own.
CREATE POLICY queue ON compensations FOR INSERT TO mirai_tenant
	WITH CHECK (tenant_id = (SELECT current_tenant_id())
		AND kind IN ('revoke_sessions', 'customer_name'));
CREATE POLICY worker ON compensations TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
ALTER TABLE enterprise_inquiries ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON enterprise_inquiries TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
ALTER TABLE schedules ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON schedules TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
