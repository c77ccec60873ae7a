-- What a provider drafts, and the jobs that ask it: settings and use of AI per
-- tenant, inputs, outlines, generated lessons, and one queue for all of it.

CREATE TYPE ai_provider AS ENUM ('gemini', 'openai', 'extractive');
CREATE TYPE generation_job_type AS ENUM ('sme_ingestion', 'course_outline',
	'lesson_content', 'component_regen', 'full_course');
CREATE TYPE generation_job_status AS ENUM ('queued', 'processing', 'completed',
	'failed', 'cancelled');
CREATE TYPE outline_approval_status AS ENUM ('pending_review', 'approved',
	'rejected', 'revision_requested');
CREATE TYPE lesson_component_type AS ENUM ('text', 'heading', 'image', 'quiz');

-- Who serves pages and calls may know that there is a key, not the key.
CREATE TABLE tenant_ai_settings (
	tenant_id uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
	provider ai_provider NOT NULL DEFAULT 'gemini',
	model varchar(200),    -- NULL: the installation's
	base_url varchar(500), -- NULL: the installation's
	encrypted_api_key bytea,
	-- Where the key belongs: it goes nowhere else, whatever is chosen later.
	key_provider ai_provider,
	key_base_url varchar(500),
	has_key boolean NOT NULL -- for what is chosen
		GENERATED ALWAYS AS (encrypted_api_key IS NOT NULL
			AND key_provider IS NOT DISTINCT FROM provider
			AND key_base_url IS NOT DISTINCT FROM base_url) STORED,
	total_tokens_used bigint NOT NULL DEFAULT 0,
	monthly_token_limit bigint,
	updated_at timestamptz, -- NULL: only counted so far
	updated_by_user_id uuid,
	CONSTRAINT tenant_ai_settings_limit_check
		CHECK (monthly_token_limit >= 0),
	CONSTRAINT tenant_ai_settings_key_check
		CHECK ((encrypted_api_key IS NULL) = (key_provider IS NULL)),
	CONSTRAINT tenant_ai_settings_updater_fkey
		FOREIGN KEY (tenant_id, updated_by_user_id)
		REFERENCES users (tenant_id, id)
		ON DELETE SET NULL (updated_by_user_id)
);
CREATE INDEX tenant_ai_settings_updater_idx
	ON tenant_ai_settings (updated_by_user_id);

-- Tokens and jobs of a day (UTC). Outlives the jobs, which go with their
-- course; kind is a generation_job_type, or "enhance" or "key_test".
CREATE TABLE ai_usage (
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	day date NOT NULL,
	kind varchar(30) NOT NULL,
	tokens bigint NOT NULL DEFAULT 0,
	jobs int NOT NULL DEFAULT 0,
	CONSTRAINT ai_usage_pkey PRIMARY KEY (tenant_id, day, kind)
);

CREATE TABLE course_generation_inputs (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	course_id uuid NOT NULL,
	sme_ids uuid[] NOT NULL,
	target_audience_ids uuid[] NOT NULL,
	desired_outcome text NOT NULL,
	additional_context text,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT course_generation_inputs_course_key
		UNIQUE (tenant_id, course_id),
	CONSTRAINT course_generation_inputs_course_fkey
		FOREIGN KEY (tenant_id, course_id)
		REFERENCES courses (tenant_id, id) ON DELETE CASCADE
);

