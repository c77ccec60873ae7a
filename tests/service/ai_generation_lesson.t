conf  store.secret  0123456789abcdef
as    instructor@acme
call  CourseService/CreateCourse  {"settings": {"title": "Fire safety"}}
want  200  {"course": {"id": "$course"}}
call  CourseService/CreateCourse  {"settings": {"title": "Second"}}
want  200  {"course": {"id": "$second"}}

# without an outline there is nothing to write or to list
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  404  {"message": "outline not found"}
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "a9000000-0000-4000-8000-000000000001"}
want  404  {"message": "outline not found"}
call  AIGenerationService/ListGeneratedLessons  {"courseId": "$course"}
want  200  {"lessons": "!", "coverage": "*"}
call  AIGenerationService/FinalizeCourse  {"courseId": "$course"}
want  400  {"message": "course_id names a course without an approved outline"}

# version 1 approved and written, version 2 under review; ids by version
sql   app  INSERT INTO course_outlines (id, tenant_id, course_id, version, approval_status)
      SELECT ('a7000000-0000-4000-8000-00000000000' || n)::uuid, tenant_id, id, n, s::outline_approval_status
      FROM courses, (VALUES (1, 'approved'), (2, 'pending_review')) AS v (n, s) WHERE id = '$course'
sql   app  INSERT INTO outline_sections (id, tenant_id, outline_id, title, position)
      SELECT ('a8000000-0000-4000-8000-00000000000' || n)::uuid, 'a0000000-0000-4000-8000-000000000000',
      ('a7000000-0000-4000-8000-00000000000' || o)::uuid, 'S' || n, p
      FROM (VALUES (0, 1, 1), (1, 2, 2), (2, 2, 1)) AS v (n, o, p)
sql   app  INSERT INTO outline_lessons (id, tenant_id, section_id, title, position)
      SELECT ('a9000000-0000-4000-8000-00000000000' || n)::uuid, 'a0000000-0000-4000-8000-000000000000',
      ('a8000000-0000-4000-8000-00000000000' || s)::uuid, 'L' || n, p
      FROM (VALUES (0, 0, 1), (1, 1, 1), (2, 2, 2), (3, 2, 1)) AS v (n, s, p)
sql   app  INSERT INTO generated_lessons (id, tenant_id, course_id, section_id, outline_lesson_id, title, segue_text)
      SELECT 'aa000000-0000-4000-8000-000000000000', tenant_id, '$course', section_id, id, 'Old', 'On'
      FROM outline_lessons WHERE title = 'L0'

# the latest outline must be approved: one answer for a lesson, one for all
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "a9000000-0000-4000-8000-000000000001"}
want  400  {"message": "course_id names a course whose outline is not approved"}
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  403  {"message": "the outline is not approved"}

# meanwhile the lessons of the version before are listed
call  AIGenerationService/ListGeneratedLessons  {"courseId": "$course"}
want  200  {"lessons": [{"id": "aa000000-0000-4000-8000-000000000000", "title": "Old", "segueText": "On",
      "outlineLessonId": "a9000000-0000-4000-8000-000000000000"}]}
sql   app  UPDATE course_outlines SET approval_status = 'approved' WHERE version = 2

# a lesson of the outline, of this course; not of an older one
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "a9000000-0000-4000-8000-000000000000"}
want  404  {"message": "lesson not found"}
call  AIGenerationService/GenerateLessonContent  {"courseId": "$second", "outlineLessonId": "a9000000-0000-4000-8000-000000000001"}
want  404  {"message": "outline not found"}
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "lesson-1"}
want  400  {"message": "outline_lesson_id must be a UUID"}
call  AIGenerationService/GenerateLessonContent  {"outlineLessonId": "a9000000-0000-4000-8000-000000000001"}
want  400  {"message": "course_id is required"}
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "a9000000-0000-4000-8000-000000000001"}
want  200  {"job": {"id": "$lesson", "type": "GENERATION_JOB_TYPE_LESSON_CONTENT", "status": "GENERATION_JOB_STATUS_QUEUED",
      "outlineLessonId": "a9000000-0000-4000-8000-000000000001", "courseId": "$course", "maxRetries": 3, "lessonId": "!",
      "parentJobId": "!", "createdByUserId": "a2000000-0000-4000-8000-000000000002"}}

