conf  proxies 127.0.0.1

# each call without a session; failures are limited by address, so each set of
# calls comes from one of its own
header X-Forwarded-For: 192.0.2.4
every 401 AUTH_UNAUTHORIZED AIGenerationService
header X-Forwarded-For: 192.0.2.1
every 401 AUTH_UNAUTHORIZED CompanyService CourseService NotificationService
      TargetAudienceService TeamService TenantService UserService
      AuthService BillingService InvitationService TenantSettingsService
      -AuthService/CheckEmail -AuthService/EnterpriseContact
      -AuthService/Register -AuthService/RegisterWithInvitation
      -InvitationService/GetInvitationByToken
      -NotificationService/SubscribeNotifications
header X-Forwarded-For: 192.0.2.11
every 401 AUTH_UNAUTHORIZED SMEService

# each call with a session that is over
as    late@acme
header X-Forwarded-For: 192.0.2.5
every 401 AUTH_UNAUTHORIZED AIGenerationService
header X-Forwarded-For: 192.0.2.2
every 401 AUTH_UNAUTHORIZED CompanyService CourseService NotificationService
      TargetAudienceService TeamService TenantService UserService
      AuthService BillingService InvitationService TenantSettingsService
      -AuthService/CheckEmail -AuthService/EnterpriseContact
      -AuthService/Register -AuthService/RegisterWithInvitation
      -InvitationService/GetInvitationByToken
      -NotificationService/SubscribeNotifications
header X-Forwarded-For: 192.0.2.12
every 401 AUTH_UNAUTHORIZED SMEService

# each call with a session of an identity that was switched off
as    idle@acme
header X-Forwarded-For: 192.0.2.6
every 401 AUTH_UNAUTHORIZED AIGenerationService
header X-Forwarded-For: 192.0.2.3
every 401 AUTH_UNAUTHORIZED CompanyService CourseService NotificationService
      TargetAudienceService TeamService TenantService UserService
      AuthService BillingService InvitationService TenantSettingsService
      -AuthService/CheckEmail -AuthService/EnterpriseContact
      -AuthService/Register -AuthService/RegisterWithInvitation
      -InvitationService/GetInvitationByToken
      -NotificationService/SubscribeNotifications
header X-Forwarded-For: 192.0.2.13
every 401 AUTH_UNAUTHORIZED SMEService

# each call by somebody without a user row, and by one who was removed
as    nobody@nowhere
every 404 USER_NOT_FOUND AIGenerationService
      CompanyService CourseService NotificationService
      SMEService TargetAudienceService TeamService TenantService UserService
      BillingService InvitationService TenantSettingsService
      -InvitationService/GetInvitationByToken
      -InvitationService/AcceptInvitation
      -NotificationService/SubscribeNotifications
as    gone@acme
every 404 USER_NOT_FOUND AIGenerationService
      CompanyService CourseService NotificationService
      SMEService TargetAudienceService TeamService TenantService UserService
      BillingService InvitationService TenantSettingsService
      -InvitationService/GetInvitationByToken
      -InvitationService/AcceptInvitation
      -NotificationService/SubscribeNotifications

# each call in a suspended tenant, but those that tell why and that pay
as    owner@frozen
every 403 TENANT_SUSPENDED AIGenerationService
      CompanyService CourseService NotificationService
      SMEService TargetAudienceService TeamService TenantService UserService
      -UserService/GetMe
      -TenantService/GetTenant -NotificationService/SubscribeNotifications
      BillingService InvitationService TenantSettingsService AuthService
      -BillingService/GetBillingInfo -BillingService/CreatePortalSession
      -AuthService/CheckEmail -AuthService/EnterpriseContact
      -AuthService/Register -AuthService/RegisterWithInvitation
      -InvitationService/GetInvitationByToken

# each call with half a message
as    owner@acme
body  {"id":
every 400 VALIDATION_INVALID_INPUT AIGenerationService
      CompanyService CourseService HealthService
      NotificationService SMEService TargetAudienceService TeamService
      TenantService
      UserService
      AuthService BillingService InvitationService TenantSettingsService
      -NotificationService/SubscribeNotifications

# each call with a message that is no object
body  [1]
every 400 VALIDATION_INVALID_INPUT AIGenerationService
      CompanyService CourseService HealthService
      NotificationService SMEService TargetAudienceService TeamService
      TenantService
      UserService
      AuthService BillingService InvitationService TenantSettingsService
      -NotificationService/SubscribeNotifications

# each call with bytes that are not UTF-8
body  {"id": "\xff"}
every 400 VALIDATION_INVALID_INPUT AIGenerationService
      CompanyService CourseService HealthService
      NotificationService SMEService TargetAudienceService TeamService
      TenantService
      UserService
      AuthService BillingService InvitationService TenantSettingsService
      -NotificationService/SubscribeNotifications

# each call with a content type that is not spoken
header Content-Type: text/plain
every 415 ! AIGenerationService
      CompanyService CourseService HealthService NotificationService
      SMEService TargetAudienceService TeamService TenantService UserService
      AuthService BillingService InvitationService TenantSettingsService
      -NotificationService/SubscribeNotifications
header Content-Type: application/x-www-form-urlencoded
every 415 ! AIGenerationService
      CompanyService CourseService HealthService NotificationService
      SMEService TargetAudienceService TeamService TenantService UserService
      AuthService BillingService InvitationService TenantSettingsService
      -NotificationService/SubscribeNotifications

# each call with a cookie from a page we do not know
cookie owner@acme
header Origin: https://evil.example
every 403 AUTH_FORBIDDEN AIGenerationService
      CompanyService CourseService NotificationService
      SMEService TargetAudienceService TeamService TenantService UserService
      AuthService BillingService InvitationService TenantSettingsService
      -AuthService/CheckEmail -AuthService/EnterpriseContact
      -AuthService/Register -AuthService/RegisterWithInvitation
      -InvitationService/GetInvitationByToken
      -NotificationService/SubscribeNotifications
