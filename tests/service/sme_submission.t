conf  store.secret  0123456789abcdef
conf  url.api  https://api.example.org

# a source and tasks for several people
as    sme@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$sme"}}
as    instructor@acme
call  SMEService/CreateSME  {"name": "Rail", "domain": "Trains"}
want  200  {"sme": {"id": "$rail"}}
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "Brakes", "assignedToUserId": "$sme"}
want  200  {"task": {"id": "$task"}}
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "Doors", "assignedToUserId": "$sme"}
want  200  {"task": {"id": "$doors"}}

# an address for one file: name made safe, type and length bound, 15 minutes
as    sme@acme
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "../../etc/My <plan>: 100%.PDF",
      "contentType": "CONTENT_TYPE_DOCUMENT", "fileSizeBytes": "2048"}
want  200  {"uploadUrl": "*", "filePath": "$path", "expiresAt": "*",
      "mediaType": "application/pdf"}
sql   app SELECT 1 / (count(*) = 1)::int FROM sme_uploads
      WHERE task_id = '$task' AND user_id = '$sme' AND file_path = '$path'
      AND file_path = 'submissions/' || id || '/files/My _plan__ 100_.PDF'
      AND file_size_bytes = 2048 AND content_type = 'document'
      AND expires_at BETWEEN now() + interval '14 minutes'
      AND now() + interval '15 minutes'
# the zero type is a document; other endings are known
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.pptx", "fileSizeBytes": "1"}
want  200  {"mediaType":
      "application/vnd.openxmlformats-officedocument.presentationml.presentation"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.Md", "fileSizeBytes": "26214400"}
want  200  {"mediaType": "text/markdown"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "x.webp", "contentType": 2,
      "fileSizeBytes": "10485760"}
want  200  {"mediaType": "image/webp"}

# name, type and size have their rules
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "", "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "..", "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a/", "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.exe", "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "pdf", "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.pdf", "contentType": 2,
      "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.pdf", "fileSizeBytes": "0"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.pdf", "fileSizeBytes": "-5"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.pdf", "fileSizeBytes": "26214401"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.mp4", "contentType": 3,
      "fileSizeBytes": "10737418240"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.txt", "contentType": 6,
      "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.txt", "contentType": 77,
      "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL  {"taskId": "x", "fileName": "a.txt", "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}

# a file counts when it lies there, under a key of this task and caller
call  SMEService/SubmitContent
      {"taskId": "$task", "filePath": "$path", "contentType": 1,
      "fileSizeBytes": "2048"}
want  400  {"code": "invalid_argument", "message":
      "file_path names a file that was not uploaded"}
call  SMEService/SubmitContent
      {"taskId": "$task", "filePath": "$path", "contentType": 2}
want  400  {"code": "invalid_argument"}
call  SMEService/SubmitContent
      {"taskId": "$task", "filePath": "$path", "fileSizeBytes": "2047"}
want  400  {"code": "invalid_argument"}
call  SMEService/SubmitContent  {"taskId": "$doors", "filePath": "$path"}
want  400  {"code": "invalid_argument", "message":
      "file_path is not an upload of yours for this task"}
call  SMEService/SubmitContent  {"taskId": "$task"}
want  400  {"code": "invalid_argument"}
call  SMEService/SubmitContent
      {"taskId": "$task", "filePath": "courses/x/content.json"}
want  400  {"code": "invalid_argument"}
as    instructor@acme
call  SMEService/SubmitContent  {"taskId": "$task", "filePath": "$path"}
want  400  {"code": "invalid_argument"}

# a text is there with the call; the task waits for its reviewer, who is told
as    sme@acme
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": "CONTENT_TYPE_TEXT",
      "textContent": " Brake blöcke\nwear. "}
want  200  {"submission": {"id": "$first", "taskId": "$task",
      "fileName": "text-submission.txt", "filePath": "!",
      "contentType": "CONTENT_TYPE_TEXT", "fileSizeBytes": "19",
      "extractedText": "Brake blöcke\nwear.", "submittedByUserId": "$sme",
      "isApproved": "!", "processedAt": "!"}}
call  SMEService/GetTask  {"taskId": "$task"}
want  200  {"task": {"status": "SME_TASK_STATUS_AWAITING_REVIEW"}}
sql   app SELECT 1 / (count(*) = 1)::int FROM notifications
      WHERE type = 'approval_requested' AND task_id = '$task'
      AND sme_id = '$rail' AND action_url = '/smes?sme=$rail&task=$task'
sql   app SELECT 1 / (count(*) = 0)::int FROM generation_jobs

# another answer may follow before the review
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 6, "fileName": "a/notes.txt",
      "textContent": "Second"}
want  200  {"submission": {"id": "$second", "fileName": "notes.txt"}}
call  SMEService/ListSubmissions  {"taskId": "$task"}
want  200  {"submissions": [{"id": "$second"}, {"id": "$first"}]}
call  SMEService/GetSubmission  {"submissionId": "$first"}
want  200  {"submission": {"id": "$first",
      "extractedText": "Brake blöcke\nwear."}}

