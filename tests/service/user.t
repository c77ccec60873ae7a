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

# a missing and a malformed id are refused
call  UserService/GetUser  {}
want  400  {"code": "invalid_argument"}
call  UserService/GetUser  {"userId": "1"}
want  400  {"code": "invalid_argument"}

# another tenant's user does not exist
call  UserService/GetUser  {"userId": "$foreign"}
want  404  {"code": "not_found"}

# the list holds the company's people and nobody else's
call  UserService/ListCompanyUsers  {}
want  200  {"users": [{"email": "instructor2@acme.example"}, {"email": "*"}, {"email": "*"}, {"email": "*"}, {"email": "*"}, {"email": "*"}]}

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

# an admin may not change the own role
call  UserService/UpdateUser  {"userId": "$owner", "role": "ROLE_SME"}
want  403  {"code": "permission_denied"}

# another tenant's user can be neither changed nor removed
call  UserService/UpdateUser  {"userId": "$foreign", "role": "ROLE_SME"}
want  404  {"code": "not_found"}
call  UserService/RemoveCompanyUser  {"userId": "$foreign"}
want  404  {"code": "not_found"}

# nobody removes themselves
call  UserService/RemoveCompanyUser  {"userId": "$owner"}
want  403  {"code": "permission_denied"}

# only an admin removes
as    instructor@acme
call  UserService/RemoveCompanyUser  {"userId": "$sme"}
want  403  {"code": "permission_denied"}

# a removed user is gone at once
as    owner@acme
call  UserService/RemoveCompanyUser  {"userId": "$sme"}
want  200  {}
call  UserService/GetUser  {"userId": "$sme"}
want  404  {"code": "not_found"}
call  UserService/RemoveCompanyUser  {"userId": "$sme"}
want  404  {"code": "not_found"}

# nobody is signed in
as    -
call  UserService/GetMe  {}
want  401  {"code": "unauthenticated"}
call  UserService/ListCompanyUsers  {}
want  401  {"code": "unauthenticated"}
