conf  store.secret  0123456789abcdef
as    instructor@acme
call  CourseService/CreateCourse  {"settings": {"title": "Fire safety"}}
want  200  {"course": {"id": "$course"}}
call  CourseService/CreateCourse  {"settings": {"title": "Own"}}
want  200  {"course": {"id": "$own"}}

# nobody has asked for anything yet
call  AIGenerationService/ListJobs  {}
want  200  {"jobs": "!"}

# the instructor's: an outline, failed; a whole course with three lessons, of
# which one is done, one failed; the admin's own: an outline of another course
sql   app  INSERT INTO generation_jobs (id, tenant_id, type, status, course_id, created_by_user_id, parent_job_id,
      max_retries, progress_percent, progress_message, error_message, tokens_used, retry_count, started_at,
      completed_at, created_at, input)
      SELECT ('ab000000-0000-4000-8000-00000000000' || n)::uuid, 'a0000000-0000-4000-8000-000000000000',
      type::generation_job_type, status::generation_job_status, course::uuid,
      ('a2000000-0000-4000-8000-00000000000' || u)::uuid,
      CASE WHEN p > 0 THEN ('ab000000-0000-4000-8000-00000000000' || p)::uuid END, m, percent,
      'At ' || percent, CASE WHEN status = 'failed' THEN 'It did not work' END, n * 10, n % 2,
      CASE WHEN status <> 'queued' THEN now() END, CASE WHEN status IN ('failed', 'completed') THEN now() END,
      now() - interval '1 hour' + n * interval '1 minute', '{"secret": "never shown"}'
      FROM (VALUES (1, 'course_outline', 'failed', '$course', 2, 0, 3, 40),
      (2, 'full_course', 'processing', '$course', 2, 0, 0, 70),
      (3, 'lesson_content', 'completed', '$course', 2, 2, 3, 100),
      (4, 'lesson_content', 'failed', '$course', 2, 2, 3, 30),
      (5, 'lesson_content', 'queued', '$course', 2, 2, 3, 0),
      (6, 'course_outline', 'queued', '$own', 1, 0, 3, 0)) AS v (n, type, status, course, u, p, m, percent)

# the creator reads a job, with the numbers of its children, never its input
call  AIGenerationService/GetJob  {"jobId": "ab000000-0000-4000-8000-000000000002"}
want  200  {"job": {"id": "ab000000-0000-4000-8000-000000000002", "type": "GENERATION_JOB_TYPE_FULL_COURSE",
      "status": "GENERATION_JOB_STATUS_PROCESSING", "courseId": "$course", "courseTitle": "Fire safety",
      "childrenTotal": 3, "childrenEnded": 2, "childrenFailed": 1, "progressPercent": 70, "progressMessage": "At 70",
      "tokensUsed": "20", "maxRetries": "!", "startedAt": "*", "completedAt": "!", "input": "!"}}
call  AIGenerationService/GetJob  {"jobId": "ab000000-0000-4000-8000-000000000004"}
want  200  {"job": {"status": "GENERATION_JOB_STATUS_FAILED", "errorMessage": "It did not work", "completedAt": "*",
      "parentJobId": "ab000000-0000-4000-8000-000000000002", "childrenTotal": "!", "maxRetries": 3}}

# so does whoever sees the course; nobody else
as    sme@acme
call  AIGenerationService/GetJob  {"jobId": "ab000000-0000-4000-8000-000000000006"}
want  200  {"job": {"courseTitle": "Own"}}
sql   app  INSERT INTO folders (id, tenant_id, name, type, user_id) VALUES ('ac000000-0000-4000-8000-000000000001',
      'a0000000-0000-4000-8000-000000000000', 'Private', 'PERSONAL', 'a2000000-0000-4000-8000-000000000005')
sql   app  UPDATE courses SET folder_id = 'ac000000-0000-4000-8000-000000000001' WHERE title = 'Own'
call  AIGenerationService/GetJob  {"jobId": "ab000000-0000-4000-8000-000000000006"}
want  404  {"message": "job not found"}
call  AIGenerationService/GetJob  {"jobId": ""}
want  400  {"message": "job_id is required"}
call  AIGenerationService/GetJob  {"jobId": "1"}
want  400  {"message": "job_id must be a UUID"}
as    owner@acme
call  AIGenerationService/GetJob  {"jobId": "ab000000-0000-4000-8000-000000000006"}
want  200

# one's own are listed, newest first, children with their parent's id
as    instructor@acme
call  AIGenerationService/ListJobs  {}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000005", "parentJobId": "ab000000-0000-4000-8000-000000000002"},
      {"id": "ab000000-0000-4000-8000-000000000004"}, {"id": "ab000000-0000-4000-8000-000000000003"},
      {"id": "ab000000-0000-4000-8000-000000000002", "childrenTotal": 3}, {"id": "ab000000-0000-4000-8000-000000000001"}]}
as    sme@acme
call  AIGenerationService/ListJobs  {"courseId": "$course"}
want  200  {"jobs": "!"}

# another instructor, who sees the course and may read its jobs, has none
as    instructor2@acme
call  AIGenerationService/GetJob  {"jobId": "ab000000-0000-4000-8000-000000000002"}
want  200
call  AIGenerationService/ListJobs  {}
want  200  {"jobs": "!"}
call  AIGenerationService/ListJobs  {"courseId": "$course"}
want  200  {"jobs": "!"}
call  AIGenerationService/ListJobs  {"status": "GENERATION_JOB_STATUS_FAILED"}
want  200  {"jobs": "!"}

# administrators see all of the tenant
as    owner@acme
call  AIGenerationService/ListJobs  {}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000006"}, {}, {}, {}, {}, {}]}
call  AIGenerationService/ListJobs  {"type": "GENERATION_JOB_TYPE_COURSE_OUTLINE"}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000006"}, {"id": "ab000000-0000-4000-8000-000000000001"}]}
call  AIGenerationService/ListJobs  {"courseId": "$own"}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000006"}]}