# once at a time: for the lesson, and for the course with it
as    owner@acme
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "a9000000-0000-4000-8000-000000000001"}
want  409  {"message": "the lesson is being generated already"}
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  409  {"message": "a lesson of the course is being generated already"}
sql   app  SELECT 1 / (2 - count(*)) FROM generation_jobs
call  AIGenerationService/CancelJob  {"jobId": "$lesson"}
want  200  {"job": {"status": "GENERATION_JOB_STATUS_CANCELLED", "progressMessage": "Cancelled"}}

# reviewers and strangers ask for nothing
as    sme@acme
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  403  {"code": "permission_denied"}
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "a9000000-0000-4000-8000-000000000001"}
want  403  {"code": "permission_denied"}
call  AIGenerationService/FinalizeCourse  {"courseId": "$course"}
want  403  {"code": "permission_denied"}
as    owner@other
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  404  {"message": "course not found"}
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "a9000000-0000-4000-8000-000000000001"}
want  404  {"message": "course not found"}
call  AIGenerationService/ListGeneratedLessons  {"courseId": "$course"}
want  404  {"message": "course not found"}
call  AIGenerationService/FinalizeCourse  {"courseId": "$course"}
want  404  {"message": "course not found"}

# all of them: a parent that runs, and a child for each lesson in outline order
as    instructor@acme
sql   app  UPDATE companies SET subscription_status = 'none' WHERE name = 'Acme'
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  403  {"code": "permission_denied"}
want-header  mirai-error-code: BILLING_SUBSCRIPTION_REQUIRED
sql   app  UPDATE companies SET subscription_status = 'active' WHERE name = 'Acme'
# all of a course's lessons wait, or none
sql   app  INSERT INTO generation_jobs (tenant_id, type, created_by_user_id) SELECT 'a0000000-0000-4000-8000-000000000000',
      'sme_ingestion', 'a2000000-0000-4000-8000-000000000001' FROM generate_series(1, 4998)
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  429  {"code": "resource_exhausted", "message": "4998 jobs of the company wait already, and 5000 may; try again when some have ended"}
sql   app  DELETE FROM generation_jobs WHERE type = 'sme_ingestion'
call  AIGenerationService/GenerateAllLessons  {"courseId": "x"}
want  400  {"message": "course_id must be a UUID"}
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  200  {"job": {"id": "$all", "type": "GENERATION_JOB_TYPE_FULL_COURSE", "status": "GENERATION_JOB_STATUS_PROCESSING",
      "maxRetries": "!", "startedAt": "*", "childrenTotal": 3, "childrenEnded": "!", "childrenFailed": "!",
      "courseTitle": "Fire safety"}}
call  AIGenerationService/ListJobs  {"status": "GENERATION_JOB_STATUS_QUEUED", "courseId": "$course"}
want  200  {"jobs": [{"parentJobId": "$all", "maxRetries": 3, "type": "GENERATION_JOB_TYPE_LESSON_CONTENT"},
      {"parentJobId": "$all"}, {"parentJobId": "$all"}]}
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  409  {"message": "the course is being generated already"}
call  AIGenerationService/GenerateLessonContent  {"courseId": "$course", "outlineLessonId": "a9000000-0000-4000-8000-000000000002"}
want  409  {"message": "the lesson is being generated already"}
sql   app  SELECT 1 / (4 - count(*)) FROM generation_jobs WHERE status <> 'cancelled' AND parent_job_id = '$all'

# two lessons came of it: the next run is for the one without
call  AIGenerationService/CancelJob  {"jobId": "$all"}
want  200
sql   app  INSERT INTO generated_lessons (id, tenant_id, course_id, section_id, outline_lesson_id, title)
      SELECT replace(id::text, 'a9', 'aa')::uuid, tenant_id, '$course', section_id, id, title
      FROM outline_lessons WHERE title IN ('L1', 'L3')
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  200  {"job": {"id": "$rest", "childrenTotal": 1}}
call  AIGenerationService/ListJobs  {"status": "GENERATION_JOB_STATUS_QUEUED"}
want  200  {"jobs": [{"outlineLessonId": "a9000000-0000-4000-8000-000000000002", "parentJobId": "$rest"}]}
call  AIGenerationService/CancelJob  {"jobId": "$rest"}
want  200

