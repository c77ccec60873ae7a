# no credential, a wrong one, an expired one, a switched-off identity
call  UserService/GetMe
want  401  {"code": "unauthenticated", "message": "authentication required"}
want-header Mirai-Error-Code: AUTH_UNAUTHORIZED
header Authorization: Bearer ory_st_unknown
call  UserService/GetMe
want  401  {"code": "unauthenticated"}
header Authorization: Basic b3duZXI6eA==
call  UserService/GetMe
want  401  {"code": "unauthenticated"}
as    late@acme
call  UserService/GetMe
want  401  {"code": "unauthenticated"}
as    idle@acme
call  UserService/GetMe
want  401  {"code": "unauthenticated"}

# the carriers: bearer, header, token cookie, browser cookie
as    owner@acme
call  UserService/GetMe
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000001"}}
as    -
header X-Session-Token: ory_st_owneracme00000000000000000000000
call  UserService/GetMe
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000001"}}
header Cookie: ory_session_token=ory_st_owneracme00000000000000000000000
call  UserService/GetMe
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000001"}}
cookie owner@acme
call  UserService/GetMe
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000001"}}

# X-3: bearer beats cookie, and a bad bearer is not saved by one
cookie owner@acme
header Authorization: Bearer ory_st_ownerother0000000000000000000000
call  UserService/GetMe
want  200  {"user": {"id": "b2000000-0000-4000-8000-000000000001"}}
header Authorization: Bearer ory_st_wrong
call  UserService/GetMe
want  401

# a rejected token cookie gives the browser's cookie one chance
as    -
header Cookie: ory_session_token=ory_st_wrong; ory_kratos_session=owneracme0000000000000000000000000000000000
call  UserService/GetMe
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000001"}}

# a cookie's value is no token, a token no cookie
header Cookie: ory_kratos_session=ory_st_owneracme00000000000000000000000
call  UserService/GetMe
want  401
header Authorization: Bearer owneracme0000000000000000000000000000000000
call  UserService/GetMe
want  401

# the order: session, user row, role, company
as    nobody@nowhere
call  UserService/GetMe
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: USER_NOT_FOUND
call  TeamService/CreateTeam {"name": ""}
want  404  {"code": "not_found"}
as    gone@acme
call  UserService/GetMe
want  404  {"code": "not_found"}
as    sme@acme
call  TeamService/CreateTeam {"name": ""}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: AUTH_FORBIDDEN
as    lonely@acme
call  TeamService/CreateTeam {"name": "x"}
want  403
call  TeamService/ListTeams
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: USER_NO_COMPANY

# unauthenticated and forbidden callers never reach the decoder
as    -
body  {"name":
call  TeamService/CreateTeam
want  401
as    sme@acme
body  {"name":
call  TeamService/CreateTeam
want  403
as    owner@acme
body  {"name":
call  TeamService/CreateTeam
want  400

# the role names of old count as what they became
as    elder@acme
call  TeamService/CreateTeam {"name": "Elders"}
want  200
as    legacy@acme
call  TeamService/CreateTeam {"name": "Legacy"}
want  403

# a suspended tenant keeps GetMe and GetTenant only
as    owner@frozen
call  TeamService/ListTeams
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: TENANT_SUSPENDED
call  TeamService/CreateTeam {"name": "x"}
want  403
want-header Mirai-Error-Code: TENANT_SUSPENDED
call  UserService/GetMe
want  200
call  TenantService/GetTenant
want  200

# X-1: a cookie counts only from pages we know
cookie owner@acme
header Origin: https://evil.example
call  TeamService/ListTeams
want  403  {"code": "permission_denied"}
header Origin: http://localhost:8080
call  TeamService/ListTeams
want  200
header Origin: http://app.example
header Sec-Fetch-Site: same-origin
call  TeamService/ListTeams
want  200
header Sec-Fetch-Site: cross-site
call  TeamService/ListTeams
want  403
call  TeamService/ListTeams
want  200

# X-3: a bearer is no cookie
as    owner@acme
header Origin: https://evil.example
call  TeamService/ListTeams
want  200
