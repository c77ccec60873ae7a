program account
conf  accounts.limits no

# an admin invites an address, which is trimmed and lower-cased
as    owner@acme
call  InvitationService/CreateInvitation  {"email": " Nina@New.Example ", "role": "ROLE_INSTRUCTOR"}
want  200  {"invitation": {"id": "$nina", "companyId": "a1000000-0000-4000-8000-000000000000",
      "email": "nina@new.example", "role": "ROLE_INSTRUCTOR",
      "status": "INVITATION_STATUS_PENDING",
      "invitedByUserId": "a2000000-0000-4000-8000-000000000001",
      "acceptedByUserId": "!", "expiresAt": "*", "token": "!"}}

# it lives for seven days, is audited, and one mail waits; what is stored of
# the token is the hash of the one in the mail
sql   app SELECT 1 / count(*) FROM invitations WHERE id = '$nina' AND
      expires_at BETWEEN now() + interval '6 days 23 hours' AND now() + interval '7 days'
sql   app SELECT 1 / count(*) FROM audit_log WHERE action = 'invitation.create'
      AND target_id = '$nina'
sql   app SELECT 1 / (count(*) = 1)::int FROM mail_outbox m JOIN invitations i
      ON i.token = encode(sha256(substr(m.payload ->> 'link', 27)::bytea), 'hex')
      WHERE m.kind = 'invitation' AND m.recipient = 'nina@new.example'
      AND m.payload ->> 'company' = 'Acme'
      AND m.payload ->> 'inviter' = 'Olivia Owner'
      AND m.payload ->> 'link' ~ '^/auth/accept-invite[?]token=[A-Za-z0-9_-]{43}$'

