# the people, a team and two sources
as    owner@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$owner"}}
as    sme@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$sme"}}
as    instructor@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$instructor"}}
as    owner@other
call  UserService/GetMe  {}
want  200  {"user": {"id": "$foreign"}}
call  TeamService/CreateTeam  {"name": "Theirs"}
want  200  {"team": {"id": "$theirteam"}}
call  SMEService/CreateSME  {"name": "Theirs", "domain": "D"}
want  200  {"sme": {"id": "$theirs"}}
call  SMEService/CreateTask
      {"smeId": "$theirs", "title": "Theirs", "assignedToUserId": "$foreign"}
want  200  {"task": {"id": "$theirtask"}}
as    owner@acme
call  TeamService/CreateTeam  {"name": "Core"}
want  200  {"team": {"id": "$core"}}
call  SMEService/CreateSME  {"name": "Rail", "domain": "D"}
want  200  {"sme": {"id": "$rail"}}
call  SMEService/CreateSME
      {"name": "Closed", "domain": "D", "scope": "SME_SCOPE_TEAM",
      "teamIds": ["$core"]}
want  200  {"sme": {"id": "$closed"}}

# an editor asks a person; notice and mail are made with the task
as    instructor@acme
call  SMEService/CreateTask
      {"smeId": "$rail", "title": " Brakes ", "description": "How\nto",
      "assignedToUserId": "$sme", "expectedContentType": "CONTENT_TYPE_TEXT",
      "teamId": "$core", "dueDate": "2099-01-02T03:04:05Z"}
want  200  {"task": {"id": "$task", "smeId": "$rail", "title": "Brakes",
      "description": "How\nto", "expectedContentType": "CONTENT_TYPE_TEXT",
      "assignedToUserId": "$sme", "assignedByUserId": "$instructor",
      "teamId": "$core", "status": "SME_TASK_STATUS_PENDING",
      "dueDate": "2099-01-02T03:04:05Z", "completedAt": "!",
      "tenantId": "a0000000-0000-4000-8000-000000000000"}}
sql   app SELECT 1 / (count(*) = 1)::int FROM notifications
      WHERE user_id = '$sme' AND type = 'task_assigned' AND task_id = '$task'
      AND sme_id = '$rail' AND title = 'New task: Brakes'
      AND action_url = '/smes?sme=$rail&task=$task'
sql   app SELECT 1 / (count(*) = 1)::int FROM mail_outbox m
      JOIN notifications n ON n.id = m.notification_id
      WHERE m.kind = 'task_assigned' AND m.recipient = 'sme@acme.example'
      AND n.task_id = '$task' AND m.payload->>'task' = 'Brakes'
      AND m.payload->>'sme' = 'Rail'
      AND m.payload->>'link' = '/smes?sme=$rail&task=$task'
      AND m.payload->>'due_at' LIKE '2099-01-02T03:04:05%'
      AND length(m.payload->>'assigner') > 0
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "Any", "assignedToUserId": "$sme"}
want  200  {"task": {"id": "$any", "expectedContentType": "!", "teamId": "!",
      "dueDate": "!"}}

# each field has its rule
call  SMEService/CreateTask  {"smeId": "$rail", "assignedToUserId": "$sme"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "a\nb", "assignedToUserId": "$sme"}
want  400  {"code": "invalid_argument"}
call  SMEService/CreateTask  {"smeId": "$rail", "title": "T"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  SMEService/CreateTask  {"title": "T", "assignedToUserId": "$sme"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "T", "assignedToUserId": "$sme",
      "expectedContentType": 7}
want  400  {"code": "invalid_argument"}
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "T", "assignedToUserId": "$sme",
      "dueDate": "2020-01-01T00:00:00Z"}
want  400  {"code": "invalid_argument"}

# the person, the team and the source are of this company
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "T", "assignedToUserId": "$foreign"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: USER_NOT_FOUND
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "T",
      "assignedToUserId": "a2000000-0000-4000-8000-000000000006"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: USER_NOT_FOUND
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "T", "assignedToUserId": "$sme",
      "teamId": "$theirteam"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: TEAM_NOT_FOUND
call  SMEService/CreateTask
      {"smeId": "$theirs", "title": "T", "assignedToUserId": "$sme"}
want  404  {"code": "not_found"}
call  SMEService/CreateTask
      {"smeId": "$closed", "title": "T", "assignedToUserId": "$sme"}
want  403  {"code": "permission_denied"}
sql   app SELECT 1 / (count(*) = 0)::int FROM sme_tasks WHERE title = 'T'
as    sme@acme
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "T", "assignedToUserId": "$sme"}
want  403  {"code": "permission_denied"}

# a task is seen by who has it, who gave it, and editors who see its source
as    owner@acme
call  SMEService/CreateTask
      {"smeId": "$closed", "title": "Closed", "assignedToUserId": "$owner"}
