# a member reads the tenant
as    sme@acme
call  TenantService/GetTenant  {}
want  200  {"tenant": {"id": "*", "name": "Acme", "slug": "*", "status": "TENANT_STATUS_ACTIVE", "createdAt": "*", "updatedAt": "*"}}

# an admin renames it, and only the name changes
as    owner@acme
call  TenantService/UpdateTenant  {"name": "  Acme Works  "}
want  200  {"tenant": {"name": "Acme Works", "slug": "*"}}

sql   app SELECT 1 / count(*) FROM audit_log WHERE action = 'tenant.update'
      AND actor_user_id = 'a2000000-0000-4000-8000-000000000001'

# an absent name changes nothing
call  TenantService/UpdateTenant  {}
want  200  {"tenant": {"name": "Acme Works"}}

# an empty name is refused
call  TenantService/UpdateTenant  {"name": " "}
want  400  {"code": "invalid_argument", "message": "*"}

# a name of 201 characters is refused
call  TenantService/UpdateTenant  {"name": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
want  400  {"code": "invalid_argument"}

# a line break in the name is refused
call  TenantService/UpdateTenant  {"name": "Acme\nBcc: x"}
want  400  {"code": "invalid_argument"}

# an instructor may not rename it
as    instructor@acme
call  TenantService/UpdateTenant  {"name": "Mine"}
want  403  {"code": "permission_denied"}

# another tenant sees only itself
as    owner@other
call  TenantService/GetTenant  {}
want  200  {"tenant": {"name": "Other"}}

# an identity without a user row has no tenant
as    nobody@nowhere
call  TenantService/GetTenant  {}
want  404  {"code": "not_found"}

# slug and status are not for users
as    owner@acme
call  TenantService/UpdateTenant
      {"name": "Acme", "slug": "mine", "status": "TENANT_STATUS_SUSPENDED"}
want  200  {"tenant": {"name": "Acme", "slug": "acme-00000001",
      "status": "TENANT_STATUS_ACTIVE"}}

# a suspended tenant reads its state
as    owner@frozen
call  TenantService/GetTenant  {}
want  200  {"tenant": {"name": "Frozen", "status": "TENANT_STATUS_SUSPENDED"}}
call  TenantService/UpdateTenant  {"name": "Thawed"}
want  403  {"code": "permission_denied"}

# nobody is signed in
as    -
call  TenantService/GetTenant  {}
want  401  {"code": "unauthenticated"}
