-- Knowledge and where it comes from: subject-matter experts, the tasks that ask
-- people for content, what they submitted, the chunks that approved submissions
-- became, and the audiences that courses are written for.

CREATE TYPE sme_scope AS ENUM ('global', 'team');
CREATE TYPE sme_status AS ENUM ('draft', 'ingesting', 'active', 'archived');
CREATE TYPE sme_task_status AS ENUM ('pending', 'submitted', 'processing',
	'completed', 'failed', 'cancelled', 'awaiting_review',
	'changes_requested');
CREATE TYPE sme_content_type AS ENUM ('document', 'image', 'video', 'audio',
	'url', 'text');
CREATE TYPE experience_level AS ENUM ('beginner', 'intermediate', 'advanced',
	'expert');
CREATE TYPE target_audience_status AS ENUM ('active', 'archived');

CREATE TABLE subject_matter_experts (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	company_id uuid NOT NULL,
	name varchar(255) NOT NULL,
	description text,
	domain varchar(255) NOT NULL,
	scope sme_scope NOT NULL DEFAULT 'global',
	status sme_status NOT NULL DEFAULT 'draft',
	knowledge_summary text,
	knowledge_content_path varchar(500),
	created_by_user_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT subject_matter_experts_tenant_id_id_key
		UNIQUE (tenant_id, id),
	CONSTRAINT subject_matter_experts_company_fkey
		FOREIGN KEY (tenant_id, company_id)
		REFERENCES companies (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT subject_matter_experts_creator_fkey
		FOREIGN KEY (tenant_id, created_by_user_id)
		REFERENCES users (tenant_id, id)
);
CREATE INDEX subject_matter_experts_list_idx
	ON subject_matter_experts (tenant_id, company_id, created_at DESC, id);
CREATE INDEX subject_matter_experts_creator_idx
	ON subject_matter_experts (created_by_user_id);

-- The teams that see an expert of scope team.
CREATE TABLE sme_team_access (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	sme_id uuid NOT NULL,
	team_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT sme_team_access_sme_id_team_id_key UNIQUE (sme_id, team_id),
	CONSTRAINT sme_team_access_sme_fkey FOREIGN KEY (tenant_id, sme_id)
		REFERENCES subject_matter_experts (tenant_id, id)
		ON DELETE CASCADE,
	CONSTRAINT sme_team_access_team_fkey FOREIGN KEY (tenant_id, team_id)
		REFERENCES teams (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sme_team_access_tenant_id_idx ON sme_team_access (tenant_id);
CREATE INDEX sme_team_access_team_id_idx ON sme_team_access (team_id);

CREATE TABLE sme_tasks (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	sme_id uuid NOT NULL,
	title varchar(500) NOT NULL,
	description text,
	expected_content_type sme_content_type, -- NULL: any
	assigned_to_user_id uuid NOT NULL,
	assigned_by_user_id uuid NOT NULL,
	team_id uuid,
	status sme_task_status NOT NULL DEFAULT 'pending',
	due_date timestamptz,
	due_reminded_at timestamptz,
	completed_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT sme_tasks_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT sme_tasks_sme_fkey FOREIGN KEY (tenant_id, sme_id)
		REFERENCES subject_matter_experts (tenant_id, id)
		ON DELETE CASCADE,
	CONSTRAINT sme_tasks_assignee_fkey
		FOREIGN KEY (tenant_id, assigned_to_user_id)
		REFERENCES users (tenant_id, id),
	CONSTRAINT sme_tasks_assigner_fkey
		FOREIGN KEY (tenant_id, assigned_by_user_id)
		REFERENCES users (tenant_id, id),
	CONSTRAINT sme_tasks_team_fkey FOREIGN KEY (tenant_id, team_id)
		REFERENCES teams (tenant_id, id) ON DELETE SET NULL (team_id)
);
CREATE INDEX sme_tasks_list_idx ON sme_tasks (tenant_id, created_at DESC, id);
CREATE INDEX sme_tasks_sme_id_idx ON sme_tasks (sme_id, created_at DESC);
CREATE INDEX sme_tasks_assignee_idx
	ON sme_tasks (assigned_to_user_id, created_at DESC);
CREATE INDEX sme_tasks_assigner_idx
	ON sme_tasks (assigned_by_user_id, created_at DESC);
CREATE INDEX sme_tasks_team_id_idx ON sme_tasks (team_id)
	WHERE team_id IS NOT NULL;
CREATE INDEX sme_tasks_due_idx ON sme_tasks (due_date)
	WHERE due_date IS NOT NULL AND due_reminded_at IS NULL
	AND status IN ('pending', 'changes_requested');

-- Addresses handed out for a task to a person: the only keys that a submission
-- may name. The id is that of the submission to come.
CREATE TABLE sme_uploads (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	task_id uuid NOT NULL,
	user_id uuid NOT NULL,
	file_name varchar(255) NOT NULL,
	file_path varchar(500) NOT NULL,
	content_type sme_content_type NOT NULL,
	media_type varchar(127) NOT NULL,
	file_size_bytes bigint NOT NULL,
	expires_at timestamptz NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT sme_uploads_tenant_id_file_path_key
		UNIQUE (tenant_id, file_path),
	CONSTRAINT sme_uploads_size_check CHECK (file_size_bytes > 0),
	CONSTRAINT sme_uploads_task_fkey FOREIGN KEY (tenant_id, task_id)
		REFERENCES sme_tasks (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT sme_uploads_user_fkey FOREIGN KEY (tenant_id, user_id)
		REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sme_uploads_task_id_idx ON sme_uploads (task_id);
CREATE INDEX sme_uploads_user_id_idx ON sme_uploads (user_id);
CREATE INDEX sme_uploads_expires_at_idx ON sme_uploads (expires_at);

CREATE TABLE sme_task_submissions (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	task_id uuid NOT NULL,
	file_name varchar(255) NOT NULL,
	file_path varchar(500) NOT NULL, -- '' for texts and addresses
	content_type sme_content_type NOT NULL,
	file_size_bytes bigint NOT NULL,
	extracted_text text,
	ai_summary text,
	ingestion_error text,
	submitted_by_user_id uuid NOT NULL,
	submitted_at timestamptz NOT NULL DEFAULT now(),
	scanned_at timestamptz, -- by the virus scanner, where there is one
	processed_at timestamptz,
	reviewer_notes text,
	approved_content text,
	is_approved boolean NOT NULL DEFAULT false,
	approved_at timestamptz,
	approved_by_user_id uuid,
	CONSTRAINT sme_task_submissions_tenant_id_id_key
		UNIQUE (tenant_id, id),
	CONSTRAINT sme_task_submissions_task_fkey
		FOREIGN KEY (tenant_id, task_id)
		REFERENCES sme_tasks (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT sme_task_submissions_submitter_fkey
		FOREIGN KEY (tenant_id, submitted_by_user_id)
		REFERENCES users (tenant_id, id),
	CONSTRAINT sme_task_submissions_approver_fkey
		FOREIGN KEY (tenant_id, approved_by_user_id)
		REFERENCES users (tenant_id, id)
);
CREATE INDEX sme_task_submissions_task_id_idx
	ON sme_task_submissions (task_id, submitted_at DESC, id);
CREATE INDEX sme_task_submissions_tenant_id_idx
	ON sme_task_submissions (tenant_id);
CREATE INDEX sme_task_submissions_submitter_idx
	ON sme_task_submissions (submitted_by_user_id);
CREATE INDEX sme_task_submissions_approver_idx
	ON sme_task_submissions (approved_by_user_id)
	WHERE approved_by_user_id IS NOT NULL;

-- What a search ranks a chunk by: the words of topic, keywords and content as
-- they stand and by their stems in the chunk's language. "k:", which no text
-- can contain as a word, holds each keyword as a whole.
CREATE FUNCTION sme_chunk_words(lang text, topic text, keywords text[],
	content text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	-- A text too short to tell its language may be in any of these.
	stems CONSTANT regconfig[] := CASE left(lang, 2)
		WHEN 'en' THEN '{english}' WHEN 'de' THEN '{german}'
		WHEN 'fr' THEN '{french}' WHEN 'es' THEN '{spanish}'
		WHEN 'ru' THEN '{russian}' WHEN 'el' THEN '{greek}'
		WHEN 'ar' THEN '{arabic}' WHEN 'hi' THEN '{hindi}'
		WHEN '' THEN '{english,german,french,spanish}'
		WHEN 'un' THEN '{english,german,french,spanish}'
		ELSE '{}' END::regconfig[];
	stem regconfig;
	body CONSTANT text := left(content, 50000);
	tags CONSTANT text := array_to_string(keywords, ' . ');
	words tsvector;
BEGIN
	words := setweight(to_tsvector('simple', topic), 'A')
		|| setweight(to_tsvector('simple', tags), 'B')
		|| to_tsvector('simple', body);
	FOREACH stem IN ARRAY stems LOOP
		words := words || setweight(to_tsvector(stem, topic), 'A')
			|| setweight(to_tsvector(stem, tags), 'B')
			|| to_tsvector(stem, body);
	END LOOP;
	RETURN words || array_to_tsvector(ARRAY(SELECT DISTINCT
		'k:' || lower(k) FROM unnest(keywords) k));
END
$$;

-- What a search finds it by: the same words, each of one tenant, but for those
-- that would be too long so. Nobody can ask for one of them.
CREATE FUNCTION sme_chunk_keys(tenant_id uuid, words tsvector) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN array_to_tsvector(ARRAY(SELECT left(tenant_id::text, 8) || w
		FROM unnest(tsvector_to_array(words)) w
		WHERE octet_length(w) < 2000));
END
$$;

CREATE TABLE sme_knowledge_chunks (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	sme_id uuid NOT NULL,
	submission_id uuid,
	content text NOT NULL,
	topic varchar(255) NOT NULL,
	keywords text[] NOT NULL DEFAULT '{}',
	relevance_score real NOT NULL DEFAULT 0.5,
	lang varchar(10) NOT NULL DEFAULT '', -- BCP 47, '': not known
	-- Where it stood in its submission: order, and the headings above it,
	-- outermost first. Who works without a model keeps to both.
	position int NOT NULL DEFAULT 0,
	heading_path text[] NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	words tsvector NOT NULL GENERATED ALWAYS AS
		(sme_chunk_words(lang, topic, keywords, content))
		STORED,
	CONSTRAINT sme_knowledge_chunks_tenant_id_id_key
		UNIQUE (tenant_id, id),
	CONSTRAINT sme_knowledge_chunks_score_check
		CHECK (relevance_score BETWEEN 0 AND 1),
	CONSTRAINT sme_knowledge_chunks_sme_fkey
		FOREIGN KEY (tenant_id, sme_id)
		REFERENCES subject_matter_experts (tenant_id, id)
		ON DELETE CASCADE,
	CONSTRAINT sme_knowledge_chunks_submission_fkey
		FOREIGN KEY (tenant_id, submission_id)
		REFERENCES sme_task_submissions (tenant_id, id)
		ON DELETE SET NULL (submission_id)
);
CREATE INDEX sme_knowledge_chunks_sme_id_idx ON sme_knowledge_chunks
	(sme_id, relevance_score DESC, created_at DESC, id);
CREATE INDEX sme_knowledge_chunks_submission_id_idx
	ON sme_knowledge_chunks (submission_id);
CREATE INDEX sme_knowledge_chunks_tenant_id_idx ON sme_knowledge_chunks
	(tenant_id, relevance_score DESC, created_at DESC, id);
-- A list of what is new would be read by every search.
CREATE INDEX sme_knowledge_chunks_words_idx ON sme_knowledge_chunks
	USING gin (sme_chunk_keys(tenant_id, words)) WITH (fastupdate = off);

CREATE TABLE target_audience_templates (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	company_id uuid NOT NULL,
	name varchar(255) NOT NULL,
	description text,
	role varchar(255) NOT NULL,
	experience_level experience_level NOT NULL DEFAULT 'intermediate',
	learning_goals text[] NOT NULL DEFAULT '{}',
	prerequisites text[] NOT NULL DEFAULT '{}',
	challenges text[] NOT NULL DEFAULT '{}',
	motivations text[] NOT NULL DEFAULT '{}',
	industry_context text,
	typical_background text,
	status target_audience_status NOT NULL DEFAULT 'active',
	created_by_user_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT target_audience_templates_tenant_id_id_key
		UNIQUE (tenant_id, id),
	CONSTRAINT target_audience_templates_company_fkey
		FOREIGN KEY (tenant_id, company_id)
		REFERENCES companies (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT target_audience_templates_creator_fkey
		FOREIGN KEY (tenant_id, created_by_user_id)
		REFERENCES users (tenant_id, id)
);
CREATE INDEX target_audience_templates_list_idx
	ON target_audience_templates (tenant_id, company_id, lower(name), id);
CREATE INDEX target_audience_templates_creator_idx
	ON target_audience_templates (created_by_user_id);

ALTER TABLE subject_matter_experts ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON subject_matter_experts
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON subject_matter_experts TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE sme_team_access ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sme_team_access
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON sme_team_access TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE sme_tasks ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sme_tasks
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON sme_tasks TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE sme_uploads ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sme_uploads
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON sme_uploads TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE sme_task_submissions ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sme_task_submissions
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON sme_task_submissions TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE sme_knowledge_chunks ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sme_knowledge_chunks
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON sme_knowledge_chunks TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

-- Searching. The operator @@ may not come before a policy's own test, as it
-- could tell what it sees, so no index would serve it: the search runs as the
-- role that cannot log in, which sees all chunks, and tests the tenant itself.
-- Roles inherit what others are shown; the owner shall not.
GRANT SELECT (id, tenant_id, sme_id, relevance_score, created_at, words)
	ON sme_knowledge_chunks TO mirai_lookup;
CREATE POLICY lookup ON sme_knowledge_chunks FOR SELECT TO mirai_lookup
	USING (true);
CREATE POLICY owner ON sme_knowledge_chunks AS RESTRICTIVE TO mirai_owner
	USING (tenant_id = (SELECT current_tenant_id()));

-- A word or a phrase in every language that chunks are kept in. last: a word
-- may go on.
CREATE FUNCTION sme_search_term(term text, phrase boolean, last boolean)
RETURNS tsquery
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning -- a stop word is no news
AS $$
DECLARE
	lang regconfig;
	q text;
	all_q text := '';
BEGIN
	FOREACH lang IN ARRAY ARRAY['simple', 'english', 'german', 'french',
		'spanish', 'russian', 'greek', 'arabic', 'hindi']::regconfig[]
	LOOP
		q := CASE WHEN phrase THEN phraseto_tsquery(lang, term)
			ELSE plainto_tsquery(lang, term) END::text;
		CONTINUE WHEN q = '';
		IF last AND lang = 'simple'::regconfig THEN
			q := q || ':*';
		END IF;
		CONTINUE WHEN strpos(all_q, '(' || q || ')') > 0;
		all_q := all_q || CASE WHEN all_q = '' THEN '' ELSE ' | ' END
			|| '(' || q || ')';
	END LOOP;
	RETURN all_q::tsquery;
END
$$;

-- The chunks of some sources of the caller's tenant that hold all terms, best
-- first. terms: words, phrases in quotation marks, "word*" for what begins so;
-- whole: the query as one keyword.
--
-- However many chunks hold a word, a bounded number is looked at: first the 600
-- with the best score, which are enough when there are no others, or when the
-- terms are in a tenth of them; then, by the index, 2000 of which 500 are
-- ranked.
CREATE FUNCTION sme_search(smes uuid[], terms text[], whole text, most int)
RETURNS TABLE (chunk_id uuid, rank real)
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER ROWS 20
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
	tenant CONSTANT uuid := public.current_tenant_id();
	keyword CONSTANT tsquery := ('''k:' || replace(replace(lower(whole),
		'\', '\\'), '''', '''''') || '''')::tsquery;
	term text;
	one tsquery;
	words tsquery; -- all of them, anywhere
	exact tsquery; -- and the phrases as such
	keys tsquery;
	seen int;
	hits uuid[];
BEGIN
	FOREACH term IN ARRAY terms LOOP
		one := public.sme_search_term(trim(both '"' from
			rtrim(term, '*')), false, right(term, 1) = '*');
		CONTINUE WHEN numnode(one) = 0;
		words := CASE WHEN words IS NULL THEN one ELSE words && one END;
		IF left(term, 1) = '"' THEN
			one := public.sme_search_term(trim(both '"' from term),
				true, false);
		END IF;
		exact := CASE WHEN exact IS NULL THEN one ELSE exact && one END;
	END LOOP;
	exact := COALESCE(exact || keyword, keyword);

	SELECT count(*), array_agg(b.id) FILTER (WHERE b.mine
		AND b.words @@ exact) INTO seen, hits
	FROM (SELECT k.id, k.words, k.sme_id = ANY (smes) AS mine
		FROM public.sme_knowledge_chunks k WHERE k.tenant_id = tenant
		ORDER BY k.relevance_score DESC, k.created_at DESC, k.id
		LIMIT 600) b;
	IF seen = 600 AND COALESCE(cardinality(hits), 0) < 60 THEN
		keys := regexp_replace(COALESCE(words || keyword, keyword)::text,
			'''((?:[^'']|'''')*)''',
			'''' || left(tenant::text, 8) || '\1''', 'g')::tsquery;
		hits := ARRAY(SELECT h.id FROM (SELECT k.id, k.relevance_score,
				k.created_at FROM public.sme_knowledge_chunks k
				WHERE public.sme_chunk_keys(k.tenant_id,
					k.words) @@ keys
				AND k.tenant_id = tenant
				AND k.sme_id = ANY (smes) LIMIT 2000) h
			ORDER BY h.relevance_score DESC, h.created_at DESC, h.id
			LIMIT 500);
	END IF;
	RETURN QUERY
	SELECT k.id, (ts_rank('{0.1, 0.2, 0.5, 1.0}', k.words, exact)
		* (0.5 + k.relevance_score))::real AS found
	FROM public.sme_knowledge_chunks k
	WHERE k.id = ANY (hits) AND k.words @@ exact
	ORDER BY found DESC, k.relevance_score DESC, k.created_at DESC, k.id
	LIMIT most;
END
$$;
REVOKE EXECUTE ON FUNCTION sme_search(uuid[], text[], text, int) FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO mirai_lookup;
ALTER FUNCTION sme_search(uuid[], text[], text, int) OWNER TO mirai_lookup;
REVOKE CREATE ON SCHEMA public FROM mirai_lookup;

ALTER TABLE target_audience_templates ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON target_audience_templates
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON target_audience_templates TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
