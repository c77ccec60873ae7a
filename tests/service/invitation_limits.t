program account
conf  proxies 127.0.0.1

# looking at invitations: 30 a minute from an address; another one has its own
header X-Forwarded-For: 192.0.2.1
times 30 InvitationService/GetInvitationByToken {"token": "x"}
want  404  {"code": "not_found"}
header X-Forwarded-For: 192.0.2.1
call  InvitationService/GetInvitationByToken  {"token": "x"}
want  429  {"code": "resource_exhausted"}
want-header Mirai-Error-Code: RATE_LIMITED
want-header Retry-After: *
header X-Forwarded-For: 192.0.2.2
call  InvitationService/GetInvitationByToken  {"token": "x"}
want  404

# signing up by one: 10 an hour from an address; what is no call counts not
header X-Forwarded-For: 192.0.2.1
times 20 AuthService/RegisterWithInvitation {"token": "x"}
want  400
header X-Forwarded-For: 192.0.2.1
times 10 AuthService/RegisterWithInvitation {"token": "x", "password": "Zebra-Kite-42", "firstName": "Nina", "lastName": "New"}
want  404
header X-Forwarded-For: 192.0.2.1
call  AuthService/RegisterWithInvitation  {"token": "x", "password": "Zebra-Kite-42", "firstName": "Nina", "lastName": "New"}
want  429  {"code": "resource_exhausted"}
want-header Mirai-Error-Code: RATE_LIMITED

# accepting: 10 an hour of an identity
as    nobody@nowhere
times 10 InvitationService/AcceptInvitation {"token": "x"}
want  404
call  InvitationService/AcceptInvitation  {"token": "x"}
want  429  {"code": "resource_exhausted"}
want-header Mirai-Error-Code: RATE_LIMITED
as    lonely@acme
call  InvitationService/AcceptInvitation  {"token": "x"}
want  404

# inviting: 100 a day of a company, whoever of it does
as    owner@acme
times 100 InvitationService/CreateInvitation {"email": "nina@new.example"}
want  409
as    elder@acme
call  InvitationService/CreateInvitation  {"email": "eva@new.example"}
want  429  {"code": "resource_exhausted"}
want-header Mirai-Error-Code: RATE_LIMITED
sql   app SELECT 1 / (count(*) = 1)::int FROM invitations
