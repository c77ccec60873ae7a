# the people and teams of this test
as    sme@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$sme"}}
as    owner@other
call  SMEService/CreateSME  {"name": "Theirs", "domain": "D"}
want  200  {"sme": {"id": "$theirs"}}
call  TeamService/CreateTeam  {"name": "Theirs"}
want  200  {"team": {"id": "$foreign"}}
as    owner@acme
call  TeamService/CreateTeam  {"name": "Core"}
want  200  {"team": {"id": "$core"}}
call  TeamService/CreateTeam  {"name": "Rail"}
want  200  {"team": {"id": "$rail"}}

# an editor makes a source; teams of one that is open to all are ignored
as    instructor@acme
call  SMEService/CreateSME
      {"name": " Field service ", "domain": "Repairs", "description": "a\nb",
      "teamIds": ["$core"]}
want  200  {"sme": {"id": "$open", "name": "Field service",
      "domain": "Repairs", "description": "a\nb", "scope": "SME_SCOPE_GLOBAL",
      "status": "SME_STATUS_DRAFT", "teamIds": "!", "chunkCount": "!",
      "createdAt": "*", "knowledgeSummary": "!",
      "tenantId": "a0000000-0000-4000-8000-000000000000",
      "companyId": "a1000000-0000-4000-8000-000000000000"}}

