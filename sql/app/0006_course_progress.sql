-- Where somebody stands in a course they read inside Mirai: lessons done and
-- answers given, so that the player can be left and taken up anywhere.

CREATE TABLE course_progress (
	tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
	user_id uuid NOT NULL,
	course_id uuid NOT NULL,
	kind varchar(10) NOT NULL,
	item_id varchar(200) NOT NULL, -- id of the lesson or question
	answer varchar(200),	       -- id of the chosen option
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (course_id, user_id, kind, item_id),
	CONSTRAINT course_progress_kind_check
		CHECK (kind IN ('lesson', 'question')),
	CONSTRAINT course_progress_answer_check
		CHECK ((kind = 'question') = (answer IS NOT NULL)),
	CONSTRAINT course_progress_course_fkey FOREIGN KEY (tenant_id, course_id)
		REFERENCES courses (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT course_progress_user_fkey FOREIGN KEY (tenant_id, user_id)
		REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX course_progress_user_id_idx ON course_progress (user_id);

ALTER TABLE course_progress ENABLE ROW LEVEL SECURITY,
	FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON course_progress
	USING (tenant_id = (SELECT current_tenant_id()))
	WITH CHECK (tenant_id = (SELECT current_tenant_id()));
CREATE POLICY worker ON course_progress TO mirai_worker
	USING ((SELECT is_superadmin())) WITH CHECK ((SELECT is_superadmin()));