want  200  {"task": {"id": "$hidden"}}
call  SMEService/GetTask  {"taskId": "$task"}
want  200  {"task": {"title": "Brakes"}}
as    sme@acme
call  SMEService/GetTask  {"taskId": "$task"}
want  200  {"task": {"title": "Brakes"}}
call  SMEService/GetTask  {"taskId": "$hidden"}
want  404  {"code": "not_found"}
as    instructor@acme
call  SMEService/GetTask  {"taskId": "$hidden"}
want  404  {"code": "not_found"}
call  SMEService/GetTask  {"taskId": "$theirtask"}
want  404  {"code": "not_found"}
call  SMEService/GetTask  {"taskId": "x"}
want  400  {"code": "invalid_argument"}

# lists are filtered, newest first, and show the same tasks
call  SMEService/ListTasks  {}
want  200  {"tasks": [{"id": "$any"}, {"id": "$task"}]}
call  SMEService/ListTasks  {"smeId": "$closed"}
want  200  {"tasks": "!"}
call  SMEService/ListTasks  {"assignedToUserId": "$owner"}
want  200  {"tasks": "!"}
call  SMEService/ListTasks  {"status": "SME_TASK_STATUS_COMPLETED"}
want  200  {"tasks": "!"}
call  SMEService/ListTasks  {"smeId": "$theirs"}
want  200  {"tasks": "!"}
call  SMEService/ListTasks  {"status": 9}
want  400  {"code": "invalid_argument"}
call  SMEService/ListTasks  {"smeId": "x"}
want  400  {"code": "invalid_argument"}
call  SMEService/ListTasks  {"assignedToUserId": "x"}
want  400  {"code": "invalid_argument"}
as    owner@acme
call  SMEService/ListTasks  {}
want  200  {"tasks": [{"id": "$hidden"}, {"id": "$any"}, {"id": "$task"}]}
call  SMEService/ListTasks  {"assignedToUserId": "$sme", "smeId": "$rail",
      "status": "SME_TASK_STATUS_PENDING"}
want  200  {"tasks": [{"id": "$any"}, {"id": "$task"}]}
as    legacy@acme
call  SMEService/ListTasks  {}
want  200  {"tasks": "!"}

# who has a task neither changes, cancels nor deletes it
as    sme@acme
call  SMEService/UpdateTask  {"taskId": "$task", "title": "Mine"}
want  403  {"code": "permission_denied"}
call  SMEService/CancelTask  {"taskId": "$task"}
want  403  {"code": "permission_denied"}
call  SMEService/DeleteTask  {"taskId": "$task"}
want  403  {"code": "permission_denied"}

# nor does anybody of another tenant
as    owner@other
call  SMEService/UpdateTask  {"taskId": "$task", "title": "Mine"}
want  404  {"code": "not_found"}
call  SMEService/CancelTask  {"taskId": "$task"}
want  404  {"code": "not_found"}
call  SMEService/DeleteTask  {"taskId": "$task"}
want  404  {"code": "not_found"}

# what is absent stays; any type is a type; another date is reminded of anew
as    instructor@acme
sql   app UPDATE sme_tasks SET due_reminded_at = now() WHERE id = '$task'
call  SMEService/UpdateTask  {"taskId": "$task", "title": "Brake test",
      "dueDate": "2099-01-02T03:04:05Z"}
want  200  {"task": {"title": "Brake test", "description": "How\nto",
      "expectedContentType": "CONTENT_TYPE_TEXT"}}
sql   app SELECT 1 / count(*) FROM sme_tasks
      WHERE id = '$task' AND due_reminded_at IS NOT NULL
call  SMEService/UpdateTask  {"taskId": "$task", "description": "",
      "expectedContentType": "CONTENT_TYPE_UNSPECIFIED",
      "dueDate": "2098-01-01T00:00:00Z"}
want  200  {"task": {"title": "Brake test", "description": "!",
      "expectedContentType": "!", "dueDate": "2098-01-01T00:00:00Z"}}
sql   app SELECT 1 / count(*) FROM sme_tasks
      WHERE id = '$task' AND due_reminded_at IS NULL
call  SMEService/UpdateTask  {"taskId": "$task", "title": " "}
want  400  {"code": "invalid_argument"}
call  SMEService/UpdateTask  {"taskId": "$task", "expectedContentType": 9}
want  400  {"code": "invalid_argument"}
call  SMEService/UpdateTask
      {"taskId": "$task", "dueDate": "2020-01-01T00:00:00Z"}
want  400  {"code": "invalid_argument"}
# a date that is over may stay where it is
sql   app UPDATE sme_tasks SET due_date = '2020-01-01T00:00:00Z'
      WHERE id = '$task'
call  SMEService/UpdateTask
      {"taskId": "$task", "dueDate": "2020-01-01T00:00:00Z", "title": "B"}
want  200  {"task": {"title": "B"}}
# a date is taken away, and with it that it was reminded of; a given one wins
sql   app UPDATE sme_tasks SET due_reminded_at = now() WHERE id = '$task'
call  SMEService/UpdateTask  {"taskId": "$task", "clearDueDate": true,
      "dueDate": "2020-01-01T00:00:00Z"}
want  200  {"task": {"title": "B", "dueDate": "2020-01-01T00:00:00Z"}}
sql   app SELECT 1 / count(*) FROM sme_tasks
      WHERE id = '$task' AND due_reminded_at IS NOT NULL