# texts and addresses have their rules
call  SMEService/SubmitContent  {"taskId": "$task", "contentType": 6}
want  400  {"code": "invalid_argument"}
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 6, "textContent": " \n "}
want  400  {"code": "invalid_argument"}
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 5, "textContent": "ftp://x.example/"}
want  400  {"code": "invalid_argument"}
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 5, "textContent": "https://"}
want  400  {"code": "invalid_argument"}
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 9, "textContent": "x"}
want  400  {"code": "invalid_argument"}
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 5,
      "textContent": "https://x.example/a?b=1"}
want  200  {"submission": {"id": "$link", "contentType": "CONTENT_TYPE_URL",
      "extractedText": "https://x.example/a?b=1"}}
sql   app SELECT 1 / (count(*) = 0)::int FROM generation_jobs
call  SMEService/GetSubmissionFile  {"submissionId": "$link"}
want  400  {"code": "invalid_argument"}

# who has nothing to do with a task neither hands in nor reads
as    legacy@acme
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.pdf", "fileSizeBytes": "1"}
want  404  {"code": "not_found"}
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 6, "textContent": "x"}
want  404  {"code": "not_found"}
call  SMEService/ListSubmissions  {"taskId": "$task"}
want  404  {"code": "not_found"}
call  SMEService/GetSubmission  {"submissionId": "$first"}
want  404  {"code": "not_found"}
call  SMEService/ApproveSubmission
      {"submissionId": "$first", "approvedContent": "x"}
want  404  {"code": "not_found"}
call  SMEService/RequestSubmissionChanges
      {"submissionId": "$first", "feedback": "x"}
want  404  {"code": "not_found"}

# who has the task does not review it
as    sme@acme
call  SMEService/ApproveSubmission
      {"submissionId": "$first", "approvedContent": "x"}
want  403  {"code": "permission_denied"}
call  SMEService/RequestSubmissionChanges
      {"submissionId": "$first", "feedback": "x"}
want  403  {"code": "permission_denied"}

# another tenant's ids do not exist
as    owner@other
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.pdf", "fileSizeBytes": "1"}
want  404  {"code": "not_found"}
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 6, "textContent": "x"}
want  404  {"code": "not_found"}
call  SMEService/ListSubmissions  {"taskId": "$task"}
want  404  {"code": "not_found"}
call  SMEService/GetSubmission  {"submissionId": "$first"}
want  404  {"code": "not_found"}
call  SMEService/GetSubmissionFile  {"submissionId": "$first"}
want  404  {"code": "not_found"}
call  SMEService/ApproveSubmission
      {"submissionId": "$first", "approvedContent": "x"}
want  404  {"code": "not_found"}
call  SMEService/RequestSubmissionChanges
      {"submissionId": "$first", "feedback": "x"}
want  404  {"code": "not_found"}

# changes are asked for with a reason; the task is open again
as    instructor@acme
call  SMEService/RequestSubmissionChanges  {"submissionId": "$first", "feedback": " "}
want  400  {"code": "invalid_argument"}
call  SMEService/RequestSubmissionChanges  {"submissionId": "", "feedback": "x"}
want  400  {"code": "invalid_argument"}
call  SMEService/RequestSubmissionChanges
      {"submissionId": "$first", "feedback": "Which blocks?"}
want  200  {"submission": {"id": "$first", "reviewerNotes": "Which blocks?"}}
sql   app SELECT 1 / (count(*) = 1)::int FROM notifications
      WHERE type = 'changes_requested' AND user_id = '$sme'
      AND message = 'Which blocks?' AND task_id = '$task'
call  SMEService/GetTask  {"taskId": "$task"}
want  200  {"task": {"status": "SME_TASK_STATUS_CHANGES_REQUESTED"}}
call  SMEService/RequestSubmissionChanges
      {"submissionId": "$first", "feedback": "Again"}
want  400  {"code": "invalid_argument"}
call  SMEService/ApproveSubmission
      {"submissionId": "$first", "approvedContent": "x"}
want  400  {"code": "invalid_argument"}
as    sme@acme
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 6, "textContent": "Cast iron wears."}
want  200  {"submission": {"id": "$third"}}

# approval makes knowledge in one step
as    instructor@acme
call  SMEService/ApproveSubmission  {"submissionId": "$third", "approvedContent": " "}
want  400  {"code": "invalid_argument"}
call  SMEService/ApproveSubmission
      {"submissionId": "$third", "approvedContent": "Cast iron blocks wear."}
want  200  {"submission": {"id": "$third", "isApproved": true,
      "approvedContent": "Cast iron blocks wear.", "approvedAt": "*",
      "approvedByUserId": "*"}, "createdChunks": [{"id": "$chunk",
      "smeId": "$rail", "submissionId": "$third", "topic": "Brakes",
      "content": "Cast iron blocks wear.", "keywords": "!",
      "relevanceScore": 0.8}]}
call  SMEService/GetTask  {"taskId": "$task"}
want  200  {"task": {"status": "SME_TASK_STATUS_COMPLETED",
      "completedAt": "*"}}
