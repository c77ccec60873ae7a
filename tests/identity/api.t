conf    identity.secrets 0123456789abcdef0123456789abcdef
conf    identity.argon2.memory 256K
conf    identity.argon2.passes 1
conf    url.auth https://auth.mirai.example
conf    url.app https://app.mirai.example
program identity

# it lives
http    GET /health/alive
want    200  {"status": "ok"}
http    GET /health/ready
want    200  {"status": "ok"}
http    GET /version
want    200  {"version": "*"}

# nobody is signed in
http    GET /sessions/whoami
want    401  {"error": {"id": "session_inactive", "code": 401, "status": "Unauthorized"}}

# a token says who one is
as      owner@acme
http    GET /sessions/whoami
want    200  {"active": true, "identity": {"id": "a3000000-0000-4000-8000-000000000001", "schema_id": "user", "traits": {"email": "owner@acme.example"}}}

# signing in by API
as      -
http    GET /self-service/login/api
want    200  {"id": "$flow", "type": "api", "state": "choose_method", "ui": {"method": "POST"}}
header  Content-Type: application/json
http    POST /self-service/login?flow=$flow {"method":"password","identifier":"Owner@ACME.example ","password":"Correct-Horse-7!"}
want    200  {"session_token": "$token", "session": {"active": true, "identity": {"traits": {"email": "owner@acme.example"}}}}
header  X-Session-Token: $token
http    GET /sessions/whoami
want    200  {"active": true, "authenticator_assurance_level": "aal1"}