call  SMEService/UpdateTask  {"taskId": "$task", "clearDueDate": true}
want  200  {"task": {"title": "B", "dueDate": "!"}}
sql   app SELECT 1 / count(*) FROM sme_tasks
      WHERE id = '$task' AND due_date IS NULL AND due_reminded_at IS NULL
call  SMEService/UpdateTask  {"taskId": "$task", "clearDueDate": true}
want  200  {"task": {"dueDate": "!"}}
call  SMEService/UpdateTask
      {"taskId": "$task", "dueDate": "2097-01-01T00:00:00Z"}
want  200  {"task": {"dueDate": "2097-01-01T00:00:00Z"}}

# only a task that waits for content is cancelled, and whoever had it is told
sql   app UPDATE sme_tasks SET status = 'awaiting_review' WHERE id = '$task'
call  SMEService/CancelTask  {"taskId": "$task"}
want  400  {"code": "invalid_argument"}
sql   app UPDATE sme_tasks SET status = 'changes_requested' WHERE id = '$task'
call  SMEService/CancelTask  {"taskId": "$task"}
want  200  {"task": {"status": "SME_TASK_STATUS_CANCELLED"}}
call  SMEService/CancelTask  {"taskId": "$task"}
want  400  {"code": "invalid_argument"}
sql   app SELECT 1 / (count(*) = 1)::int FROM notifications
      WHERE user_id = '$sme' AND title = 'Task cancelled: B'
      AND task_id = '$task'
call  SMEService/UpdateTask  {"taskId": "$task", "title": "Late"}
want  400  {"code": "invalid_argument"}

# deleting takes submissions along, knowledge stays, jobs are cancelled
sql   app UPDATE subject_matter_experts SET status = 'ingesting'
      WHERE id = '$rail'
sql   app UPDATE sme_tasks SET status = 'processing' WHERE id = '$any'
sql   app INSERT INTO sme_task_submissions (id, tenant_id, task_id, file_name,
      file_path, content_type, file_size_bytes, submitted_by_user_id) VALUES
      ('a6000000-0000-4000-8000-000000000001',
      'a0000000-0000-4000-8000-000000000000', '$any', 'f', '', 'text', 1,
      '$sme')
sql   app INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, submission_id,
      content, topic) VALUES ('a0000000-0000-4000-8000-000000000000', '$rail',
      'a6000000-0000-4000-8000-000000000001', 'c', 't')
sql   app INSERT INTO generation_jobs (id, tenant_id, type, status, sme_task_id,
      created_by_user_id) VALUES ('a7000000-0000-4000-8000-000000000001',
      'a0000000-0000-4000-8000-000000000000', 'sme_ingestion', 'queued',
      '$any', '$sme')
call  SMEService/DeleteTask  {"taskId": "$any"}
want  200  {}
call  SMEService/GetTask  {"taskId": "$any"}
want  404  {"code": "not_found"}
call  SMEService/DeleteTask  {"taskId": "$any"}
want  404  {"code": "not_found"}
sql   app SELECT 1 / (count(*) = 0)::int FROM sme_task_submissions
sql   app SELECT 1 / count(*) FROM sme_knowledge_chunks
      WHERE sme_id = '$rail' AND submission_id IS NULL
sql   app SELECT 1 / count(*) FROM generation_jobs
      WHERE id = 'a7000000-0000-4000-8000-000000000001'
      AND status = 'cancelled'
call  SMEService/GetSME  {"smeId": "$rail"}
want  200  {"sme": {"status": "SME_STATUS_ACTIVE"}}

# nobody is signed in
as    -
call  SMEService/DeleteTask  {"taskId": "$task"}
want  401  {"code": "unauthenticated"}
call  SMEService/ListTasks  {}
want  401  {"code": "unauthenticated"}

# an expert has at most 1000 tasks, whatever became of them
as    owner@acme
sql   app INSERT INTO sme_tasks (tenant_id, sme_id, title, assigned_to_user_id,
      assigned_by_user_id, status) SELECT tenant_id, id, 'Old', '$sme', '$owner',
      'completed' FROM subject_matter_experts, generate_series(1, 998)
      WHERE id = '$closed'
call  SMEService/CreateTask
      {"smeId": "$closed", "title": "Last", "assignedToUserId": "$owner"}
want  200  {"task": {"id": "$last"}}
call  SMEService/CreateTask
      {"smeId": "$closed", "title": "One more", "assignedToUserId": "$owner"}
want  429  {"code": "resource_exhausted",
      "message": "sme_id names one that has 1000 tasks, the most there can be"}
want-header Mirai-Error-Code: SME_TASK_LIMIT_REACHED
sql   app SELECT 1 / (count(*) = 0)::int FROM sme_tasks WHERE title = 'One more'
call  SMEService/DeleteTask  {"taskId": "$last"}
want  200  {}
call  SMEService/CreateTask
      {"smeId": "$closed", "title": "One more", "assignedToUserId": "$owner"}
want  200