call  SMEService/GetSME  {"smeId": "$rail"}
want  200  {"sme": {"status": "SME_STATUS_ACTIVE", "chunkCount": 1,
      "knowledgeSummary":
      "1 knowledge chunk\n\n1. Brakes: Cast iron blocks wear."}}
sql   app SELECT 1 / (count(*) = 1)::int FROM notifications
      WHERE type = 'submission_approved' AND user_id = '$sme'
sql   app SELECT 1 / (count(*) = 0)::int FROM generation_jobs

# and closes the task; the other answers stay as they are
call  SMEService/ApproveSubmission
      {"submissionId": "$third", "approvedContent": "y"}
want  400  {"code": "invalid_argument"}
call  SMEService/ApproveSubmission
      {"submissionId": "$second", "approvedContent": "y"}
want  400  {"code": "invalid_argument"}
as    sme@acme
call  SMEService/SubmitContent
      {"taskId": "$task", "contentType": 6, "textContent": "Late"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetUploadURL
      {"taskId": "$task", "fileName": "a.pdf", "fileSizeBytes": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetSubmission  {"submissionId": "$second"}
want  200  {"submission": {"isApproved": "!"}}

# a long text is distilled afterwards, by who needs no key
call  SMEService/SubmitContent
      {"taskId": "$doors", "contentType": 6, "textContent": "Doors close."}
want  200  {"submission": {"id": "$long"}}
as    owner@acme
sql   app INSERT INTO generation_jobs (tenant_id, type, created_by_user_id)
      SELECT tenant_id, 'lesson_content', assigned_by_user_id
      FROM sme_tasks, generate_series(1, 5000) WHERE id = '$doors'
body  {"submissionId": "$long", "approvedContent": "Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it."}
call  SMEService/ApproveSubmission  {}
want  429  {"code": "resource_exhausted", "message": "5000 jobs of the company wait already, and 5000 may; try again when some have ended"}
sql   app DELETE FROM generation_jobs WHERE type = 'lesson_content'
body  {"submissionId": "$long", "approvedContent": "Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it. Doors close by springs. Doors open by motors. Every door has a lock that a guard opens by a key, and a light that shows it."}
call  SMEService/ApproveSubmission  {}
want  200  {"createdChunks": [{"topic": "Doors"}]}
sql   app SELECT 1 / (count(*) = 1)::int FROM generation_jobs
      WHERE type = 'sme_ingestion' AND submission_id = '$long'
      AND status = 'queued'
call  SMEService/GetTask  {"taskId": "$doors"}
want  200  {"task": {"status": "SME_TASK_STATUS_PROCESSING",
      "completedAt": "!"}}
call  SMEService/GetSME  {"smeId": "$rail"}
want  200  {"sme": {"status": "SME_STATUS_INGESTING", "chunkCount": 2}}

# a list ends where its texts fill an answer: the newest are there
sql   app INSERT INTO sme_task_submissions (id, tenant_id, task_id, file_name,
      file_path, content_type, file_size_bytes, extracted_text,
      submitted_by_user_id, submitted_at)
      SELECT ('20000000-0000-4000-8000-00000000000' || i)::uuid, tenant_id,
      task_id, file_name, '', 'text', 6000000, repeat('x', 6000000),
      submitted_by_user_id, now() + i * interval '1 hour'
      FROM sme_task_submissions, generate_series(1, 4) i WHERE id = '$long'
call  SMEService/ListSubmissions  {"taskId": "$doors"}
want  200  {"submissions": [{"id": "20000000-0000-4000-8000-000000000004"},
      {"id": "20000000-0000-4000-8000-000000000003"}]}

# a task has at most 100 submissions; nobody uploads what it cannot take
call  SMEService/CreateTask
      {"smeId": "$rail", "title": "Full", "assignedToUserId": "$sme"}
want  200  {"task": {"id": "$full"}}
sql   app INSERT INTO sme_task_submissions (tenant_id, task_id, file_name,
      file_path, content_type, file_size_bytes, submitted_by_user_id)
      SELECT tenant_id, id, 'f', '', 'text', 1, assigned_to_user_id
      FROM sme_tasks, generate_series(1, 99) WHERE id = '$full'
as    sme@acme
call  SMEService/GetUploadURL
      {"taskId": "$full", "fileName": "a.pdf", "fileSizeBytes": "1"}
want  200
call  SMEService/SubmitContent
      {"taskId": "$full", "contentType": 6, "textContent": "The hundredth"}
want  200
call  SMEService/SubmitContent
      {"taskId": "$full", "contentType": 6, "textContent": "One more"}
want  429  {"code": "resource_exhausted", "message":
      "task_id names one that has 100 submissions, the most there can be"}
want-header Mirai-Error-Code: SME_SUBMISSION_LIMIT_REACHED
call  SMEService/GetUploadURL
      {"taskId": "$full", "fileName": "a.pdf", "fileSizeBytes": "1"}
want  429
want-header Mirai-Error-Code: SME_SUBMISSION_LIMIT_REACHED
sql   app SELECT 1 / (count(*) = 100)::int FROM sme_task_submissions
      WHERE task_id = '$full'