# and for all of them again once each has content
sql   app  INSERT INTO generated_lessons (id, tenant_id, course_id, section_id, outline_lesson_id, title)
      SELECT replace(id::text, 'a9', 'aa')::uuid, tenant_id, '$course', section_id, id, title
      FROM outline_lessons WHERE title = 'L2'
call  AIGenerationService/GenerateAllLessons  {"courseId": "$course"}
want  200  {"job": {"id": "$anew", "childrenTotal": 3}}
call  AIGenerationService/CancelJob  {"jobId": "$anew"}
want  200

# an outline without lessons has nothing to write
sql   app  INSERT INTO course_outlines (tenant_id, course_id, approval_status)
      VALUES ('a0000000-0000-4000-8000-000000000000', '$second', 'approved')
call  AIGenerationService/GenerateAllLessons  {"courseId": "$second"}
want  400  {"message": "course_id names a course whose outline has no lessons"}
call  AIGenerationService/FinalizeCourse  {"courseId": "$second"}
want  400  {"message": "course_id names a course without generated lessons"}

# lessons are listed in outline order, each with its components in theirs
sql   app  INSERT INTO lesson_components (id, tenant_id, lesson_id, type, position, content_json, sme_chunk_ids,
      learning_objective_ids) SELECT ('ad000000-0000-4000-8000-00000000000' || n)::uuid, tenant_id, g.id,
      t::lesson_component_type, p, j::jsonb, ARRAY['ae000000-0000-4000-8000-000000000001'::uuid], ARRAY['o1']
      FROM generated_lessons g JOIN (VALUES (1, 'L1', 'text', 2, '{"html": "<p>One</p>", "plaintext": "One"}'),
      (2, 'L1', 'heading', 1, '{"level": 2, "text": "Exits"}'),
      (3, 'L3', 'quiz', 1, '{"question": "Q", "question_type": "multiple_choice", "options": [{"id": "a", "text": "A"},
      {"id": "b", "text": "B"}], "correct_answer_id": "a", "explanation": "E"}'),
      (4, 'L3', 'image', 2, '{"image_description": "A door", "alt_text": "Door", "caption": "C"}'))
      AS v (n, title, t, p, j) ON v.title = g.title
as    sme@acme
call  AIGenerationService/ListGeneratedLessons  {"courseId": "$course"}
want  200  {"coverage": "*", "lessons": [
      {"id": "aa000000-0000-4000-8000-000000000003", "courseId": "$course", "title": "L3", "generatedAt": "*", "segueText": "!",
       "sectionId": "a8000000-0000-4000-8000-000000000002", "outlineLessonId": "a9000000-0000-4000-8000-000000000003",
       "components": [{"id": "ad000000-0000-4000-8000-000000000003", "type": "LESSON_COMPONENT_TYPE_QUIZ", "order": 1},
        {"id": "ad000000-0000-4000-8000-000000000004", "type": "LESSON_COMPONENT_TYPE_IMAGE", "order": 2}]},
      {"id": "aa000000-0000-4000-8000-000000000002", "title": "L2", "components": "!"},
      {"id": "aa000000-0000-4000-8000-000000000001", "title": "L1", "components": [
       {"id": "ad000000-0000-4000-8000-000000000002", "type": "LESSON_COMPONENT_TYPE_HEADING", "order": 1, "version": 1},
       {"id": "ad000000-0000-4000-8000-000000000001", "type": "LESSON_COMPONENT_TYPE_TEXT", "contentJson": "*",
        "alignment": {"smeChunkIds": ["ae000000-0000-4000-8000-000000000001"], "learningObjectiveIds": ["o1"]}}]}]}
call  AIGenerationService/ListGeneratedLessons  {"courseId": ""}
want  400  {"message": "course_id is required"}

