-- The library: folders, courses (the document itself lies in the object
-- store) and the packages made from them. The product documents also name
-- course_modules and lessons; those are legacy tables of data that no
-- installation of this program has, so they do not exist here.

CREATE TABLE folders (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	name varchar(255) NOT NULL,
	parent_id uuid,
	type varchar(50) NOT NULL DEFAULT 'FOLDER',
	team_id uuid,
	user_id uuid,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT folders_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT folders_type_check
		CHECK (type IN ('LIBRARY', 'TEAM', 'PERSONAL', 'FOLDER')),
	CONSTRAINT folders_team_check
		CHECK (type <> 'TEAM' OR team_id IS NOT NULL),
	CONSTRAINT folders_personal_check
		CHECK (type <> 'PERSONAL' OR user_id IS NOT NULL),
	CONSTRAINT folders_not_own_parent_check CHECK (parent_id <> id),
	CONSTRAINT folders_parent_fkey FOREIGN KEY (tenant_id, parent_id)
		REFERENCES folders (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT folders_team_fkey FOREIGN KEY (tenant_id, team_id)
		REFERENCES teams (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT folders_user_fkey FOREIGN KEY (tenant_id, user_id)
		REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX folders_tenant_id_type_idx ON folders (tenant_id, type);
CREATE INDEX folders_parent_id_idx ON folders (parent_id);
CREATE INDEX folders_team_id_idx ON folders (team_id);
CREATE INDEX folders_user_id_idx ON folders (user_id);
CREATE UNIQUE INDEX folders_library_key ON folders (tenant_id)
	WHERE type = 'LIBRARY' AND parent_id IS NULL;
CREATE UNIQUE INDEX folders_personal_key ON folders (user_id)
	WHERE type = 'PERSONAL' AND parent_id IS NULL;
CREATE UNIQUE INDEX folders_team_key ON folders (team_id)
	WHERE type = 'TEAM' AND parent_id IS NULL;
CREATE UNIQUE INDEX folders_parent_id_name_key
	ON folders (parent_id, lower(name));
CREATE UNIQUE INDEX folders_root_name_key ON folders (tenant_id, lower(name))
	WHERE type = 'FOLDER' AND parent_id IS NULL;

CREATE TABLE courses (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	company_id uuid NOT NULL,
	team_id uuid,
	created_by_user_id uuid,
	title varchar(500) NOT NULL,
	description text,
	status varchar(20) NOT NULL DEFAULT 'draft',
	version int NOT NULL DEFAULT 1,
	content_path varchar(500) NOT NULL,
	thumbnail_path varchar(500),
	folder_path varchar(500), -- legacy
	folder_id uuid,
	category_tags text[],
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT courses_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT courses_status_check
		CHECK (status IN ('draft', 'published', 'generated', 'archived')),
	CONSTRAINT courses_version_check CHECK (version >= 1),
	CONSTRAINT courses_company_fkey FOREIGN KEY (tenant_id, company_id)
		REFERENCES companies (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT courses_team_fkey FOREIGN KEY (tenant_id, team_id)
		REFERENCES teams (tenant_id, id),
	CONSTRAINT courses_creator_fkey
		FOREIGN KEY (tenant_id, created_by_user_id)
		REFERENCES users (tenant_id, id),
	CONSTRAINT courses_folder_fkey FOREIGN KEY (tenant_id, folder_id)
		REFERENCES folders (tenant_id, id)
);
-- The list reads its page in this order and counts in the same index: folder
-- and status, which decide what a caller sees, ride along.
CREATE INDEX courses_list_idx ON courses (tenant_id, updated_at DESC, id)
	INCLUDE (folder_id, status);
CREATE INDEX courses_creator_idx
	ON courses (tenant_id, created_by_user_id, updated_at DESC);
CREATE INDEX courses_status_idx ON courses (tenant_id, status);
CREATE INDEX courses_company_id_idx ON courses (company_id);
CREATE INDEX courses_team_id_idx ON courses (team_id)
	WHERE team_id IS NOT NULL;
CREATE INDEX courses_created_by_user_id_idx ON courses (created_by_user_id);
CREATE INDEX courses_folder_id_idx ON courses (folder_id);
CREATE INDEX courses_folder_path_idx ON courses (folder_path)
	WHERE folder_path IS NOT NULL;
CREATE INDEX courses_category_tags_idx ON courses USING gin (category_tags);

CREATE TABLE scorm_packages (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	course_id uuid NOT NULL,
	version int NOT NULL,
	format varchar(20) NOT NULL DEFAULT 'scorm_2004',
	status varchar(20) NOT NULL DEFAULT 'pending',
	archive_key varchar(500),
	manifest_version varchar(20),
	error_message text,
	created_at timestamptz NOT NULL DEFAULT now(),
	completed_at timestamptz,
	requested_by_user_id uuid,
	started_at timestamptz,
	attempts int NOT NULL DEFAULT 0,
	CONSTRAINT scorm_packages_tenant_id_id_key UNIQUE (tenant_id, id),
	CONSTRAINT scorm_packages_format_check
		CHECK (format IN ('scorm_12', 'scorm_2004', 'xapi', 'pdf')),
	CONSTRAINT scorm_packages_status_check
		CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
	CONSTRAINT scorm_packages_attempts_check CHECK (attempts >= 0),
	CONSTRAINT scorm_packages_course_fkey FOREIGN KEY (tenant_id, course_id)
		REFERENCES courses (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT scorm_packages_requester_fkey
		FOREIGN KEY (tenant_id, requested_by_user_id)
		REFERENCES users (tenant_id, id)
		ON DELETE SET NULL (requested_by_user_id)
);
CREATE INDEX scorm_packages_course_id_idx
	ON scorm_packages (course_id, created_at DESC, id);
CREATE INDEX scorm_packages_status_idx ON scorm_packages (status);
CREATE INDEX scorm_packages_requester_idx
	ON scorm_packages (requested_by_user_id);
-- The queue: what waits or may have to be reclaimed, oldest first.
CREATE INDEX scorm_packages_queue_idx ON scorm_packages (created_at, id)
	WHERE status IN ('pending', 'processing');

ALTER TABLE folders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON folders
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON folders TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE courses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON courses
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON courses TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));

ALTER TABLE scorm_packages ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scorm_packages
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON scorm_packages TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
