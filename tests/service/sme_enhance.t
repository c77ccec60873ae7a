# a task of an expert, given by an instructor, and what was submitted for it
as    instructor@acme
call  SMEService/CreateSME  {"name": "Field service", "domain": "Repairs"}
want  200  {"sme": {"id": "$sme"}}
call  SMEService/CreateTask  {"smeId": "$sme", "title": "Pumps", "assignedToUserId": "a2000000-0000-4000-8000-000000000003"}
want  200  {"task": {"id": "$task"}}
as    sme@acme
call  SMEService/SubmitContent  {"taskId": "$task", "contentType": "CONTENT_TYPE_TEXT", "textContent": "A pump moves water.\n\n\nIt is driven by a motor. - oil it\n- clean it"}
want  200  {"submission": {"id": "$text"}}

# who gave the task and administrators have it rewritten; without a model the
# text itself is set in order
as    instructor@acme
call  SMEService/EnhanceSubmissionContent  {"submissionId": "$text", "enhanceType": "ENHANCE_TYPE_IMPROVE"}
want  200  {"enhancedContent": "*", "originalContent": "A pump moves water.\n\n\nIt is driven by a motor. - oil it\n- clean it"}
as    owner@acme
call  SMEService/EnhanceSubmissionContent  {"submissionId": "$text"}
want  200  {"enhancedContent": "*", "originalContent": "*"}

# nothing is stored, and nothing was spent
sql   app SELECT 1 / (count(*) = 1)::int FROM sme_task_submissions WHERE id = '$text' AND ai_summary IS NULL AND approved_content IS NULL
sql   app SELECT 1 / (sum(tokens) = 0 AND sum(jobs) = 2)::int FROM ai_usage WHERE kind = 'enhance'

# who has the task may see it and not do this; who sees it not finds none
as    sme@acme
call  SMEService/EnhanceSubmissionContent  {"submissionId": "$text"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: AUTH_FORBIDDEN
as    instructor2@acme
call  SMEService/EnhanceSubmissionContent  {"submissionId": "$text"}
want  403  {"code": "permission_denied"}
as    legacy@acme
call  SMEService/EnhanceSubmissionContent  {"submissionId": "$text"}
want  404  {"code": "not_found"}
as    owner@other
call  SMEService/EnhanceSubmissionContent  {"submissionId": "$text"}
want  404  {"code": "not_found"}
as    owner@acme
call  SMEService/EnhanceSubmissionContent  {"submissionId": "a2000000-0000-4000-8000-000000000003"}
want  404  {"code": "not_found"}

# each field has its rule
call  SMEService/EnhanceSubmissionContent  {}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  SMEService/EnhanceSubmissionContent  {"submissionId": "x"}
want  400  {"code": "invalid_argument"}
call  SMEService/EnhanceSubmissionContent  {"submissionId": "$text", "enhanceType": 7}
want  400  {"code": "invalid_argument"}

# a file whose text is not read yet has none
sql   app UPDATE sme_task_submissions SET extracted_text = NULL, content_type = 'document' WHERE id = '$text'
call  SMEService/EnhanceSubmissionContent  {"submissionId": "$text"}
want  400  {"code": "invalid_argument", "message": "the submission has no text to work on"}
