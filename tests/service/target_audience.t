# an editor makes a profile; blanks go, the level starts at the beginning
as    owner@other
call  TargetAudienceService/CreateTemplate
      {"name": "Theirs", "role": "R", "learningGoals": ["g"]}
want  200  {"template": {"id": "$theirs"}}
as    instructor@acme
call  TargetAudienceService/CreateTemplate
      {"name": " New hires ", "role": "Field technician",
      "description": "First weeks\nof the job",
      "learningGoals": ["Work safely", "  ", " Know whom to ask "],
      "prerequisites": ["", " "], "challenges": ["Little time"],
      "motivations": ["A licence"], "industryContext": "Rail",
      "typicalBackground": "School"}
want  200  {"template": {"id": "$hires", "name": "New hires",
      "role": "Field technician", "description": "First weeks\nof the job",
      "learningGoals": ["Work safely", "Know whom to ask"],
      "prerequisites": "!", "challenges": ["Little time"],
      "motivations": ["A licence"], "industryContext": "Rail",
      "typicalBackground": "School",
      "experienceLevel": "EXPERIENCE_LEVEL_BEGINNER",
      "status": "TARGET_AUDIENCE_STATUS_ACTIVE", "createdAt": "*",
      "tenantId": "a0000000-0000-4000-8000-000000000000"}}
call  TargetAudienceService/CreateTemplate
      {"name": "apprentices", "role": "A", "learningGoals": ["g"],
      "experienceLevel": "EXPERIENCE_LEVEL_EXPERT"}
want  200  {"template": {"id": "$apprentices", "industryContext": "!",
      "experienceLevel": "EXPERIENCE_LEVEL_EXPERT"}}