# each filter, and both; zero is no filter, other numbers are none
as    instructor@acme
call  AIGenerationService/ListJobs  {"type": "GENERATION_JOB_TYPE_COURSE_OUTLINE"}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000001"}]}
call  AIGenerationService/ListJobs  {"status": "GENERATION_JOB_STATUS_FAILED"}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000004"}, {"id": "ab000000-0000-4000-8000-000000000001"}]}
call  AIGenerationService/ListJobs  {"type": 3, "status": "GENERATION_JOB_STATUS_FAILED", "courseId": "$course"}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000004"}]}
call  AIGenerationService/ListJobs  {"type": 0, "status": 0, "courseId": ""}
want  200  {"jobs": [{}, {}, {}, {}, {}]}
call  AIGenerationService/ListJobs  {"type": 6}
want  400  {"message": "type is not a known type"}
call  AIGenerationService/ListJobs  {"status": 6}
want  400  {"message": "status is not a known status"}
call  AIGenerationService/ListJobs  {"status": -1}
want  400  {"message": "status is not a known status"}
call  AIGenerationService/ListJobs  {"courseId": "x"}
want  400  {"message": "course_id must be a UUID"}

# another tenant's jobs do not exist
as    owner@other
call  AIGenerationService/GetJob  {"jobId": "ab000000-0000-4000-8000-000000000002"}
want  404  {"message": "job not found"}
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000002"}
want  404  {"message": "job not found"}
call  AIGenerationService/ListJobs  {"courseId": "$course"}
want  200  {"jobs": "!"}
call  AIGenerationService/ListJobs  {}
want  200  {"jobs": "!"}

# cancelling is for the creator and administrators
as    instructor2@acme
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000002"}
want  403  {"code": "permission_denied"}
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000006"}
want  404  {"message": "job not found"}
call  AIGenerationService/CancelJob  {"jobId": "x"}
want  400  {"message": "job_id must be a UUID"}

# what is over stays over
as    instructor@acme
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000001"}
want  400  {"message": "job_id names a job that is over already"}
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000003"}
want  400  {"message": "job_id names a job that is over already"}

# a parent goes with its open children, and leaves the others as they are
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000002"}
want  200  {"job": {"status": "GENERATION_JOB_STATUS_CANCELLED", "completedAt": "*", "childrenTotal": 3, "childrenEnded": 3,
      "childrenFailed": 1}}
call  AIGenerationService/ListJobs  {"status": "GENERATION_JOB_STATUS_CANCELLED"}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000005", "completedAt": "*"},
      {"id": "ab000000-0000-4000-8000-000000000002"}]}
call  AIGenerationService/ListJobs  {"status": "GENERATION_JOB_STATUS_COMPLETED"}
want  200  {"jobs": [{"id": "ab000000-0000-4000-8000-000000000003"}]}
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000002"}
want  400  {"message": "job_id names a job that is over already"}

# an administrator cancels what another person asked for
as    elder@acme
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000006"}
want  200  {"job": {"status": "GENERATION_JOB_STATUS_CANCELLED", "completedAt": "*"}}

# deleting the course ends what works for it and takes its jobs along
sql   app  UPDATE generation_jobs SET status = 'queued', completed_at = NULL WHERE type = 'full_course'
as    instructor@acme
call  CourseService/DeleteCourse  {"id": "$course"}
want  200  {"success": true}
call  AIGenerationService/ListJobs  {}
want  200  {"jobs": "!"}

# a list has at most 200
sql   app  INSERT INTO generation_jobs (tenant_id, type, status, created_by_user_id) SELECT
      'a0000000-0000-4000-8000-000000000000', 'course_outline', 'completed', 'a2000000-0000-4000-8000-000000000003'
      FROM generate_series(1, 205)
as    sme@acme
call  AIGenerationService/ListJobs  {}
want  200  {"jobs": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}
call  AIGenerationService/ListJobs  {"status": "GENERATION_JOB_STATUS_COMPLETED"}
want  200  {"jobs": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}
as    -
call  AIGenerationService/ListJobs  {}
want  401  {"code": "unauthenticated"}

# the last open child that is cancelled leaves its parent to be finished
as    instructor@acme
call  CourseService/CreateCourse  {"settings": {"title": "Third"}}
want  200  {"course": {"id": "$third"}}
sql   app  INSERT INTO generation_jobs (id, tenant_id, type, status, course_id, created_by_user_id, parent_job_id)
      SELECT ('ab000000-0000-4000-8000-0000000000' || n)::uuid, 'a0000000-0000-4000-8000-000000000000',
      type::generation_job_type, status::generation_job_status, '$third', 'a2000000-0000-4000-8000-000000000002',
      CASE WHEN n > 20 THEN 'ab000000-0000-4000-8000-000000000020'::uuid END
      FROM (VALUES (20, 'full_course', 'processing'), (21, 'lesson_content', 'completed'),
      (22, 'lesson_content', 'queued')) AS v (n, type, status)
call  AIGenerationService/CancelJob  {"jobId": "ab000000-0000-4000-8000-000000000022"}
want  200  {"job": {"status": "GENERATION_JOB_STATUS_CANCELLED", "parentJobId": "ab000000-0000-4000-8000-000000000020"}}
call  AIGenerationService/GetJob  {"jobId": "ab000000-0000-4000-8000-000000000020"}
want  200  {"job": {"status": "GENERATION_JOB_STATUS_PROCESSING", "childrenTotal": 2, "childrenEnded": 2,
      "progressMessage": "1 of 2 lessons are written", "progressPercent": 99}}
