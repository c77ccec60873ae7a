# the people of this test
as    owner@other
call  UserService/GetMe  {}
want  200  {"user": {"id": "$foreign"}}
as    sme@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$sme"}}
as    instructor@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$instructor"}}

# an admin makes a team
as    owner@acme
call  TeamService/CreateTeam  {"name": " Core ", "description": "The core\nteam"}
want  200  {"team": {"id": "$core", "name": "Core", "description": "The core\nteam"}}

# team names are unique inside a company, whatever the case, and only there
call  TeamService/CreateTeam  {"name": "CORE"}
want  409  {"code": "already_exists"}
as    owner@other
call  TeamService/CreateTeam  {"name": "Core"}
want  200  {"team": {"id": "$theirs"}}

# names are 1 to 100 characters in one line
as    owner@acme
call  TeamService/CreateTeam  {"name": ""}
want  400  {"code": "invalid_argument"}
call  TeamService/CreateTeam  {"name": "a\tb"}
want  400  {"code": "invalid_argument"}
call  TeamService/CreateTeam  {"name": "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"}
want  400  {"code": "invalid_argument"}

# an instructor may not make, change or delete teams
as    instructor@acme
call  TeamService/CreateTeam  {"name": "Mine"}
want  403  {"code": "permission_denied"}
call  TeamService/UpdateTeam  {"teamId": "$core", "name": "Mine"}
want  403  {"code": "permission_denied"}
call  TeamService/DeleteTeam  {"teamId": "$core"}
want  403  {"code": "permission_denied"}

# members of the company see teams; another tenant's do not exist
call  TeamService/ListTeams  {}
want  200  {"teams": [{"name": "Core"}]}
call  TeamService/GetTeam  {"teamId": "$core"}
want  200  {"team": {"name": "Core"}}
call  TeamService/GetTeam  {"teamId": "$theirs"}
want  404  {"code": "not_found"}
call  TeamService/GetTeam  {"teamId": "core"}
want  400  {"code": "invalid_argument"}
call  TeamService/ListTeamMembers  {"teamId": "$theirs"}
want  404  {"code": "not_found"}

# another tenant's team can be neither changed nor deleted nor joined
as    owner@acme
call  TeamService/UpdateTeam  {"teamId": "$theirs", "name": "X"}
want  404  {"code": "not_found"}
call  TeamService/DeleteTeam  {"teamId": "$theirs"}
want  404  {"code": "not_found"}
call  TeamService/AddTeamMember  {"teamId": "$theirs", "userId": "$sme"}
want  404  {"code": "not_found"}
call  TeamService/RemoveTeamMember  {"teamId": "$theirs", "userId": "$foreign"}
want  404  {"code": "not_found"}
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$foreign"}
want  404  {"code": "not_found"}

# an empty name changes nothing, a present empty description clears it
call  TeamService/UpdateTeam  {"teamId": "$core"}
want  200  {"team": {"name": "Core", "description": "The core\nteam"}}
call  TeamService/UpdateTeam  {"teamId": "$core", "name": "", "description": ""}
want  200  {"team": {"name": "Core", "description": "!", "tenantId": "*"}}