-- What is chosen for the next draft of an outline, until it is asked for.
CREATE TABLE course_drafts (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	course_id uuid NOT NULL,
	sme_ids uuid[] NOT NULL DEFAULT '{}',
	target_audience_ids uuid[] NOT NULL DEFAULT '{}',
	additional_context text NOT NULL DEFAULT '',
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT course_drafts_course_key UNIQUE (tenant_id, course_id),
	CONSTRAINT course_drafts_course_fkey FOREIGN KEY (tenant_id, course_id)
		REFERENCES courses (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE course_outlines (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	course_id uuid NOT NULL,
	version int NOT NULL DEFAULT 1,
	revision int NOT NULL DEFAULT 1, -- of this version, by editing
	approval_status outline_approval_status
		NOT NULL DEFAULT 'pending_review',
	rejection_reason text,
	generated_at timestamptz NOT NULL DEFAULT now(),
	approved_at timestamptz,
	approved_by_user_id uuid,
	CONSTRAINT course_outlines_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT course_outlines_version_key
		UNIQUE (tenant_id, course_id, version),
	CONSTRAINT course_outlines_course_fkey
		FOREIGN KEY (tenant_id, course_id)
		REFERENCES courses (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT course_outlines_approver_fkey
		FOREIGN KEY (tenant_id, approved_by_user_id)
		REFERENCES users (tenant_id, id)
);
CREATE INDEX course_outlines_approver_idx
	ON course_outlines (approved_by_user_id)
	WHERE approved_by_user_id IS NOT NULL;

CREATE TABLE outline_sections (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	outline_id uuid NOT NULL,
	title varchar(500) NOT NULL,
	description text,
	position int NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT outline_sections_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT outline_sections_outline_fkey
		FOREIGN KEY (tenant_id, outline_id)
		REFERENCES course_outlines (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX outline_sections_outline_id_idx
	ON outline_sections (outline_id, position);
CREATE INDEX outline_sections_tenant_id_idx ON outline_sections (tenant_id);

CREATE TABLE outline_lessons (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	section_id uuid NOT NULL,
	title varchar(500) NOT NULL,
	description text,
	position int NOT NULL DEFAULT 0,
	estimated_duration_minutes int, -- NULL: not said
	learning_objectives text[] NOT NULL DEFAULT '{}',
	-- Chunks that the lesson is planned from, best first.
	sme_chunk_ids uuid[] NOT NULL DEFAULT '{}',
	is_last_in_section boolean NOT NULL DEFAULT false,
	is_last_in_course boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT outline_lessons_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT outline_lessons_section_fkey
		FOREIGN KEY (tenant_id, section_id)
		REFERENCES outline_sections (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX outline_lessons_section_id_idx
	ON outline_lessons (section_id, position);
CREATE INDEX outline_lessons_tenant_id_idx ON outline_lessons (tenant_id);

CREATE TABLE generated_lessons (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	course_id uuid NOT NULL,
	section_id uuid NOT NULL,
	outline_lesson_id uuid NOT NULL,
	title varchar(500) NOT NULL,
	segue_text text,
	mark text NOT NULL DEFAULT '', -- the provider's (ai/provider.h)
	generated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT generated_lessons_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT generated_lessons_outline_lesson_id_key
		UNIQUE (tenant_id, outline_lesson_id),
	CONSTRAINT generated_lessons_course_fkey
		FOREIGN KEY (tenant_id, course_id)
		REFERENCES courses (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT generated_lessons_section_fkey
		FOREIGN KEY (tenant_id, section_id)
		REFERENCES outline_sections (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT generated_lessons_outline_lesson_fkey
		FOREIGN KEY (tenant_id, outline_lesson_id)
		REFERENCES outline_lessons (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX generated_lessons_course_id_idx ON generated_lessons (course_id);
CREATE INDEX generated_lessons_section_id_idx
	ON generated_lessons (section_id);

CREATE TABLE lesson_components (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	lesson_id uuid NOT NULL,
	type lesson_component_type NOT NULL,
	position int NOT NULL DEFAULT 0,
	content_json jsonb NOT NULL,
	sme_chunk_ids uuid[] NOT NULL DEFAULT '{}',
	learning_objective_ids text[] NOT NULL DEFAULT '{}',
	version int NOT NULL DEFAULT 1, -- rises with every change of the content
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT lesson_components_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT lesson_components_lesson_fkey
		FOREIGN KEY (tenant_id, lesson_id)
		REFERENCES generated_lessons (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX lesson_components_lesson_id_idx
	ON lesson_components (lesson_id, position);
CREATE INDEX lesson_components_tenant_id_idx ON lesson_components (tenant_id);

-- The queue. A full_course is a parent: nobody claims it while a child of it is
-- queued or processing; whoever claims it then finishes it.
CREATE TABLE generation_jobs (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	type generation_job_type NOT NULL,
	status generation_job_status NOT NULL DEFAULT 'queued',
	course_id uuid,
	lesson_id uuid,
	outline_lesson_id uuid,
	component_id uuid,
	sme_task_id uuid,
	submission_id uuid,
	parent_job_id uuid,
	progress_percent int NOT NULL DEFAULT 0,
	progress_message text,
	result_path varchar(500),
	error_message text,
	tokens_used bigint NOT NULL DEFAULT 0,
	retry_count int NOT NULL DEFAULT 0,
	max_retries int NOT NULL DEFAULT 3,
	input jsonb, -- private: never returned
	claim_token uuid,
	lease_until timestamptz,
	run_after timestamptz,
	created_by_user_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	started_at timestamptz,
	completed_at timestamptz,
	-- Type and status as one number, ten times the first and the second:
	-- numbers are compared by an index below row-level security, enums
	-- are not.
	kind smallint NOT NULL GENERATED ALWAYS AS (10 * CASE type
		WHEN 'sme_ingestion' THEN 1 WHEN 'course_outline' THEN 2
		WHEN 'lesson_content' THEN 3 WHEN 'component_regen' THEN 4
		WHEN 'full_course' THEN 5 END + CASE status
		WHEN 'queued' THEN 1 WHEN 'processing' THEN 2
		WHEN 'completed' THEN 3 WHEN 'failed' THEN 4
		WHEN 'cancelled' THEN 5 END) STORED,
	CONSTRAINT generation_jobs_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT generation_jobs_progress_check
		CHECK (progress_percent BETWEEN 0 AND 100),
	CONSTRAINT generation_jobs_course_fkey FOREIGN KEY (tenant_id, course_id)
		REFERENCES courses (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT generation_jobs_lesson_fkey FOREIGN KEY (tenant_id, lesson_id)
		REFERENCES generated_lessons (tenant_id, id)
		ON DELETE SET NULL (lesson_id),
	CONSTRAINT generation_jobs_outline_lesson_fkey
		FOREIGN KEY (tenant_id, outline_lesson_id)
		REFERENCES outline_lessons (tenant_id, id)
		ON DELETE SET NULL (outline_lesson_id),
	CONSTRAINT generation_jobs_component_fkey
		FOREIGN KEY (tenant_id, component_id)
		REFERENCES lesson_components (tenant_id, id)
		ON DELETE SET NULL (component_id),
	CONSTRAINT generation_jobs_task_fkey FOREIGN KEY (tenant_id, sme_task_id)
		REFERENCES sme_tasks (tenant_id, id)
		ON DELETE SET NULL (sme_task_id),
	CONSTRAINT generation_jobs_submission_fkey
		FOREIGN KEY (tenant_id, submission_id)
		REFERENCES sme_task_submissions (tenant_id, id)
		ON DELETE SET NULL (submission_id),
	CONSTRAINT generation_jobs_parent_fkey
		FOREIGN KEY (tenant_id, parent_job_id)
		REFERENCES generation_jobs (tenant_id, id)
		ON DELETE SET NULL (parent_job_id),
	CONSTRAINT generation_jobs_creator_fkey
		FOREIGN KEY (tenant_id, created_by_user_id)
		REFERENCES users (tenant_id, id)
);
CREATE INDEX generation_jobs_list_idx
	ON generation_jobs (tenant_id, created_at DESC, id);
CREATE INDEX generation_jobs_creator_idx
	ON generation_jobs (created_by_user_id, created_at DESC, id);
-- Lists of one type and state, which are polled, read no other rows.
CREATE INDEX generation_jobs_kind_idx ON generation_jobs
	(tenant_id, kind, created_at DESC, id);
CREATE INDEX generation_jobs_creator_kind_idx ON generation_jobs
	(created_by_user_id, kind, created_at DESC, id);
CREATE INDEX generation_jobs_course_id_idx
	ON generation_jobs (course_id, created_at DESC, id);
CREATE INDEX generation_jobs_lesson_id_idx ON generation_jobs (lesson_id);
CREATE INDEX generation_jobs_outline_lesson_id_idx
	ON generation_jobs (outline_lesson_id);
CREATE INDEX generation_jobs_component_id_idx
	ON generation_jobs (component_id);
CREATE INDEX generation_jobs_sme_task_id_idx ON generation_jobs (sme_task_id);
CREATE INDEX generation_jobs_submission_id_idx
	ON generation_jobs (submission_id);
CREATE INDEX generation_jobs_parent_job_id_idx
	ON generation_jobs (parent_job_id, status);
-- The oldest job of each tenant is looked up, so tenant comes first.
CREATE INDEX generation_jobs_queued_idx
	ON generation_jobs (tenant_id, created_at, id) WHERE status = 'queued';
CREATE INDEX generation_jobs_processing_idx
	ON generation_jobs (lease_until) WHERE status = 'processing';
-- One of a kind at a time.
CREATE UNIQUE INDEX generation_jobs_active_course_key
	ON generation_jobs (course_id)
	WHERE type IN ('course_outline', 'full_course')
	AND status IN ('queued', 'processing');
CREATE UNIQUE INDEX generation_jobs_active_lesson_key
	ON generation_jobs (outline_lesson_id)
	WHERE type = 'lesson_content' AND status IN ('queued', 'processing');
CREATE UNIQUE INDEX generation_jobs_active_component_key
	ON generation_jobs (component_id)
	WHERE type = 'component_regen' AND status IN ('queued', 'processing');
CREATE UNIQUE INDEX generation_jobs_active_submission_key
	ON generation_jobs (submission_id)
	WHERE type = 'sme_ingestion' AND status IN ('queued', 'processing');

-- What a notice is about.
ALTER TABLE notifications
	ADD COLUMN job_id uuid,
	ADD COLUMN task_id uuid,
	ADD COLUMN sme_id uuid,
	ADD CONSTRAINT notifications_job_fkey FOREIGN KEY (tenant_id, job_id)
		REFERENCES generation_jobs (tenant_id, id)
		ON DELETE SET NULL (job_id),
	ADD CONSTRAINT notifications_task_fkey FOREIGN KEY (tenant_id, task_id)
		REFERENCES sme_tasks (tenant_id, id)
		ON DELETE SET NULL (task_id),
	ADD CONSTRAINT notifications_sme_fkey FOREIGN KEY (tenant_id, sme_id)
		REFERENCES subject_matter_experts (tenant_id, id)
		ON DELETE SET NULL (sme_id);
CREATE INDEX notifications_job_id_idx ON notifications (job_id)
	WHERE job_id IS NOT NULL;
CREATE INDEX notifications_task_id_idx ON notifications (task_id)
	WHERE task_id IS NOT NULL;
CREATE INDEX notifications_sme_id_idx ON notifications (sme_id)
	WHERE sme_id IS NOT NULL;

ALTER TABLE tenant_ai_settings ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenant_ai_settings
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON tenant_ai_settings TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE ai_usage ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON ai_usage
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON ai_usage TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE course_generation_inputs ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON course_generation_inputs
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON course_generation_inputs TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE course_drafts ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON course_drafts
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON course_drafts TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE course_outlines ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON course_outlines
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON course_outlines TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE outline_sections ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outline_sections
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON outline_sections TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE outline_lessons ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outline_lessons
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON outline_lessons TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE generated_lessons ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON generated_lessons
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON generated_lessons TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE lesson_components ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON lesson_components
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON lesson_components TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE generation_jobs ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON generation_jobs
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON generation_jobs TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
