-- Notices to one person, and the events that open streams are told. Events
-- outlive their notice for a day, so that a stream that was cut can be told
-- what it missed.

-- The person whose transaction this is, beside current_tenant_id().
CREATE FUNCTION current_user_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN pg_catalog.current_setting('app.user_id', true)
	OPERATOR(pg_catalog.~) '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'
	THEN pg_catalog.current_setting('app.user_id', true)::pg_catalog.uuid
	END;

CREATE TYPE notification_type AS ENUM ('task_assigned', 'task_due_soon',
	'ingestion_complete', 'ingestion_failed', 'outline_ready',
	'generation_complete', 'generation_failed', 'approval_requested',
	'submission_ready_for_review', 'submission_approved',
	'changes_requested');
CREATE TYPE notification_priority AS ENUM ('low', 'normal', 'high');

CREATE TABLE notifications (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	user_id uuid NOT NULL,
	type notification_type NOT NULL,
	priority notification_priority NOT NULL DEFAULT 'normal',
	title varchar(500) NOT NULL,
	message text NOT NULL,
	course_id uuid,
	action_url varchar(500),
	read boolean NOT NULL DEFAULT false,
	email_sent boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT now(),
	read_at timestamptz,
	CONSTRAINT notifications_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT notifications_user_fkey FOREIGN KEY (tenant_id, user_id)
		REFERENCES users (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT notifications_course_fkey FOREIGN KEY (tenant_id, course_id)
		REFERENCES courses (tenant_id, id) ON DELETE SET NULL (course_id)
);
CREATE INDEX notifications_user_id_idx
	ON notifications (user_id, created_at DESC, id DESC);
CREATE INDEX notifications_unread_idx ON notifications (user_id)
	WHERE NOT read;
CREATE INDEX notifications_course_id_idx ON notifications (course_id);
CREATE INDEX notifications_created_at_idx ON notifications (created_at);

-- What happened to a notice, in the order of its person's commits: whoever
-- adds one holds a lock on the person until the commit (notice.c).
CREATE TABLE notification_events (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	user_id uuid NOT NULL,
	kind smallint NOT NULL,	  -- of NotificationEventType on the wire
	notice jsonb NOT NULL,	  -- the notice as it was: a row of notifications
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT notification_events_user_fkey FOREIGN KEY (tenant_id, user_id)
		REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX notification_events_user_id_idx
	ON notification_events (user_id, id);
CREATE INDEX notification_events_created_at_idx
	ON notification_events (created_at);

-- One person sees their own; whoever works for the tenant may tell others.
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON notifications
	USING (tenant_id = (SELECT current_tenant_id())
	       AND user_id = (SELECT current_user_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id())
	       AND user_id = (SELECT current_user_id()));
CREATE POLICY tell ON notifications FOR INSERT
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON notifications TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE notification_events ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON notification_events
	USING (tenant_id = (SELECT current_tenant_id())
	       AND user_id = (SELECT current_user_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id())
	       AND user_id = (SELECT current_user_id()));
CREATE POLICY tell ON notification_events FOR INSERT
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON notification_events TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
