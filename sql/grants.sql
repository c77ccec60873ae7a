-- Database roles and what each may do; the whole truth of it. mirai-migrate
-- runs the part "roles" as a superuser at set-up (-s), and the part of each
-- database as its owner after every change of the schema. Every part can be
-- run again at any time.
--
--   mirai_owner            owns both databases, migrates, serves nobody
--   mirai_tenant           programs that answer requests: one tenant at a time
--   mirai_worker           programs run by cron; may look across tenants
--   mirai_identity         the identity service
--   mirai_identity_reader  asks who is who, changes nothing
--   mirai_lookup           cannot log in; owns user_by_identity() and
--                          sme_search()
--
-- A site's own login roles are made members: GRANT mirai_tenant TO web1.

-- part: roles
DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['mirai_owner', 'mirai_tenant',
		'mirai_worker', 'mirai_identity', 'mirai_identity_reader']
	LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
			EXECUTE format('CREATE ROLE %I LOGIN', name);
		END IF;
	END LOOP;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mirai_lookup')
	THEN
		CREATE ROLE mirai_lookup NOLOGIN;
	END IF;
END
$$;
GRANT mirai_lookup TO mirai_owner;

-- part: app
DO $$
BEGIN
	EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC',
		current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO mirai_tenant, '
		'mirai_worker', current_database());
END
$$;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, mirai_tenant,
	mirai_worker, mirai_identity, mirai_identity_reader;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO mirai_tenant, mirai_worker, mirai_lookup;
GRANT SELECT ON schema_migrations TO mirai_tenant, mirai_worker;
GRANT EXECUTE ON FUNCTION user_by_identity(uuid),
	sme_search(uuid[], text[], text, int)
	TO mirai_tenant, mirai_worker;

-- Plan, seats and billing, slug and status are not for those who serve.
GRANT SELECT ON tenants, companies, users TO mirai_tenant;
GRANT UPDATE (name, updated_at) ON tenants TO mirai_tenant;
GRANT UPDATE (name, industry, team_size, updated_at) ON companies
	TO mirai_tenant;
GRANT UPDATE (role, removed_at, updated_at) ON users TO mirai_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE
	ON teams, team_members, folders, courses, scorm_packages,
	course_progress
	TO mirai_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE
	ON subject_matter_experts, sme_team_access, sme_tasks, sme_uploads,
	sme_task_submissions, sme_knowledge_chunks, target_audience_templates,
	course_drafts, course_generation_inputs, course_outlines,
	outline_sections, outline_lessons, generated_lessons,
	lesson_components, generation_jobs
	TO mirai_tenant;
-- That there is a key, never the key; its limit is the operator's.
GRANT SELECT (tenant_id, provider, model, base_url, has_key, total_tokens_used,
	monthly_token_limit, updated_at, updated_by_user_id)
	ON tenant_ai_settings TO mirai_tenant;
GRANT SELECT ON ai_usage, ai_reservations TO mirai_tenant;
GRANT SELECT, INSERT, UPDATE ON idempotency_keys TO mirai_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON notifications TO mirai_tenant;
-- Seats are counted with them; who invites is a worker.
GRANT SELECT ON invitations TO mirai_tenant;
GRANT SELECT, INSERT ON notification_events TO mirai_tenant;
-- A notice to another person names its event without reading it back.
GRANT USAGE ON SEQUENCE notification_events_id_seq
	TO mirai_tenant, mirai_worker;
-- Queues that a tenant's transaction adds to and only workers read: nobody
-- adds what counts as sent, or as tried.
GRANT INSERT (tenant_id, notification_id, kind, recipient, payload)
	ON mail_outbox TO mirai_tenant;
GRANT INSERT (tenant_id, kind, payload) ON compensations TO mirai_tenant;
GRANT SELECT, INSERT ON audit_log TO mirai_tenant;

GRANT SELECT, INSERT, UPDATE, DELETE
	ON tenants, companies, users, teams, team_members, folders, courses,
	scorm_packages, course_progress, idempotency_keys, invitations,
	notifications, notification_events, mail_outbox, compensations,
	pending_registrations, stripe_events, enterprise_inquiries,
	schedules, subject_matter_experts, sme_team_access, sme_tasks,
	sme_uploads, sme_task_submissions, sme_knowledge_chunks,
	target_audience_templates, tenant_ai_settings, ai_usage,
	ai_reservations, course_drafts, course_generation_inputs,
	course_outlines, outline_sections, outline_lessons, generated_lessons,
	lesson_components, generation_jobs
	TO mirai_worker;
GRANT SELECT, INSERT ON audit_log TO mirai_worker;

-- part: identity
DO $$
BEGIN
	EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC',
		current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO mirai_identity, '
		'mirai_identity_reader', current_database());
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO mirai_identity, mirai_identity_reader;
GRANT SELECT ON schema_migrations TO mirai_identity, mirai_identity_reader;
-- The service; its audit trail only grows.
GRANT SELECT, INSERT, UPDATE, DELETE
	ON identities, credentials, credential_identifiers,
	verifiable_addresses, recovery_addresses, sessions, session_devices,
	flows, errors, mails, mail_dispatches, onetime_codes,
	parked_submits, pending_traits, oidc_states, session_exchanges,
	attempts, web_hooks
	TO mirai_identity;
GRANT SELECT, INSERT ON audit TO mirai_identity;
GRANT SELECT, DELETE ON audit_outbox TO mirai_identity;
GRANT EXECUTE ON FUNCTION revoke_sessions(uuid, uuid), person_by_email(text),
	session_used(uuid, bigint)
	TO mirai_identity, mirai_identity_reader;
-- Programs that ask who is who see names and live sessions, no credential.
GRANT SELECT ON people, live_sessions TO mirai_identity_reader;
GRANT EXECUTE ON FUNCTION page_flow(uuid, text, text, text, text),
	page_flow_known(uuid, text), page_error(uuid),
	page_sessions(uuid), page_end_session(uuid, uuid, text, text),
	page_end_others(uuid, uuid, text, text),
	page_sign_out(text, text, text, text)
	TO mirai_identity, mirai_identity_reader;