# the same address is not invited twice, in whatever case
call  InvitationService/CreateInvitation  {"email": "NINA@new.example"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: INVITATION_EMAIL_ALREADY_INVITED
sql   app SELECT 1 / (count(*) = 1)::int FROM mail_outbox

# nor is who is in the company; who was removed may be
call  InvitationService/CreateInvitation  {"email": "sme@acme.example"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: USER_EMAIL_EXISTS
call  InvitationService/CreateInvitation  {"email": "gone@acme.example", "role": "ROLE_OWNER"}
want  200  {"invitation": {"id": "$gone", "role": "ROLE_ADMIN"}}

# roles: nothing and the old member are sme
call  InvitationService/CreateInvitation  {"email": "lonely@acme.example"}
want  200  {"invitation": {"id": "$lonely", "role": "ROLE_SME"}}
call  InvitationService/CreateInvitation  {"email": "nobody@nowhere.example", "role": "ROLE_MEMBER"}
want  200  {"invitation": {"id": "$nobody", "role": "ROLE_SME"}}
call  InvitationService/CreateInvitation  {"email": "role@new.example", "role": 77}
want  400  {"code": "invalid_argument"}

# addresses are addresses
call  InvitationService/CreateInvitation  {}
want  400  {"code": "invalid_argument"}
call  InvitationService/CreateInvitation  {"email": "a b@new.example"}
want  400  {"code": "invalid_argument"}
call  InvitationService/CreateInvitation  {"email": "a@new.example\r\nBcc: b@new.example"}
want  400  {"code": "invalid_argument"}
call  InvitationService/CreateInvitation  {"email": "a@b@new.example"}
want  400  {"code": "invalid_argument"}

# only an admin of a company that pays may; a foreign one is on its own
as    instructor@acme
call  InvitationService/CreateInvitation  {"email": "x@new.example"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: AUTH_FORBIDDEN
as    -
call  InvitationService/CreateInvitation  {"email": "x@new.example"}
want  401  {"code": "unauthenticated"}
as    owner@frozen
call  InvitationService/CreateInvitation  {"email": "x@new.example"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: TENANT_SUSPENDED
as    owner@other
call  InvitationService/CreateInvitation  {"email": "x@new.example"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: BILLING_SUBSCRIPTION_REQUIRED
sql   app UPDATE companies SET subscription_status = 'past_due' WHERE name = 'Other'
call  InvitationService/CreateInvitation  {"email": "nina@new.example"}
want  200  {"invitation": {"id": "$theirs", "companyId": "b1000000-0000-4000-8000-000000000000"}}

# the seats: 20 bought, six of people (with legacy names, without the removed),
# four held
as    owner@acme
call  InvitationService/GetSeatInfo  {}
want  200  {"seatInfo": {"totalSeats": 20, "usedSeats": 6, "pendingInvitations": 4, "availableSeats": 10}}
as    sme@acme
call  InvitationService/GetSeatInfo  {}
want  403  {"code": "permission_denied"}
as    -
call  InvitationService/GetSeatInfo  {}
want  401  {"code": "unauthenticated"}

# without a seat nobody is invited
as    owner@acme
sql   app UPDATE companies SET seat_count = 10 WHERE name = 'Acme'
call  InvitationService/CreateInvitation  {"email": "x@new.example"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: INVITATION_SEAT_LIMIT_EXCEEDED
call  InvitationService/GetSeatInfo  {}
want  200  {"seatInfo": {"totalSeats": 10, "availableSeats": "!"}}

# an invitation that is over holds none, is shown as what it is, and is in
# nobody's way
sql   app UPDATE invitations SET expires_at = now() - interval '1 second' WHERE id = '$nina'
call  InvitationService/GetSeatInfo  {}
want  200  {"seatInfo": {"pendingInvitations": 3, "availableSeats": 1}}
call  InvitationService/GetInvitation  {"invitationId": "$nina"}
want  200  {"invitation": {"id": "$nina", "status": "INVITATION_STATUS_EXPIRED"}}
call  InvitationService/ListInvitations  {"statusFilter": ["INVITATION_STATUS_EXPIRED"]}
want  200  {"invitations": [{"id": "$nina"}]}
call  InvitationService/CreateInvitation  {"email": "nina@new.example", "role": "ROLE_INSTRUCTOR"}
want  200  {"invitation": {"id": "$nina2"}}
sql   app SELECT 1 / count(*) FROM invitations WHERE id = '$nina' AND status = 'expired'
sql   app UPDATE companies SET seat_count = 20 WHERE name = 'Acme'

# lists: newest first, by status; what is no status is ignored
call  InvitationService/ListInvitations  {}
want  200  {"invitations": [{"id": "$nina2"}, {"id": "$nobody"}, {"id": "$lonely"}, {"id": "$gone"}, {"id": "$nina"}]}
call  InvitationService/ListInvitations  {"statusFilter": ["INVITATION_STATUS_ACCEPTED"]}
want  200  {"invitations": "!"}
call  InvitationService/ListInvitations  {"statusFilter": ["INVITATION_STATUS_UNSPECIFIED", 99]}
want  200  {"invitations": [{"id": "$nina2"}, {"id": "$nobody"}, {"id": "$lonely"}, {"id": "$gone"}, {"id": "$nina"}]}
as    owner@other
call  InvitationService/ListInvitations  {}
want  200  {"invitations": [{"id": "$theirs"}]}
as    sme@acme
call  InvitationService/ListInvitations  {}
want  403  {"code": "permission_denied"}
as    -
call  InvitationService/ListInvitations  {}
want  401  {"code": "unauthenticated"}

# another tenant's invitation does not exist
as    owner@acme
call  InvitationService/GetInvitation  {"invitationId": "$theirs"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: INVITATION_NOT_FOUND
call  InvitationService/RevokeInvitation  {"invitationId": "$theirs"}
want  404  {"code": "not_found"}
call  InvitationService/ResendInvitation  {"invitationId": "$theirs"}
want  404  {"code": "not_found"}
sql   app SELECT 1 / count(*) FROM invitations WHERE id = '$theirs' AND status = 'pending' AND sent_count = 0

# another company's of the same tenant is forbidden
sql   app INSERT INTO companies (id, tenant_id, name) VALUES ('a1000000-0000-4000-8000-000000000002',
      'a0000000-0000-4000-8000-000000000000', 'Branch')
sql   app INSERT INTO invitations (id, tenant_id, company_id, email, role, token, expires_at)
      VALUES ('a4000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000000',
      'a1000000-0000-4000-8000-000000000002', 'b@new.example', 'sme', 'b', now() + interval '1 day')
call  InvitationService/GetInvitation  {"invitationId": "a4000000-0000-4000-8000-000000000001"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: AUTH_FORBIDDEN
call  InvitationService/RevokeInvitation  {"invitationId": "a4000000-0000-4000-8000-000000000001"}
want  403  {"code": "permission_denied"}
call  InvitationService/ResendInvitation  {"invitationId": "a4000000-0000-4000-8000-000000000001"}
want  403  {"code": "permission_denied"}

# ids are ids, and belong to admins
call  InvitationService/GetInvitation  {"invitationId": "x"}
want  400  {"code": "invalid_argument"}
call  InvitationService/GetInvitation  {"invitationId": "a4000000-0000-4000-8000-0000000000ff"}
want  404  {"code": "not_found"}
call  InvitationService/RevokeInvitation  {}
want  400  {"code": "invalid_argument"}
call  InvitationService/ResendInvitation  {"invitationId": ""}
want  400  {"code": "invalid_argument"}
as    instructor@acme
call  InvitationService/GetInvitation  {"invitationId": "$nina2"}
want  403  {"code": "permission_denied"}
call  InvitationService/RevokeInvitation  {"invitationId": "$nina2"}
want  403  {"code": "permission_denied"}
call  InvitationService/ResendInvitation  {"invitationId": "$nina2"}
want  403  {"code": "permission_denied"}
as    -
call  InvitationService/GetInvitation  {"invitationId": "$nina2"}
want  401  {"code": "unauthenticated"}
call  InvitationService/RevokeInvitation  {"invitationId": "$nina2"}
want  401  {"code": "unauthenticated"}
call  InvitationService/ResendInvitation  {"invitationId": "$nina2"}
want  401  {"code": "unauthenticated"}

# whoever has the token sees what it is for: of the company only the name
sql   app UPDATE invitations SET token = encode(sha256('token-of-nina-0000000000000000000000000000'), 'hex') WHERE id = '$nina2'
call  InvitationService/GetInvitationByToken  {"token": "token-of-nina-0000000000000000000000000000"}
want  200  {"invitation": {"id": "$nina2", "email": "nina@new.example", "role": "ROLE_INSTRUCTOR",
      "status": "INVITATION_STATUS_PENDING", "invitedByUserId": "!"},
      "company": {"id": "a1000000-0000-4000-8000-000000000000", "name": "Acme", "plan": "!",
      "seatCount": "!", "subscriptionStatus": "!", "stripeCustomerId": "!", "tenantId": "!"}}
call  InvitationService/GetInvitationByToken  {"token": "token-of-nobody-00000000000000000000000000"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: INVITATION_NOT_FOUND
call  InvitationService/GetInvitationByToken  {"token": "short"}
want  404  {"code": "not_found"}
call  InvitationService/GetInvitationByToken  {"token": "token-of-nina-000000000000000000000000000'"}
want  404  {"code": "not_found"}
call  InvitationService/GetInvitationByToken  {}
want  404  {"code": "not_found"}

# sent again it is a new token and seven new days; the old one is dead
as    owner@acme
sql   app UPDATE invitations SET expires_at = now() + interval '1 hour' WHERE id = '$nina2'
sql   app DELETE FROM mail_outbox
call  InvitationService/ResendInvitation  {"invitationId": "$nina2"}
want  200  {"invitation": {"id": "$nina2", "status": "INVITATION_STATUS_PENDING"}}
call  InvitationService/GetInvitationByToken  {"token": "token-of-nina-0000000000000000000000000000"}
want  404  {"code": "not_found"}
sql   app SELECT 1 / (count(*) = 1)::int FROM mail_outbox m JOIN invitations i
      ON i.token = encode(sha256(substr(m.payload ->> 'link', 27)::bytea), 'hex')
      WHERE i.id = '$nina2' AND i.expires_at > now() + interval '6 days'

# not twice within ten minutes, not six times in all
call  InvitationService/ResendInvitation  {"invitationId": "$nina2"}
want  429  {"code": "resource_exhausted"}
want-header Mirai-Error-Code: RATE_LIMITED
want-header Retry-After: 500..600
sql   app UPDATE invitations SET last_sent_at = now() - interval '10 minutes', sent_count = 4 WHERE id = '$nina2'
call  InvitationService/ResendInvitation  {"invitationId": "$nina2"}
want  200
sql   app UPDATE invitations SET last_sent_at = now() - interval '10 minutes' WHERE id = '$nina2'
call  InvitationService/ResendInvitation  {"invitationId": "$nina2"}
want  429  {"code": "resource_exhausted"}
want-header Mirai-Error-Code: RATE_LIMITED
sql   app SELECT 1 / (count(*) = 2)::int FROM mail_outbox

# nor what is over, nor without a subscription
call  InvitationService/ResendInvitation  {"invitationId": "$nina"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_EXPIRED
as    owner@other
sql   app UPDATE companies SET subscription_status = 'canceled' WHERE name = 'Other'
call  InvitationService/ResendInvitation  {"invitationId": "$theirs"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: BILLING_SUBSCRIPTION_REQUIRED
sql   app UPDATE companies SET subscription_status = 'active' WHERE name = 'Other'

# revoked it is dead, its seat is free, and it stays so
as    owner@acme
sql   app UPDATE invitations SET token = encode(sha256('token-of-nina-0000000000000000000000000000'), 'hex') WHERE id = '$nina2'
call  InvitationService/RevokeInvitation  {"invitationId": "$nina2"}
want  200  {"invitation": {"id": "$nina2", "status": "INVITATION_STATUS_REVOKED"}}
call  InvitationService/GetSeatInfo  {}
want  200  {"seatInfo": {"pendingInvitations": 3}}
call  InvitationService/GetInvitationByToken  {"token": "token-of-nina-0000000000000000000000000000"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_REVOKED
call  InvitationService/RevokeInvitation  {"invitationId": "$nina2"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_REVOKED
call  InvitationService/RevokeInvitation  {"invitationId": "$nina"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_EXPIRED
call  InvitationService/ResendInvitation  {"invitationId": "$nina2"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_EXPIRED
sql   app SELECT 1 / count(*) FROM audit_log WHERE action = 'invitation.revoke' AND target_id = '$nina2'

# a pending one past its end can be revoked as well
sql   app UPDATE invitations SET expires_at = now() WHERE id = '$theirs'
as    owner@other
call  InvitationService/RevokeInvitation  {"invitationId": "$theirs"}
want  200  {"invitation": {"status": "INVITATION_STATUS_REVOKED"}}

# only the one who is invited accepts, with an address that is proven
sql   app UPDATE invitations SET token = encode(sha256('token-of-nobody-00000000000000000000000000'), 'hex') WHERE id = '$nobody'
as    owner@other
call  InvitationService/AcceptInvitation  {"token": "token-of-nobody-00000000000000000000000000"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: INVITATION_EMAIL_MISMATCH
as    -
call  InvitationService/AcceptInvitation  {"token": "token-of-nobody-00000000000000000000000000"}
want  401  {"code": "unauthenticated"}
as    nobody@nowhere
call  InvitationService/AcceptInvitation  {}
want  400  {"code": "invalid_argument"}
call  InvitationService/AcceptInvitation  {"token": "x"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: INVITATION_NOT_FOUND
sql   identity UPDATE verifiable_addresses SET verified = false WHERE value = 'nobody@nowhere.example'
call  InvitationService/AcceptInvitation  {"token": "token-of-nobody-00000000000000000000000000"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: INVITATION_EMAIL_MISMATCH
sql   identity UPDATE verifiable_addresses SET verified = true WHERE value = 'nobody@nowhere.example'

# not while somebody makes an account with it, not without a seat
sql   app UPDATE invitations SET claimed_until = now() + interval '1 minute' WHERE id = '$nobody'
call  InvitationService/AcceptInvitation  {"token": "token-of-nobody-00000000000000000000000000"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: INVITATION_ALREADY_ACCEPTED
sql   app UPDATE invitations SET claimed_until = NULL WHERE id = '$nobody'
sql   app UPDATE companies SET seat_count = 6 WHERE name = 'Acme'
call  InvitationService/AcceptInvitation  {"token": "token-of-nobody-00000000000000000000000000"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: INVITATION_SEAT_LIMIT_EXCEEDED

# with its own seat it fits, though none is free besides
sql   app UPDATE companies SET seat_count = 7 WHERE name = 'Acme'
call  InvitationService/AcceptInvitation  {"token": "token-of-nobody-00000000000000000000000000"}
want  200  {"invitation": {"id": "$nobody", "status": "INVITATION_STATUS_ACCEPTED", "acceptedByUserId": "$user"},
      "user": {"id": "$user", "role": "ROLE_SME", "email": "nobody@nowhere.example", "firstName": "Nora",
      "companyId": "a1000000-0000-4000-8000-000000000000", "tenantId": "a0000000-0000-4000-8000-000000000000"},
      "company": {"name": "Acme", "stripeCustomerId": "!"}}
sql   app SELECT 1 / count(*) FROM audit_log WHERE action = 'invitation.accept' AND target_id = '$nobody' AND actor_user_id = '$user'
program api
call  UserService/GetMe  {}
want  200  {"user": {"id": "$user", "role": "ROLE_SME"}, "company": {"name": "Acme"}}
program account
call  InvitationService/AcceptInvitation  {"token": "token-of-nobody-00000000000000000000000000"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: INVITATION_ALREADY_ACCEPTED
as    owner@acme
call  InvitationService/RevokeInvitation  {"invitationId": "$nobody"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: INVITATION_ALREADY_ACCEPTED
call  InvitationService/GetInvitationByToken  {"token": "token-of-nobody-00000000000000000000000000"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: INVITATION_ALREADY_ACCEPTED
call  InvitationService/GetSeatInfo  {}
want  200  {"seatInfo": {"totalSeats": 7, "usedSeats": 7, "pendingInvitations": 2}}
sql   app UPDATE companies SET seat_count = 20 WHERE name = 'Acme'

# who has a row without company gets one, a removed user comes back as the same
sql   app UPDATE invitations SET token = encode(sha256('token-of-lonely-00000000000000000000000000'), 'hex') WHERE id = '$lonely'
sql   app UPDATE invitations SET token = encode(sha256('token-of-gone-0000000000000000000000000000'), 'hex') WHERE id = '$gone'
as    lonely@acme
call  InvitationService/AcceptInvitation  {"token": "token-of-lonely-00000000000000000000000000"}
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000006", "companyId": "a1000000-0000-4000-8000-000000000000"}}
as    gone@acme
call  InvitationService/AcceptInvitation  {"token": "token-of-gone-0000000000000000000000000000"}
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000007", "role": "ROLE_ADMIN"}}
program api
call  UserService/GetMe  {}
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000007", "role": "ROLE_ADMIN"}}
program account

# nobody is in two companies
sql   app INSERT INTO invitations (id, tenant_id, company_id, email, role, token, expires_at)
      VALUES ('b4000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000000',
      'b1000000-0000-4000-8000-000000000000', 'sme@acme.example', 'admin',
      encode(sha256('token-of-sme-00000000000000000000000000000'), 'hex'), now() + interval '1 day')
as    sme@acme
call  InvitationService/AcceptInvitation  {"token": "token-of-sme-00000000000000000000000000000"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: AUTH_FORBIDDEN

# and hears that first, also when the other company is full
sql   app UPDATE companies SET seat_count = 1 WHERE name = 'Other'
call  InvitationService/AcceptInvitation  {"token": "token-of-sme-00000000000000000000000000000"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: AUTH_FORBIDDEN
sql   app SELECT 1 / count(*) FROM invitations WHERE id = 'b4000000-0000-4000-8000-000000000001' AND status = 'pending'

# over is over
sql   app UPDATE invitations SET expires_at = now() WHERE id = 'b4000000-0000-4000-8000-000000000001'
call  InvitationService/AcceptInvitation  {"token": "token-of-sme-00000000000000000000000000000"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_EXPIRED

# tokens are in no answer
as    owner@acme
call  InvitationService/ListInvitations  {}
want  200  {"invitations": [{"token": "!"}, {"token": "!"}, {"token": "!"}, {"token": "!"}, {"token": "!"}]}
