conf  store.secret  0123456789abcdef

# experts: 1 open to all, 2 to a team, 3 and 4 without knowledge to use, 5 of
# the other tenant
sql   app  INSERT INTO subject_matter_experts (id, tenant_id, company_id, name, domain, scope, status,
      created_by_user_id) SELECT (t || '4000000-0000-4000-8000-00000000000' || n)::uuid,
      (t || '0000000-0000-4000-8000-000000000000')::uuid, (t || '1000000-0000-4000-8000-000000000000')::uuid,
      'S' || n, 'd', scope::sme_scope, status::sme_status, (t || '2000000-0000-4000-8000-000000000001')::uuid
      FROM (VALUES ('a', '1', 'global', 'active'), ('a', '2', 'team', 'active'), ('a', '3', 'global', 'draft'),
      ('a', '4', 'global', 'archived'), ('b', '5', 'global', 'active')) AS v (t, n, scope, status)
sql   app  INSERT INTO target_audience_templates (id, tenant_id, company_id, name, role, created_by_user_id)
      SELECT (t || '5000000-0000-4000-8000-000000000001')::uuid, (t || '0000000-0000-4000-8000-000000000000')::uuid,
      (t || '1000000-0000-4000-8000-000000000000')::uuid, 'A', 'r', (t || '2000000-0000-4000-8000-000000000001')::uuid
      FROM (VALUES ('a'), ('b')) AS v (t)
sql   app  WITH t AS (INSERT INTO teams (id, tenant_id, company_id, name) VALUES
      ('a6000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000000',
      'a1000000-0000-4000-8000-000000000000', 'T') RETURNING id, tenant_id)
      INSERT INTO sme_team_access (tenant_id, sme_id, team_id)
      SELECT tenant_id, 'a4000000-0000-4000-8000-000000000002', id FROM t
as    instructor@acme
call  CourseService/CreateCourse  {"settings": {"title": "Fire safety"}}
want  200  {"course": {"id": "$course"}}

# before anything was asked for there is no input, and that is no failure
call  AIGenerationService/GetGenerationInput  {"courseId": "$course"}
want  200  {"input": "!"}
call  AIGenerationService/GetGenerationInput  {"courseId": "x"}
want  400  {"code": "invalid_argument"}
call  AIGenerationService/GetGenerationInput  {}
want  400  {"code": "invalid_argument"}
want-header  mirai-error-code: VALIDATION_MISSING_REQUIRED

# what is missing or too long is named
call  AIGenerationService/GenerateCourseOutline  {}
want  400  {"message": "input is required"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "7", "smeIds": ["a4000000-0000-4000-8000-000000000001"],
      "desiredOutcome": "o"}}
want  400  {"message": "input.course_id must be a UUID"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o"}}
want  400  {"message": "input.sme_ids must name at least one expert"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000001", "x"]}}
want  400  {"message": "input.sme_ids[1] must be a UUID"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": " ", "smeIds":
      ["a4000000-0000-4000-8000-000000000001"]}}
want  400  {"message": "input.desired_outcome must not be empty"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000001"], "targetAudienceIds": [""]}}
want  400  {"message": "input.target_audience_ids[0] is required"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000001"], "targetAudienceIds": ["","","","","","","","","","",""]}}
want  400  {"message": "input.target_audience_ids must have at most 10 entries"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["","","","","","","","","","","","","","","","","","","","",""]}}
want  400  {"message": "input.sme_ids must have at most 20 entries"}

# an expert must be active
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000001", "a4000000-0000-4000-8000-000000000003"]}}
want  400  {"message": "input.sme_ids[1] names an expert that is not active"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000004"]}}
want  400  {"message": "input.sme_ids[0] names an expert that is not active"}

# and open to who asks: by a team of one's own, and to administrators
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  403  {"code": "permission_denied"}
sql   app  INSERT INTO team_members (tenant_id, team_id, user_id) VALUES ('a0000000-0000-4000-8000-000000000000',
      'a6000000-0000-4000-8000-000000000001', 'a2000000-0000-4000-8000-000000000008')

# what is of another tenant does not exist
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["b4000000-0000-4000-8000-000000000005"]}}
want  404  {"code": "not_found"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000001"], "targetAudienceIds": ["b5000000-0000-4000-8000-000000000001"]}}
want  404  {"message": "target audience not found"}
as    owner@other
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["b4000000-0000-4000-8000-000000000005"]}}
want  404  {"message": "course not found"}
call  AIGenerationService/GetGenerationInput  {"courseId": "$course"}
want  404  {"message": "course not found"}

# reviewers do not ask, nor does who is nobody
as    sme@acme
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000001"]}}
want  403  {"code": "permission_denied"}
want-header  mirai-error-code: AUTH_FORBIDDEN
as    -
call  AIGenerationService/GenerateCourseOutline  {}
want  401  {"code": "unauthenticated"}

# without paid access nothing is generated; nothing was kept so far either
as    instructor2@acme
sql   app  UPDATE companies SET subscription_status = 'none' WHERE name = 'Acme'
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "o", "smeIds":
      ["a4000000-0000-4000-8000-000000000001"]}}
want  403  {"code": "permission_denied"}
want-header  mirai-error-code: BILLING_SUBSCRIPTION_REQUIRED
sql   app  UPDATE companies SET subscription_status = 'active' WHERE name = 'Acme'
sql   app  SELECT 1 / (1 - count(*)) FROM course_generation_inputs
sql   app  SELECT 1 / (1 - count(*)) FROM generation_jobs