# a name in two lines is refused; missing and malformed ids are
call  TeamService/UpdateTeam  {"teamId": "$core", "name": "n\nn"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_INVALID_INPUT
call  TeamService/CreateTeam  {}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  TeamService/UpdateTeam  {"name": "X"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  TeamService/DeleteTeam  {"teamId": "1"}
want  400  {"code": "invalid_argument"}
call  TeamService/ListTeamMembers  {"teamId": "1"}
want  400  {"code": "invalid_argument"}
call  TeamService/AddTeamMember  {"teamId": "$core"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  TeamService/RemoveTeamMember  {"teamId": "$core", "userId": "1"}
want  400  {"code": "invalid_argument"}

# a team of another company of the same tenant is there, but not ours
sql   app INSERT INTO companies (id, tenant_id, name) VALUES
      ('a1000000-0000-4000-8000-000000000009',
      'a0000000-0000-4000-8000-000000000000', 'Acme North')
sql   app INSERT INTO teams (id, tenant_id, company_id, name) VALUES
      ('a4000000-0000-4000-8000-000000000009',
      'a0000000-0000-4000-8000-000000000000',
      'a1000000-0000-4000-8000-000000000009', 'Core')
call  TeamService/GetTeam  {"teamId": "a4000000-0000-4000-8000-000000000009"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: AUTH_FORBIDDEN
call  TeamService/UpdateTeam
      {"teamId": "a4000000-0000-4000-8000-000000000009", "name": "Mine"}
want  403  {"code": "permission_denied"}
call  TeamService/DeleteTeam  {"teamId": "a4000000-0000-4000-8000-000000000009"}
want  403  {"code": "permission_denied"}
call  TeamService/ListTeamMembers
      {"teamId": "a4000000-0000-4000-8000-000000000009"}
want  403  {"code": "permission_denied"}
call  TeamService/AddTeamMember
      {"teamId": "a4000000-0000-4000-8000-000000000009", "userId": "$sme"}
want  403  {"code": "permission_denied"}
call  TeamService/ListTeams  {}
want  200  {"teams": [{"id": "$core"}]}

# a user without a company, or of another one, joins no team
call  TeamService/AddTeamMember
      {"teamId": "$core", "userId": "a2000000-0000-4000-8000-000000000006"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: TEAM_USER_NOT_IN_COMPANY

# the team's folder has its name, and is renamed with it
sql   app SELECT 1 / count(*) FROM folders WHERE type = 'TEAM'
      AND team_id = '$core' AND name = 'Core'
call  TeamService/UpdateTeam  {"teamId": "$core", "name": "Kernel"}
want  200  {"team": {"name": "Kernel"}}
sql   app SELECT 1 / count(*) FROM folders WHERE type = 'TEAM'
      AND team_id = '$core' AND name = 'Kernel'
call  TeamService/UpdateTeam  {"teamId": "$core", "name": "Core"}
want  200  {"team": {"name": "Core"}}

# renaming to a taken name is refused
call  TeamService/CreateTeam  {"name": "Second"}
want  200  {"team": {"id": "$second"}}
call  TeamService/UpdateTeam  {"teamId": "$second", "name": "core"}
want  409  {"code": "already_exists"}

# a lead is added with name and address; an unknown role is refused
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$instructor", "role": "TEAM_ROLE_LEAD"}
want  200  {"member": {"teamId": "$core", "userId": "$instructor", "role": "TEAM_ROLE_LEAD", "user": {"email": "instructor@acme.example"}}}
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$sme", "role": 7}
want  400  {"code": "invalid_argument"}

# a lead adds a member; twice is a conflict; another role changes it
as    instructor@acme
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$sme"}
want  200  {"member": {"role": "TEAM_ROLE_MEMBER"}}
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$sme"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: TEAM_USER_ALREADY_MEMBER
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$sme", "role": "TEAM_ROLE_LEAD"}
want  200  {"member": {"role": "TEAM_ROLE_LEAD"}}
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$sme", "role": "TEAM_ROLE_MEMBER"}
want  200  {"member": {"role": "TEAM_ROLE_MEMBER"}}
call  TeamService/ListTeamMembers  {"teamId": "$core"}
want  200  {"members": [{"user": {"email": "sme@acme.example"}}, {"user": {"email": "instructor@acme.example"}}]}

# a lead of one team is nobody in another
call  TeamService/AddTeamMember  {"teamId": "$second", "userId": "$sme"}
want  403  {"code": "permission_denied"}

# a plain member may not remove others, but may leave
as    sme@acme
call  TeamService/RemoveTeamMember  {"teamId": "$core", "userId": "$instructor"}
want  403  {"code": "permission_denied"}
call  TeamService/RemoveTeamMember  {"teamId": "$core", "userId": "$sme"}
want  200  {}
call  TeamService/RemoveTeamMember  {"teamId": "$core", "userId": "$sme"}
want  404  {"code": "not_found"}

# deleting removes the team, its members and folders; courses move out
as    owner@acme
sql   app INSERT INTO folders (id, tenant_id, name, type, parent_id)
      SELECT 'a5000000-0000-4000-8000-000000000001', tenant_id, 'Below',
      'FOLDER', id FROM folders WHERE team_id = '$core'
call  CourseService/CreateCourse  {"settings": {"title": "Kept",
      "destinationFolder": "a5000000-0000-4000-8000-000000000001"}}
want  200  {"course": {"id": "$kept"}}
call  TeamService/DeleteTeam  {"teamId": "$core"}
want  200  {}
call  TeamService/GetTeam  {"teamId": "$core"}
want  404  {"code": "not_found"}
sql   app SELECT 1 / (count(*) = 0)::int FROM folders
      WHERE team_id = '$core' OR id = 'a5000000-0000-4000-8000-000000000001'
sql   app SELECT 1 / (count(*) = 0)::int FROM team_members
      WHERE team_id = '$core'
sql   app SELECT 1 / count(*) FROM courses c JOIN folders f
      ON f.id = c.folder_id WHERE c.id = '$kept' AND f.type = 'LIBRARY'
call  TeamService/DeleteTeam  {"teamId": "$core"}
want  404  {"code": "not_found"}

# nobody is signed in
as    -
call  TeamService/DeleteTeam  {"teamId": "$second"}
want  401  {"code": "unauthenticated"}
call  TeamService/ListTeams  {}
want  401  {"code": "unauthenticated"}