# each field has its rule
call  TargetAudienceService/CreateTemplate
      {"role": "R", "learningGoals": ["g"]}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  TargetAudienceService/CreateTemplate
      {"name": "N", "role": " ", "learningGoals": ["g"]}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  TargetAudienceService/CreateTemplate
      {"name": "N", "role": "R", "learningGoals": [" "]}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  TargetAudienceService/CreateTemplate  {"name": "N", "role": "R"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  TargetAudienceService/CreateTemplate
      {"name": "N\nN", "role": "R", "learningGoals": ["g"]}
want  400  {"code": "invalid_argument"}
call  TargetAudienceService/CreateTemplate
      {"name": "N", "role": "R", "learningGoals": ["g"], "experienceLevel": 9}
want  400  {"code": "invalid_argument"}
call  TargetAudienceService/CreateTemplate
      {"name": "N", "role": "R", "learningGoals": ["g"], "challenges":
      ["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16",
      "17","18","19","20","21","22","23","24","25","26","27","28","29","30",
      "31","32","33","34","35","36","37","38","39","40","41","42","43","44",
      "45","46","47","48","49","50","51"]}
want  400  {"code": "invalid_argument"}

# everybody of the company reads them by name; another tenant's are not there
as    sme@acme
call  TargetAudienceService/GetTemplate  {"templateId": "$hires"}
want  200  {"template": {"name": "New hires"}}
call  TargetAudienceService/ListTemplates  {}
want  200  {"templates": [{"id": "$apprentices"}, {"id": "$hires"}]}
call  TargetAudienceService/GetTemplate  {"templateId": "$theirs"}
want  404  {"code": "not_found"}
call  TargetAudienceService/GetTemplate  {"templateId": "x"}
want  400  {"code": "invalid_argument"}

# who is no editor changes nothing
call  TargetAudienceService/CreateTemplate
      {"name": "N", "role": "R", "learningGoals": ["g"]}
want  403  {"code": "permission_denied"}
call  TargetAudienceService/UpdateTemplate
      {"templateId": "$hires", "name": "N"}
want  403  {"code": "permission_denied"}
call  TargetAudienceService/DeleteTemplate  {"templateId": "$hires"}
want  403  {"code": "permission_denied"}
call  TargetAudienceService/ArchiveTemplate  {"templateId": "$hires"}
want  403  {"code": "permission_denied"}
call  TargetAudienceService/RestoreTemplate  {"templateId": "$hires"}
want  403  {"code": "permission_denied"}

# what is absent stays, a list is replaced whole, an empty text is cleared
as    instructor@acme
call  TargetAudienceService/UpdateTemplate
      {"templateId": "$hires", "learningGoals": ["One"],
      "description": "", "experienceLevel": "EXPERIENCE_LEVEL_ADVANCED"}
want  200  {"template": {"name": "New hires", "role": "Field technician",
      "learningGoals": ["One"], "challenges": ["Little time"],
      "description": "!", "industryContext": "Rail",
      "experienceLevel": "EXPERIENCE_LEVEL_ADVANCED"}}
call  TargetAudienceService/UpdateTemplate
      {"templateId": "$hires", "learningGoals": [], "challenges": [" "]}
want  200  {"template": {"learningGoals": ["One"], "challenges": "!"}}
call  TargetAudienceService/UpdateTemplate
      {"templateId": "$hires", "learningGoals": [" "]}
want  400  {"code": "invalid_argument"}
call  TargetAudienceService/UpdateTemplate
      {"templateId": "$hires", "name": ""}
want  400  {"code": "invalid_argument"}
call  TargetAudienceService/UpdateTemplate
      {"templateId": "$theirs", "name": "Mine"}
want  404  {"code": "not_found"}
call  TargetAudienceService/DeleteTemplate  {"templateId": "$theirs"}
want  404  {"code": "not_found"}
call  TargetAudienceService/ArchiveTemplate  {"templateId": "$theirs"}
want  404  {"code": "not_found"}
call  TargetAudienceService/RestoreTemplate  {"templateId": "$theirs"}
want  404  {"code": "not_found"}

# archiving hides it, twice is once; only what is archived is restored
call  TargetAudienceService/ArchiveTemplate  {"templateId": "$hires"}
want  200  {"template": {"status": "TARGET_AUDIENCE_STATUS_ARCHIVED"}}
call  TargetAudienceService/ArchiveTemplate  {"templateId": "$hires"}
want  200  {"template": {"status": "TARGET_AUDIENCE_STATUS_ARCHIVED"}}
call  TargetAudienceService/DeleteTemplate  {"templateId": "$hires"}
want  200  {}
call  TargetAudienceService/ListTemplates  {}
want  200  {"templates": [{"id": "$apprentices"}]}
call  TargetAudienceService/ListTemplates  {"includeArchived": true}
want  200  {"templates": [{"id": "$apprentices"}, {"id": "$hires"}]}
call  TargetAudienceService/RestoreTemplate  {"templateId": "$hires"}
want  200  {"template": {"status": "TARGET_AUDIENCE_STATUS_ACTIVE"}}
call  TargetAudienceService/RestoreTemplate  {"templateId": "$hires"}
want  400  {"code": "invalid_argument"}
call  TargetAudienceService/DeleteTemplate  {"templateId": "$hires"}
want  200  {}
sql   app SELECT 1 / count(*) FROM target_audience_templates
      WHERE id = '$hires' AND status = 'archived'

# one of another company of the same tenant is there, but not ours
sql   app INSERT INTO companies (id, tenant_id, name) VALUES
      ('a1000000-0000-4000-8000-000000000009',
      'a0000000-0000-4000-8000-000000000000', 'Acme North')
sql   app UPDATE target_audience_templates
      SET company_id = 'a1000000-0000-4000-8000-000000000009'
      WHERE id = '$apprentices'
call  TargetAudienceService/GetTemplate  {"templateId": "$apprentices"}
want  403  {"code": "permission_denied"}
call  TargetAudienceService/UpdateTemplate
      {"templateId": "$apprentices", "name": "Mine"}
want  403  {"code": "permission_denied"}
call  TargetAudienceService/ArchiveTemplate  {"templateId": "$apprentices"}
want  403  {"code": "permission_denied"}
call  TargetAudienceService/ListTemplates  {"includeArchived": true}
want  200  {"templates": [{"id": "$hires"}]}

# who belongs to no company, and nobody
as    lonely@acme
call  TargetAudienceService/ListTemplates  {}
want  400  {"code": "invalid_argument"}
as    -
call  TargetAudienceService/ListTemplates  {}
want  401  {"code": "unauthenticated"}
