conf  proxies 127.0.0.1

# sixty failed session checks a minute and address, then a pause
as    late@acme
times 60 UserService/GetMe
want  401  {"code": "unauthenticated"}
call  UserService/GetMe
want  429  {"code": "resource_exhausted"}
want-header Mirai-Error-Code: RATE_LIMITED
want-header Retry-After: *
header Authorization: Bearer ory_st_wrong
grpc  TeamService/ListTeams
want  429

# another address has its own count
header X-Forwarded-For: 192.0.2.7
call  UserService/GetMe
want  401
header X-Forwarded-For: 192.0.2.8
times 61 UserService/GetMe
want  429
header X-Forwarded-For: 192.0.2.7
call  UserService/GetMe
want  401

# IPv6 addresses count by the /64, IPv4 in IPv6 as IPv4
header X-Forwarded-For: 2001:db8:0:1::1
times 30 UserService/GetMe
want  401
header X-Forwarded-For: 2001:db8:0:1:ffff:ffff:ffff:ffff
times 30 UserService/GetMe
want  401
header X-Forwarded-For: 2001:db8:0:1:abcd::
call  UserService/GetMe
want  429
header X-Forwarded-For: 2001:db8:0:2::1
call  UserService/GetMe
want  401
header X-Forwarded-For: ::ffff:192.0.2.8
call  UserService/GetMe
want  429

# whoever shows none has failed no check
as    -
times 61 UserService/GetMe
want  401

# a valid session is never refused because of its neighbours, seen before or not
as    owner@acme
call  UserService/GetMe
want  200
call  UserService/GetMe
want  200
as    -
header Cookie: ory_session_token=ory_st_wrong; ory_kratos_session=owneracme0000000000000000000000000000000000
call  UserService/GetMe
want  200

# pages for everybody stay open, the others lead to sign in as before
as    late@acme
program web
http  GET /
want  200
http  GET /dashboard
want  307