# a good one is queued; an id that is named twice counts once
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": " Put out fires ",
      "smeIds": ["A4000000-0000-4000-8000-000000000001", "a4000000-0000-4000-8000-000000000002",
      "a4000000-0000-4000-8000-000000000001"], "targetAudienceIds": ["a5000000-0000-4000-8000-000000000001"],
      "additionalContext": "Offices"}}
want  200  {"job": {"id": "$job", "tenantId": "a0000000-0000-4000-8000-000000000000",
      "type": "GENERATION_JOB_TYPE_COURSE_OUTLINE", "status": "GENERATION_JOB_STATUS_QUEUED", "courseId": "$course",
      "courseTitle": "Fire safety", "progressPercent": "!", "retryCount": "!", "maxRetries": 3, "tokensUsed": "!",
      "createdByUserId": "a2000000-0000-4000-8000-000000000008", "createdAt": "*", "startedAt": "!",
      "completedAt": "!", "parentJobId": "!", "lessonId": "!", "resultPath": "!", "errorMessage": "!"}}
as    sme@acme
call  AIGenerationService/GetGenerationInput  {"courseId": "$course"}
want  200  {"input": {"courseId": "$course", "smeIds": ["a4000000-0000-4000-8000-000000000001",
      "a4000000-0000-4000-8000-000000000002"], "targetAudienceIds": ["a5000000-0000-4000-8000-000000000001"],
      "desiredOutcome": "Put out fires", "additionalContext": "Offices"}}

# a second is refused while it is active, and changes no input
as    owner@acme
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  409  {"code": "already_exists"}
sql   app  UPDATE generation_jobs SET status = 'processing'
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  409  {"code": "already_exists"}
call  AIGenerationService/GetGenerationInput  {"courseId": "$course"}
want  200  {"input": {"desiredOutcome": "Put out fires"}}
sql   app  UPDATE generation_jobs SET status = 'processing', type = 'full_course'
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  409  {"code": "already_exists"}

# once it is over another replaces the one input of the course
sql   app  UPDATE generation_jobs SET status = 'failed', type = 'course_outline', completed_at = now()
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  200  {"job": {"id": "$again", "status": "GENERATION_JOB_STATUS_QUEUED"}}
call  AIGenerationService/GetGenerationInput  {"courseId": "$course"}
want  200  {"input": {"smeIds": ["a4000000-0000-4000-8000-000000000002"], "targetAudienceIds": "!",
      "desiredOutcome": "Other", "additionalContext": "!"}}
sql   app  SELECT 1 / (2 - count(*)) FROM course_generation_inputs

# the month's tokens used up: nothing more for a provider that costs some
sql   app  UPDATE generation_jobs SET status = 'failed', completed_at = now()
sql   app  INSERT INTO tenant_ai_settings (tenant_id, provider, base_url, updated_at,
      monthly_token_limit) VALUES
      ('a0000000-0000-4000-8000-000000000000', 'openai', 'https://ai.acme.example/v1', now(), 100)
sql   app  INSERT INTO ai_usage (tenant_id, day, kind, tokens, jobs) VALUES ('a0000000-0000-4000-8000-000000000000',
      (now() AT TIME ZONE 'UTC')::date, 'enhance', 100, 1)
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  403  {"code": "permission_denied"}
want-header  mirai-error-code: AI_LIMIT_REACHED
sql   app  UPDATE tenant_ai_settings SET monthly_token_limit = 101
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  200
sql   app  DELETE FROM tenant_ai_settings

# a course has so many outlines, a company so many jobs that wait
sql   app  UPDATE generation_jobs SET status = 'failed', completed_at = now()
sql   app  INSERT INTO course_outlines (tenant_id, course_id, version) VALUES
      ('a0000000-0000-4000-8000-000000000000', '$course', 100)
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  429  {"code": "resource_exhausted", "message": "the course has 100 outlines, and no more are kept: edit the latest one, or make a new course",
      "details": [{"type": "google.rpc.QuotaFailure", "value": "*", "debug": "*"}]}
sql   app  UPDATE course_outlines SET version = 99
sql   app  INSERT INTO generation_jobs (tenant_id, type, created_by_user_id) SELECT 'a0000000-0000-4000-8000-000000000000',
      'lesson_content', 'a2000000-0000-4000-8000-000000000001' FROM generate_series(1, 5000)
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  429  {"code": "resource_exhausted", "message": "5000 jobs of the company wait already, and 5000 may; try again when some have ended",
      "details": [{"type": "google.rpc.QuotaFailure", "value": "*", "debug": "*"}]}
sql   app  UPDATE generation_jobs SET status = 'processing', lease_until = now() WHERE id = (SELECT id FROM generation_jobs
      WHERE status = 'queued' LIMIT 1)
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  200
sql   app  DELETE FROM generation_jobs WHERE type = 'lesson_content'

# a course that another person keeps to themselves does not exist
as    instructor@acme
call  CourseService/GetFolderHierarchy  {}
want  200
sql   app  UPDATE courses SET folder_id = (SELECT id FROM folders WHERE type = 'PERSONAL'
      AND user_id = 'a2000000-0000-4000-8000-000000000002')
call  AIGenerationService/GetGenerationInput  {"courseId": "$course"}
want  200
as    owner@acme
call  AIGenerationService/GetGenerationInput  {"courseId": "$course"}
want  404  {"message": "course not found"}
call  AIGenerationService/GenerateCourseOutline  {"input": {"courseId": "$course", "desiredOutcome": "Other", "smeIds":
      ["a4000000-0000-4000-8000-000000000002"]}}
want  404  {"message": "course not found"}