# each field has its rule
call  SMEService/CreateSME  {"domain": "D"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  SMEService/CreateSME  {"name": "N", "domain": "  "}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  SMEService/CreateSME  {"name": "N\r\nBcc: x", "domain": "D"}
want  400  {"code": "invalid_argument"}
call  SMEService/CreateSME  {"name": "N", "domain": "D", "scope": 3}
want  400  {"code": "invalid_argument"}

# one for teams names teams, all of them of the company; all or nothing
call  SMEService/CreateSME
      {"name": "N", "domain": "D", "scope": "SME_SCOPE_TEAM"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  SMEService/CreateSME
      {"name": "N", "domain": "D", "scope": "SME_SCOPE_TEAM", "teamIds": ["x"]}
want  400  {"code": "invalid_argument"}
call  SMEService/CreateSME
      {"name": "N", "domain": "D", "scope": "SME_SCOPE_TEAM",
      "teamIds": ["$core", "$foreign"]}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: TEAM_NOT_FOUND
sql   app SELECT 1 / (count(*) = 0)::int FROM subject_matter_experts
      WHERE name = 'N'
as    owner@acme
call  SMEService/CreateSME
      {"name": "Core only", "domain": "D", "scope": "SME_SCOPE_TEAM",
      "teamIds": ["$core", "$core"]}
want  200  {"sme": {"id": "$closed", "teamIds": ["$core"],
      "scope": "SME_SCOPE_TEAM"}}

# who is in none of its teams neither sees nor changes it
as    instructor@acme
call  SMEService/GetSME  {"smeId": "$closed"}
want  403  {"code": "permission_denied"}
call  SMEService/UpdateSME  {"smeId": "$closed", "name": "Mine"}
want  403  {"code": "permission_denied"}
call  SMEService/DeleteSME  {"smeId": "$closed"}
want  403  {"code": "permission_denied"}
call  SMEService/RestoreSME  {"smeId": "$closed"}
want  403  {"code": "permission_denied"}
call  SMEService/ListSMEs  {}
want  200  {"smes": [{"id": "$open"}]}
as    sme@acme
call  SMEService/GetSME  {"smeId": "$closed"}
want  403  {"code": "permission_denied"}
as    owner@acme
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$sme"}
want  200
as    sme@acme
call  SMEService/GetSME  {"smeId": "$closed"}
want  200  {"sme": {"name": "Core only"}}
call  SMEService/ListSMEs  {}
want  200  {"smes": [{"id": "$closed"}, {"id": "$open"}]}

# lists are filtered by scope, status and team; unknown values are refused
call  SMEService/ListSMEs  {"scope": "SME_SCOPE_TEAM"}
want  200  {"smes": [{"id": "$closed"}]}
call  SMEService/ListSMEs  {"teamId": "$rail"}
want  200  {"smes": [{"id": "$open"}]}
call  SMEService/ListSMEs  {"teamId": "$core"}
want  200  {"smes": [{"id": "$closed"}, {"id": "$open"}]}
call  SMEService/ListSMEs  {"status": "SME_STATUS_ACTIVE"}
want  200  {"smes": "!"}
call  SMEService/ListSMEs  {"status": 9}
want  400  {"code": "invalid_argument"}
call  SMEService/ListSMEs  {"scope": -1}
want  400  {"code": "invalid_argument"}
call  SMEService/ListSMEs  {"teamId": "x"}
want  400  {"code": "invalid_argument"}

# who is no editor changes nothing
call  SMEService/CreateSME  {"name": "N", "domain": "D"}
want  403  {"code": "permission_denied"}
call  SMEService/UpdateSME  {"smeId": "$open", "name": "N"}
want  403  {"code": "permission_denied"}
call  SMEService/DeleteSME  {"smeId": "$open"}
want  403  {"code": "permission_denied"}
call  SMEService/RestoreSME  {"smeId": "$open"}
want  403  {"code": "permission_denied"}

# another tenant's is not there
as    owner@acme
call  SMEService/GetSME  {"smeId": "$theirs"}
want  404  {"code": "not_found"}
call  SMEService/UpdateSME  {"smeId": "$theirs", "name": "Mine"}
want  404  {"code": "not_found"}
call  SMEService/DeleteSME  {"smeId": "$theirs"}
want  404  {"code": "not_found"}
call  SMEService/RestoreSME  {"smeId": "$theirs"}
want  404  {"code": "not_found"}
call  SMEService/GetSME  {"smeId": "1"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetSME  {}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED

# what is absent stays as it is; an empty description is cleared
call  SMEService/UpdateSME  {"smeId": "$open", "description": ""}
want  200  {"sme": {"name": "Field service", "domain": "Repairs",
      "description": "!"}}
call  SMEService/UpdateSME  {"smeId": "$open", "name": "Field", "domain": "X"}
want  200  {"sme": {"name": "Field", "domain": "X"}}
call  SMEService/UpdateSME  {"smeId": "$open", "name": ""}
want  400  {"code": "invalid_argument"}

# from teams to all and back; teams are replaced, none leaves them
call  SMEService/UpdateSME  {"smeId": "$closed", "teamIds": ["$rail"]}
want  200  {"sme": {"teamIds": ["$rail"]}}
call  SMEService/UpdateSME  {"smeId": "$closed", "name": "Closed"}
want  200  {"sme": {"name": "Closed", "teamIds": ["$rail"]}}
call  SMEService/UpdateSME  {"smeId": "$closed", "teamIds": ["$foreign"]}
want  404  {"code": "not_found"}
call  SMEService/UpdateSME  {"smeId": "$closed", "scope": "SME_SCOPE_GLOBAL"}
want  200  {"sme": {"scope": "SME_SCOPE_GLOBAL", "teamIds": "!"}}
call  SMEService/UpdateSME  {"smeId": "$closed", "scope": "SME_SCOPE_TEAM"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  SMEService/UpdateSME
      {"smeId": "$closed", "scope": "SME_SCOPE_TEAM", "teamIds": ["$core"]}
want  200  {"sme": {"scope": "SME_SCOPE_TEAM", "teamIds": ["$core"]}}

# by hand it only goes to the archive and back
call  SMEService/UpdateSME  {"smeId": "$open", "status": "SME_STATUS_ACTIVE"}
want  400  {"code": "invalid_argument"}
call  SMEService/UpdateSME  {"smeId": "$open", "status": "SME_STATUS_INGESTING"}
want  400  {"code": "invalid_argument"}
call  SMEService/UpdateSME  {"smeId": "$open", "status": "SME_STATUS_DRAFT"}
want  200  {"sme": {"status": "SME_STATUS_DRAFT"}}
call  SMEService/UpdateSME  {"smeId": "$open", "status": "SME_STATUS_ARCHIVED"}
want  200  {"sme": {"status": "SME_STATUS_ARCHIVED"}}
call  SMEService/UpdateSME  {"smeId": "$open", "status": "SME_STATUS_DRAFT"}
want  200  {"sme": {"status": "SME_STATUS_DRAFT"}}
call  SMEService/UpdateSME  {"smeId": "$open", "status": 9}
want  400  {"code": "invalid_argument"}

# archiving withdraws open tasks, tells who had them, and is done once
as    instructor@acme
call  SMEService/CreateTask
      {"smeId": "$open", "title": "Steps", "assignedToUserId": "$sme"}
want  200  {"task": {"id": "$task"}}
call  SMEService/CreateTask
      {"smeId": "$open", "title": "In review", "assignedToUserId": "$sme"}
want  200  {"task": {"id": "$review"}}
sql   app UPDATE sme_tasks SET status = 'awaiting_review' WHERE id = '$review'
call  SMEService/DeleteSME  {"smeId": "$open"}
want  200  {}
call  SMEService/DeleteSME  {"smeId": "$open"}
want  200  {}
call  SMEService/GetTask  {"taskId": "$task"}
want  200  {"task": {"status": "SME_TASK_STATUS_CANCELLED"}}
call  SMEService/GetTask  {"taskId": "$review"}
want  200  {"task": {"status": "SME_TASK_STATUS_AWAITING_REVIEW"}}
sql   app SELECT 1 / (count(*) = 1)::int FROM notifications
      WHERE user_id = '$sme' AND title = 'Task cancelled: Steps'
      AND task_id = '$task' AND sme_id = '$open'
call  SMEService/ListSMEs  {}
want  200  {"smes": "!"}
call  SMEService/ListSMEs  {"includeArchived": true}
want  200  {"smes": [{"id": "$open"}]}
call  SMEService/ListSMEs  {"status": "SME_STATUS_ARCHIVED"}
want  200  {"smes": [{"id": "$open"}]}
call  SMEService/CreateTask
      {"smeId": "$open", "title": "Late", "assignedToUserId": "$sme"}
want  400  {"code": "invalid_argument"}

# out of the archive it is a draft, or active when there is knowledge
call  SMEService/RestoreSME  {"smeId": "$open"}
want  200  {"sme": {"status": "SME_STATUS_DRAFT"}}
call  SMEService/RestoreSME  {"smeId": "$open"}
want  400  {"code": "invalid_argument"}
sql   app INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, content, topic)
      VALUES ('a0000000-0000-4000-8000-000000000000', '$open', 'c', 't')
call  SMEService/DeleteSME  {"smeId": "$open"}
want  200  {}
call  SMEService/UpdateSME  {"smeId": "$open", "status": "SME_STATUS_DRAFT"}
want  400  {"code": "invalid_argument"}
call  SMEService/RestoreSME  {"smeId": "$open"}
want  200  {"sme": {"status": "SME_STATUS_ACTIVE", "chunkCount": 1}}

# one that is being distilled: the job goes, what was approved stays
sql   app UPDATE subject_matter_experts SET status = 'ingesting'
      WHERE id = '$open'
sql   app UPDATE sme_tasks SET status = 'processing' WHERE id = '$review'
sql   app INSERT INTO generation_jobs (tenant_id, type, status, sme_task_id,
      created_by_user_id) VALUES ('a0000000-0000-4000-8000-000000000000',
      'sme_ingestion', 'processing', '$review', '$sme')
call  SMEService/UpdateSME  {"smeId": "$open", "status": "SME_STATUS_ACTIVE"}
want  400  {"code": "invalid_argument"}
call  SMEService/DeleteSME  {"smeId": "$open"}
want  200  {}
sql   app SELECT 1 / count(*) FROM generation_jobs
      WHERE sme_task_id = '$review' AND status = 'cancelled'
call  SMEService/GetTask  {"taskId": "$review"}
want  200  {"task": {"status": "SME_TASK_STATUS_COMPLETED", "completedAt": "*"}}
call  SMEService/GetSME  {"smeId": "$open"}
want  200  {"sme": {"status": "SME_STATUS_ARCHIVED", "chunkCount": 1}}

# one of another company of the same tenant: for administrators only
sql   app INSERT INTO companies (id, tenant_id, name) VALUES
      ('a1000000-0000-4000-8000-000000000009',
      'a0000000-0000-4000-8000-000000000000', 'Acme North')
sql   app UPDATE subject_matter_experts
      SET company_id = 'a1000000-0000-4000-8000-000000000009',
      status = 'active' WHERE id = '$open'
call  SMEService/GetSME  {"smeId": "$open"}
want  403  {"code": "permission_denied"}
as    owner@acme
call  SMEService/GetSME  {"smeId": "$open"}
want  200  {"sme": {"id": "$open"}}
# but who has a task for it sees it
as    sme@acme
call  SMEService/GetSME  {"smeId": "$open"}
want  200  {"sme": {"id": "$open"}}

# who belongs to no company, and nobody
as    lonely@acme
call  SMEService/ListSMEs  {}
want  400  {"code": "invalid_argument"}
as    -
call  SMEService/ListSMEs  {}
want  401  {"code": "unauthenticated"}
