conf  identity.secrets a-secret-of-the-tests-0123456789

# a signed-out session is refused at once by a process that knew it
as    instructor@acme
call  UserService/GetMe
want  200
call  UserService/GetMe
want  200
program identity
header Content-Type: application/json
http  DELETE /self-service/logout/api {"session_token":"ory_st_instructoracme000000000000000000"}
want  204
program api
call  UserService/GetMe
want  401  {"code": "unauthenticated"}
call  UserService/GetMe
want  401

# a removed user is nobody at once
as    sme@acme
call  UserService/GetMe
want  200
as    owner@acme
call  UserService/RemoveCompanyUser {"userId": "a2000000-0000-4000-8000-000000000003"}
want  200
as    sme@acme
call  UserService/GetMe
want  401  {"code": "unauthenticated"}

# a changed role counts at once
as    legacy@acme
call  TeamService/CreateTeam {"name": "Early"}
want  403
as    owner@acme
call  UserService/UpdateUser {"userId": "a2000000-0000-4000-8000-000000000004", "role": "ROLE_ADMIN"}
want  200
as    legacy@acme
call  TeamService/CreateTeam {"name": "Promoted"}
want  200
