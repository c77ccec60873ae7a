program account
conf  accounts.limits no
conf  identity.hash_slots 2

# somebody is invited
as    owner@acme
call  InvitationService/CreateInvitation  {"email": "nina@new.example", "role": "ROLE_INSTRUCTOR"}
want  200  {"invitation": {"id": "$nina"}}
sql   app UPDATE invitations SET token = encode(sha256('token-of-nina-0000000000000000000000000000'), 'hex') WHERE id = '$nina'

# every field is needed
as    -
call  AuthService/RegisterWithInvitation  {"password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "firstName": "Nina", "lastName": "New"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Correct-Horse-7!", "lastName": "New"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED

# and keeps to its rules
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Ni\nna", "lastName": "New"}
want  400  {"code": "invalid_argument"}
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", "lastName": "New"}
want  400  {"code": "invalid_argument"}
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "correct-horse-7!", "firstName": "Nina", "lastName": "New"}
want  400  {"code": "invalid_argument"}
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Nina@new.example1", "firstName": "Nina", "lastName": "New"}
want  400  {"code": "invalid_argument"}
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: INVITATION_NOT_FOUND
call  AuthService/RegisterWithInvitation  {"token": "token-of-nobody-00000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  404  {"code": "not_found"}
want-header Mirai-Error-Code: INVITATION_NOT_FOUND

# not while another does so, not without a seat; nothing was made of all this
sql   app UPDATE invitations SET claimed_until = now() + interval '1 minute' WHERE id = '$nina'
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: INVITATION_ALREADY_ACCEPTED
sql   app UPDATE invitations SET claimed_until = now() WHERE id = '$nina'
sql   app UPDATE companies SET seat_count = 6 WHERE name = 'Acme'
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  403  {"code": "permission_denied"}
want-header Mirai-Error-Code: INVITATION_SEAT_LIMIT_EXCEEDED
sql   identity SELECT 1 / (count(*) = 0)::int FROM identities WHERE traits ->> 'email' = 'nina@new.example'
sql   app UPDATE companies SET seat_count = 7 WHERE name = 'Acme'

# the account: names trimmed, address proven, signed in; a session that came
# along is ignored
as    owner@other
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": " Nina ", "lastName": "O'New <b>"}
want  200  {"user": {"id": "$user", "kratosId": "$identity", "role": "ROLE_INSTRUCTOR", "email": "nina@new.example",
      "firstName": "Nina", "lastName": "O'New <b>", "companyId": "a1000000-0000-4000-8000-000000000000",
      "tenantId": "a0000000-0000-4000-8000-000000000000"},
      "company": {"id": "a1000000-0000-4000-8000-000000000000", "name": "Acme"}, "sessionToken": "$token"}
want-header Mirai-Next: !
sql   identity SELECT 1 / count(*) FROM identities i JOIN verifiable_addresses v ON v.identity_id = i.id
      WHERE i.id = '$identity' AND v.verified AND i.metadata_admin ->> 'invitation_id' = '$nina'
sql   identity SELECT 1 / count(*) FROM audit WHERE identity_id = '$identity' AND action = 'session.issue'
sql   identity SELECT 1 / count(*) FROM audit WHERE identity_id = '$identity' AND action = 'identity.create'
sql   app SELECT 1 / count(*) FROM audit_log WHERE action = 'invitation.accept' AND actor_user_id = '$user'
sql   app SELECT 1 / count(*) FROM invitations WHERE id = '$nina' AND status = 'accepted'
      AND accepted_by_user_id = '$user' AND claimed_until IS NULL
sql   app SELECT 1 / (count(*) = 0)::int FROM compensations

# the invited instructor is one
program api
as    -
header Authorization: Bearer $token
call  UserService/GetMe  {}
want  200  {"user": {"id": "$user", "role": "ROLE_INSTRUCTOR", "firstName": "Nina"}, "company": {"name": "Acme"}}
program account

# a token is good for one
call  AuthService/RegisterWithInvitation  {"token": "token-of-nina-0000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: INVITATION_ALREADY_ACCEPTED

# over and withdrawn are told apart
sql   app INSERT INTO invitations (tenant_id, company_id, email, role, status, token, expires_at)
      SELECT 'b0000000-0000-4000-8000-000000000000', 'b1000000-0000-4000-8000-000000000000',
      s || '@new.example', 'sme', s, encode(sha256(('token-of-' || s || '-00000000000000000000000000')::bytea), 'hex'),
      now() - interval '1 day' FROM unnest(ARRAY['pending', 'revoked', 'expired', 'accepted']) s
call  AuthService/RegisterWithInvitation  {"token": "token-of-pending-00000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_EXPIRED
call  AuthService/RegisterWithInvitation  {"token": "token-of-expired-00000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_EXPIRED
call  AuthService/RegisterWithInvitation  {"token": "token-of-revoked-00000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: INVITATION_REVOKED
call  AuthService/RegisterWithInvitation  {"token": "token-of-accepted-00000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nina", "lastName": "New"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: INVITATION_ALREADY_ACCEPTED

# whoever has an account signs in instead, and the invitation stays usable
as    owner@acme
sql   app UPDATE companies SET seat_count = 20 WHERE name = 'Acme'
call  InvitationService/CreateInvitation  {"email": "nobody@nowhere.example"}
want  200  {"invitation": {"id": "$nobody"}}
sql   app UPDATE invitations SET token = encode(sha256('token-of-nobody-00000000000000000000000000'), 'hex') WHERE id = '$nobody'
as    -
call  AuthService/RegisterWithInvitation  {"token": "token-of-nobody-00000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Nora", "lastName": "New"}
want  409  {"code": "already_exists"}
want-header Mirai-Error-Code: USER_EMAIL_EXISTS
sql   app SELECT 1 / count(*) FROM invitations WHERE id = '$nobody' AND status = 'pending' AND claimed_until IS NULL
sql   identity SELECT 1 / count(*) FROM identities WHERE id = 'd3000000-0000-4000-8000-000000000001'

# an identity that an interrupted try left behind is replaced
sql   identity UPDATE identities SET metadata_admin = '{"invitation_id": "$nobody"}' WHERE id = 'd3000000-0000-4000-8000-000000000001'
call  AuthService/RegisterWithInvitation  {"token": "token-of-nobody-00000000000000000000000000", "password": "Correct-Horse-8!", "firstName": "Nora", "lastName": "New"}
want  200  {"user": {"kratosId": "$nora", "role": "ROLE_SME"}, "sessionToken": "*"}
sql   identity SELECT 1 / (count(*) = 0)::int FROM identities WHERE id = 'd3000000-0000-4000-8000-000000000001'
sql   identity SELECT 1 / count(*) FROM identities WHERE id = '$nora'

# only the sign-in fails: the account is there, and says where to go on
as    owner@acme
call  InvitationService/CreateInvitation  {"email": "lea@new.example", "role": "ROLE_ADMIN"}
want  200  {"invitation": {"id": "$lea"}}
sql   app UPDATE invitations SET token = encode(sha256('token-of-lea-00000000000000000000000000000'), 'hex') WHERE id = '$lea'
sql   identity REVOKE INSERT ON sessions FROM mirai_identity
as    -
call  AuthService/RegisterWithInvitation  {"token": "token-of-lea-00000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Lea", "lastName": "New"}
want  200  {"user": {"role": "ROLE_ADMIN"}, "sessionToken": "!"}
want-header Mirai-Next: login
sql   identity GRANT INSERT ON sessions TO mirai_identity
sql   app SELECT 1 / count(*) FROM invitations WHERE id = '$lea' AND status = 'accepted'

# the identity service is down: unavailable, nothing changed, usable at once
as    owner@acme
call  InvitationService/CreateInvitation  {"email": "max@new.example"}
want  200  {"invitation": {"id": "$max"}}
sql   app UPDATE invitations SET token = encode(sha256('token-of-max-00000000000000000000000000000'), 'hex') WHERE id = '$max'
sql   identity REVOKE SELECT, INSERT ON identities FROM mirai_identity
call  InvitationService/CreateInvitation  {"email": "moritz@new.example"}
want  503  {"code": "unavailable"}
want-header Mirai-Error-Code: EXTERNAL_SERVICE_ERROR
as    -
call  AuthService/RegisterWithInvitation  {"token": "token-of-max-00000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Max", "lastName": "New"}
want  503  {"code": "unavailable"}
want-header Mirai-Error-Code: EXTERNAL_SERVICE_ERROR
sql   identity GRANT SELECT, INSERT ON identities TO mirai_identity
sql   app SELECT 1 / count(*) FROM invitations WHERE id = '$max' AND status = 'pending' AND claimed_until IS NULL
sql   app SELECT 1 / (count(*) = 0)::int FROM invitations WHERE email = 'moritz@new.example'
sql   app SELECT 1 / (count(*) = 0)::int FROM compensations

# storing the user fails: the identity is to be deleted, the invitation usable
sql   app ALTER TABLE users ADD CONSTRAINT no_more CHECK (created_at < now()) NOT VALID
call  AuthService/RegisterWithInvitation  {"token": "token-of-max-00000000000000000000000000000", "password": "Correct-Horse-7!", "firstName": "Max", "lastName": "New"}
want  400
sql   app ALTER TABLE users DROP CONSTRAINT no_more
sql   app SELECT 1 / (count(*) = 1)::int FROM compensations WHERE kind = 'delete_identity' AND payload ? 'identity_id'
sql   app SELECT 1 / count(*) FROM invitations WHERE id = '$max' AND status = 'pending' AND claimed_until IS NULL
call  AuthService/RegisterWithInvitation  {"token": "token-of-max-00000000000000000000000000000", "password": "Correct-Horse-9!", "firstName": "Max", "lastName": "New"}
want  200  {"user": {"firstName": "Max"}, "sessionToken": "*"}
sql   identity SELECT 1 / (count(*) = 1)::int FROM identities WHERE traits ->> 'email' = 'max@new.example'