# one by its id, of an older outline as well
call  AIGenerationService/GetGeneratedLesson  {"lessonId": "aa000000-0000-4000-8000-000000000001"}
want  200  {"lesson": {"id": "aa000000-0000-4000-8000-000000000001", "components": [
      {"contentJson": "{\"text\": \"Exits\", \"level\": 2}"}, {"type": "LESSON_COMPONENT_TYPE_TEXT"}]}}
call  AIGenerationService/GetGeneratedLesson  {"lessonId": "aa000000-0000-4000-8000-000000000000"}
want  200  {"lesson": {"title": "Old", "components": "!"}}
call  AIGenerationService/GetGeneratedLesson  {"lessonId": "aa000000-0000-4000-8000-000000000009"}
want  404  {"message": "lesson not found"}
call  AIGenerationService/GetGeneratedLesson  {"lessonId": "9"}
want  400  {"message": "lesson_id must be a UUID"}
as    owner@other
call  AIGenerationService/GetGeneratedLesson  {"lessonId": "aa000000-0000-4000-8000-000000000001"}
want  404  {"message": "lesson not found"}

# a component is asked for anew: ids that belong together, a prompt
as    instructor@acme
call  AIGenerationService/RegenerateComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "modificationPrompt": " "}
want  400  {"message": "modification_prompt must not be empty"}
call  AIGenerationService/RegenerateComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "modificationPrompt": "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"}
want  400  {"message": "modification_prompt must have at most 4000 characters"}
call  AIGenerationService/RegenerateComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "7", "modificationPrompt": "Shorter"}
want  400  {"message": "component_id must be a UUID"}
call  AIGenerationService/RegenerateComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000002",
      "componentId": "ad000000-0000-4000-8000-000000000001", "modificationPrompt": "Shorter"}
want  404  {"message": "component not found"}
call  AIGenerationService/RegenerateComponent  {"courseId": "$second", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "modificationPrompt": "Shorter"}
want  404  {"message": "component not found"}
as    owner@other
call  AIGenerationService/RegenerateComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "modificationPrompt": "Shorter"}
want  404  {"message": "course not found"}
as    sme@acme
call  AIGenerationService/RegenerateComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "modificationPrompt": "Shorter"}
want  403  {"code": "permission_denied"}
as    instructor@acme
call  AIGenerationService/RegenerateComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "modificationPrompt": "Shorter"}
want  200  {"job": {"id": "$regen", "type": "GENERATION_JOB_TYPE_COMPONENT_REGEN", "status": "GENERATION_JOB_STATUS_QUEUED",
      "courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001", "maxRetries": 3,
      "componentId": "ad000000-0000-4000-8000-000000000001"}}
sql   app  SELECT 1 / count(*) FROM generation_jobs WHERE id = '$regen' AND input = '{"prompt": "Shorter"}'
call  AIGenerationService/RegenerateComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "modificationPrompt": "Longer"}
want  409  {"message": "the component is being generated already"}

# putting the lessons into the course: the blocks have the components' ids
call  AIGenerationService/FinalizeCourse  {"courseId": ""}
want  400  {"message": "course_id is required"}
call  AIGenerationService/FinalizeCourse  {"courseId": "$course"}
want  200  {"version": 2}
call  CourseService/GetCourse  {"id": "$course"}
want  200  {"course": {"version": 2, "status": "COURSE_STATUS_GENERATED", "coverage": "!", "content": {"sections": [
      {"name": "S2", "lessons": [{"title": "L3", "blocks": [
       {"id": "ad000000-0000-4000-8000-000000000003", "type": "BLOCK_TYPE_KNOWLEDGE_CHECK"},
       {"id": "ad000000-0000-4000-8000-000000000004", "type": "BLOCK_TYPE_TEXT"}]}, {"title": "L2"}]},
      {"name": "S1", "lessons": [{"title": "L1", "blocks": [
       {"id": "ad000000-0000-4000-8000-000000000002", "type": "BLOCK_TYPE_HEADING", "content": "Exits"},
       {"id": "ad000000-0000-4000-8000-000000000001", "content": "<p>One</p>"}]}]}]}}}

