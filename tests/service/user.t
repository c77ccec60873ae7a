# GetMe gives the user with names and the company
as    owner@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$owner", "role": "ROLE_ADMIN", "email": "owner@acme.example"}, "company": {"name": "Acme"}}

# and the same again from the cache
call  UserService/GetMe  {}
want  200  {"user": {"id": "$owner", "email": "owner@acme.example"}}

# the others, for later
as    instructor@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$instructor", "role": "ROLE_INSTRUCTOR"}}
as    sme@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$sme", "role": "ROLE_SME"}}
as    owner@other
call  UserService/GetMe  {}
want  200  {"user": {"id": "$foreign"}}

# an identity without a user row is told so
as    nobody@nowhere
call  UserService/GetMe  {}
want  404  {"code": "not_found", "message": "*"}

# a colleague's record has name and address
as    sme@acme
call  UserService/GetUser  {"userId": "$owner"}
want  200  {"user": {"id": "$owner", "email": "owner@acme.example"}}

# a missing and a malformed id are refused, by reasons of their own
call  UserService/GetUser  {}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  UserService/GetUser  {"userId": "1"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_INVALID_INPUT
call  UserService/UpdateUser  {}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  UserService/UpdateUser  {"userId": "$sme-"}
want  400  {"code": "invalid_argument"}

# an id in capitals is the same id
call  UserService/GetUser  {"userId": "A2000000-0000-4000-8000-000000000001"}
want  200  {"user": {"id": "$owner"}}

# the role names of old go out as what they became
call  UserService/GetUser  {"userId": "a2000000-0000-4000-8000-000000000005"}
want  200  {"user": {"role": "ROLE_ADMIN"}}
call  UserService/GetUser  {"userId": "a2000000-0000-4000-8000-000000000004"}
want  200  {"user": {"role": "ROLE_SME"}}

# somebody who was removed, and somebody without a company, are not found
call  UserService/GetUser  {"userId": "a2000000-0000-4000-8000-000000000007"}
want  404  {"code": "not_found"}
call  UserService/GetUser  {"userId": "a2000000-0000-4000-8000-000000000006"}
want  404  {"code": "not_found"}

# the identity service knows nobody of that id: no name, no failure
sql   app UPDATE users SET kratos_id = gen_random_uuid()
      WHERE id = 'a2000000-0000-4000-8000-000000000004'
call  UserService/GetUser  {"userId": "a2000000-0000-4000-8000-000000000004"}
want  200  {"user": {"role": "ROLE_SME", "email": "!", "firstName": "!"}}

# another tenant's user does not exist
call  UserService/GetUser  {"userId": "$foreign"}
want  404  {"code": "not_found"}

# the list holds the company's people and nobody else's
call  UserService/ListCompanyUsers  {}
want  200  {"users": [{"email": "instructor2@acme.example"}, {"email": "*"}, {"email": "!"}, {"email": "*"}, {"email": "*"}, {"email": "*"}]}

# a user without role change gets the own record back
call  UserService/UpdateUser  {"userId": "$sme"}
want  200  {"user": {"id": "$sme", "role": "ROLE_SME"}}

# nobody but an admin changes others
call  UserService/UpdateUser  {"userId": "$owner", "role": "ROLE_SME"}
want  403  {"code": "permission_denied"}

# nobody raises their own role
call  UserService/UpdateUser  {"userId": "$sme", "role": "ROLE_ADMIN"}
want  403  {"code": "permission_denied"}

# an admin makes the expert an instructor, effective at once
as    owner@acme
call  UserService/UpdateUser  {"userId": "$sme", "role": "ROLE_INSTRUCTOR"}
want  200  {"user": {"id": "$sme", "role": "ROLE_INSTRUCTOR"}}
as    sme@acme
call  UserService/GetMe  {}
want  200  {"user": {"role": "ROLE_INSTRUCTOR"}}

# the legacy value counts as sme
as    owner@acme
call  UserService/UpdateUser  {"userId": "$sme", "role": "ROLE_MEMBER"}
want  200  {"user": {"role": "ROLE_SME"}}

# an unknown role is refused
call  UserService/UpdateUser  {"userId": "$sme", "role": 9}
want  400  {"code": "invalid_argument"}

# a role that is the same already writes nothing, the unspecified one neither
call  UserService/UpdateUser  {"userId": "$sme", "role": "ROLE_SME"}
want  200  {"user": {"role": "ROLE_SME"}}
call  UserService/UpdateUser  {"userId": "$sme", "role": "ROLE_UNSPECIFIED"}
want  200  {"user": {"role": "ROLE_SME"}}
sql   app SELECT 1 / (count(*) = 2)::int FROM audit_log
      WHERE action = 'user.role' AND target_id = '$sme'
      AND actor_user_id = '$owner'

# of two admins one may go, the one who is left may not
call  UserService/UpdateUser
      {"userId": "a2000000-0000-4000-8000-000000000005", "role": "ROLE_SME"}
want  200  {"user": {"role": "ROLE_SME"}}
call  UserService/UpdateUser  {"userId": "$owner", "role": "ROLE_INSTRUCTOR"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: USER_LAST_ADMIN
as    elder@acme
call  UserService/UpdateUser  {"userId": "$owner", "role": "ROLE_SME"}
want  403  {"code": "permission_denied"}
as    owner@acme

# one of several may neither: nobody changes the own role
sql   app UPDATE users SET role = 'owner'
      WHERE id = 'a2000000-0000-4000-8000-000000000005'
call  UserService/UpdateUser  {"userId": "$owner", "role": "ROLE_SME"}
want  403  {"code": "permission_denied"}

# another tenant's user can be neither changed nor removed
call  UserService/UpdateUser  {"userId": "$foreign", "role": "ROLE_SME"}
want  404  {"code": "not_found"}
call  UserService/RemoveCompanyUser  {"userId": "$foreign"}
want  404  {"code": "not_found"}
call  UserService/RemoveCompanyUser  {}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  UserService/RemoveCompanyUser  {"userId": "x"}
want  400  {"code": "invalid_argument"}

# nobody removes themselves
call  UserService/RemoveCompanyUser  {"userId": "$owner"}
want  403  {"code": "permission_denied"}

# only an admin removes
as    instructor@acme
call  UserService/RemoveCompanyUser  {"userId": "$sme"}
want  403  {"code": "permission_denied"}

# a removed user is gone at once: from the list, the teams and every session
as    sme@acme
call  UserService/GetMe  {}
want  200
as    owner@acme
call  TeamService/CreateTeam  {"name": "Core"}
want  200  {"team": {"id": "$core"}}
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$sme"}
want  200
call  UserService/RemoveCompanyUser  {"userId": "$sme"}
want  200  {}
call  UserService/GetUser  {"userId": "$sme"}
want  404  {"code": "not_found"}
call  UserService/RemoveCompanyUser  {"userId": "$sme"}
want  404  {"code": "not_found"}
call  UserService/UpdateUser  {"userId": "$sme", "role": "ROLE_ADMIN"}
want  404  {"code": "not_found"}
call  TeamService/ListTeamMembers  {"teamId": "$core"}
want  200  {"members": "!"}
call  TeamService/AddTeamMember  {"teamId": "$core", "userId": "$sme"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: USER_NOT_FOUND
sql   app SELECT 1 / count(*) FROM audit_log WHERE action = 'user.remove'
      AND target_id = '$sme' AND actor_user_id = '$owner'
sql   app SELECT 1 / count(*) FROM compensations
      WHERE kind = 'revoke_sessions' AND payload ->> 'identity_id'
      = (SELECT kratos_id::text FROM users WHERE id = '$sme')
as    sme@acme
call  UserService/GetMe  {}
want  401  {"code": "unauthenticated"}

# who has no company keeps the own record, and changes nobody
as    lonely@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$lonely", "tenantId": "*", "companyId": "!"},
      "company": "!"}
call  UserService/UpdateUser  {"userId": "$lonely"}
want  200  {"user": {"id": "$lonely"}}
call  UserService/UpdateUser  {"userId": "$owner"}
want  403  {"code": "permission_denied"}
call  UserService/GetUser  {"userId": "$lonely"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: USER_NO_COMPANY
call  UserService/ListCompanyUsers  {}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: USER_NO_COMPANY

# nobody is signed in
as    -
call  UserService/GetMe  {}
want  401  {"code": "unauthenticated"}
call  UserService/ListCompanyUsers  {}
want  401  {"code": "unauthenticated"}
call  UserService/UpdateUser  {"userId": "$owner"}
want  401  {"code": "unauthenticated"}
call  UserService/RemoveCompanyUser  {"userId": "$owner"}
want  401  {"code": "unauthenticated"}
