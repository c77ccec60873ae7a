# each call without a session
every 401 AUTH_UNAUTHORIZED CompanyService CourseService TeamService
      TenantService UserService

# each call with a session that is over
as    late@acme
every 401 AUTH_UNAUTHORIZED CompanyService CourseService TeamService
      TenantService UserService

# each call with a session of an identity that was switched off
as    idle@acme
every 401 AUTH_UNAUTHORIZED CompanyService CourseService TeamService
      TenantService UserService

# each call by somebody without a user row, and by one who was removed
as    nobody@nowhere
every 404 USER_NOT_FOUND CompanyService CourseService TeamService
      TenantService UserService
as    gone@acme
every 404 USER_NOT_FOUND CompanyService CourseService TeamService
      TenantService UserService

# each call in a suspended tenant, but the two that tell why
as    owner@frozen
every 403 TENANT_SUSPENDED CompanyService CourseService TeamService
      TenantService UserService -UserService/GetMe -TenantService/GetTenant

# each call with half a message
as    owner@acme
body  {"id":
every 400 VALIDATION_INVALID_INPUT CompanyService CourseService HealthService
      TeamService TenantService UserService

# each call with a message that is no object
body  [1]
every 400 VALIDATION_INVALID_INPUT CompanyService CourseService HealthService
      TeamService TenantService UserService

# each call with bytes that are not UTF-8
body  {"id": "\xff"}
every 400 VALIDATION_INVALID_INPUT CompanyService CourseService HealthService
      TeamService TenantService UserService

# each call with a content type that is not spoken
header Content-Type: text/plain
every 415 ! CompanyService CourseService HealthService TeamService
      TenantService UserService
header Content-Type: application/x-www-form-urlencoded
every 415 ! CompanyService CourseService HealthService TeamService
      TenantService UserService

# each call with a cookie from a page we do not know
cookie owner@acme
header Origin: https://evil.example
every 403 AUTH_FORBIDDEN CompanyService CourseService TeamService
      TenantService UserService

# each service that is not built says so
as    owner@acme
every 501 ! AuthService BillingService InvitationService
      TenantSettingsService SMEService TargetAudienceService