# editing a component: what is stored is checked and clean
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "version": 1, "contentJson": "{\"html\": \"\"}"}
want  400  {"code": "invalid_argument"}
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "version": 1, "contentJson": "{"}
want  400  {"code": "invalid_argument"}
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "version": 1}
want  400  {"message": "content_json is required"}
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "contentJson": "{\"html\": \"<p>Two</p>\"}"}
want  400  {"message": "version must be that of the component that was edited"}
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000003",
      "componentId": "ad000000-0000-4000-8000-000000000003", "version": 1, "contentJson":
      "{\"question\": \"Q\", \"options\": [{\"id\": \"a\", \"text\": \"A\"}, {\"id\": \"b\", \"text\": \"B\"}], \"correct_answer_id\": \"c\"}"}
want  400  {"code": "invalid_argument"}
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000002",
      "componentId": "ad000000-0000-4000-8000-000000000001", "version": 1, "contentJson": "{\"html\": \"<p>Two</p>\"}"}
want  404  {"message": "component not found"}
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "version": 1, "contentJson":
      "{\"html\": \"<p onclick='x()'>Two</p><script>alert(1)</script>\", \"plaintext\": \"lies\"}"}
want  200  {"component": {"id": "ad000000-0000-4000-8000-000000000001", "version": 2, "order": 2,
      "type": "LESSON_COMPONENT_TYPE_TEXT", "contentJson": "{\"html\": \"<p>Two</p>\", \"plaintext\": \"Two\"}",
      "alignment": {"smeChunkIds": ["ae000000-0000-4000-8000-000000000001"]}}}

# and the block of the course that shows it, with a version of its own
call  CourseService/GetCourse  {"id": "$course"}
want  200  {"course": {"version": 3, "content": {"sections": [{}, {"lessons": [{"blocks": [{"content": "Exits"},
      {"id": "ad000000-0000-4000-8000-000000000001", "content": "<p>Two</p>"}]}]}]}}}

# who edited the version before hears so, and changes neither
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "version": 1, "contentJson": "{\"html\": \"<p>Three</p>\"}"}
want  409  {"code": "aborted"}
call  CourseService/GetCourse  {"id": "$course"}
want  200  {"course": {"version": 3}}

# an author's own picture stays with what it is
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000003",
      "componentId": "ad000000-0000-4000-8000-000000000004", "version": 1, "contentJson":
      "{\"image_description\": \"A door\", \"alt_text\": \"Door\", \"url\": \"https://acme.example/door.png\"}"}
want  200  {"component": {"version": 2}}
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000003",
      "componentId": "ad000000-0000-4000-8000-000000000004", "version": 2, "contentJson":
      "{\"image_description\": \"A door\", \"alt_text\": \"Door\", \"url\": \"javascript:alert(1)\"}"}
want  400  {"code": "invalid_argument"}

# reviewers and other tenants edit nothing
as    sme@acme
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "version": 2, "contentJson": "{\"html\": \"<p>Three</p>\"}"}
want  403  {"code": "permission_denied"}
as    owner@other
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000001",
      "componentId": "ad000000-0000-4000-8000-000000000001", "version": 2, "contentJson": "{\"html\": \"<p>Three</p>\"}"}
want  404  {"message": "course not found"}

# a component that no course shows is changed alone
as    instructor@acme
sql   app  INSERT INTO lesson_components (id, tenant_id, lesson_id, type, position, content_json) VALUES
      ('ad000000-0000-4000-8000-000000000007', 'a0000000-0000-4000-8000-000000000000',
      'aa000000-0000-4000-8000-000000000002', 'heading', 1, '{"level": 2, "text": "T"}')
call  AIGenerationService/UpdateLessonComponent  {"courseId": "$course", "lessonId": "aa000000-0000-4000-8000-000000000002",
      "componentId": "ad000000-0000-4000-8000-000000000007", "version": 1, "contentJson": "{\"level\": 3, \"text\": \"U\"}"}
want  200  {"component": {"version": 2, "contentJson": "{\"text\": \"U\", \"level\": 3}"}}
call  CourseService/GetCourse  {"id": "$course"}
want  200  {"course": {"version": 4}}
