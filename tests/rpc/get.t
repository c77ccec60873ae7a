# G-1, G-2: a method without side effects by GET, in any order of parameters
get   HealthService/Check
want  200  {"status": "ok"}
want-header Content-Type: application/json
http  GET /mirai.v1.HealthService/Check?message=%7b%7d&connect=v1&utm=x&encoding=json
want  200  {"status": "ok"}

# G-2: base64, both alphabets, padding optional
http  GET /mirai.v1.HealthService/Check?encoding=json&base64=1&message=e30
want  200  {"status": "ok"}
http  GET /mirai.v1.HealthService/Check?encoding=json&base64=1&message=e30=
want  200  {"status": "ok"}
http  GET /mirai.v1.HealthService/Check?encoding=json&base64=1&message=eyI_IjoxfQ
want  200
http  GET /mirai.v1.HealthService/Check?encoding=json&base64=1&message=eyI%2fIjoxfQ%3d%3d
want  200
http  GET /mirai.v1.HealthService/Check?encoding=json&base64=1&message=e3*
want  400  {"code": "invalid_argument"}

# G-2: an empty binary message, and percent-encoded bytes with a zero in them
http  GET /mirai.v1.HealthService/Check?encoding=proto&message=
want  200
want-header Content-Type: application/proto
http  GET /mirai.v1.HealthService/Check?encoding=proto&message=%78%00
want  200
http  GET /mirai.v1.HealthService/Check?encoding=proto&message=%0
want  400  {"code": "invalid_argument"}

# G-2: encoding and message are required, none may be repeated
http  GET /mirai.v1.HealthService/Check?encoding=json
want  400  {"code": "invalid_argument"}
http  GET /mirai.v1.HealthService/Check?message=%7B%7D
want  400  {"code": "invalid_argument"}
http  GET /mirai.v1.HealthService/Check?encoding=json&message=%7B%7D&message=%7B%7D
want  400  {"code": "invalid_argument", "message": "query parameter message is repeated"}
http  GET /mirai.v1.HealthService/Check?encoding=xml&message=%7B%7D
want  415

# U-1: the version is a parameter
http  GET /mirai.v1.HealthService/Check?encoding=json&message=%7B%7D&connect=v2
want  400  {"code": "invalid_argument"}

# G-2: compression by name
http  GET /mirai.v1.HealthService/Check?encoding=json&message=%7B%7D&compression=snappy
want  501  {"code": "unimplemented"}
http  GET /mirai.v1.HealthService/Check?encoding=json&message=%7B%7D&compression=gzip
want  400  {"code": "invalid_argument"}

# G-4: nothing is kept unless a handler says so, and answers vary
get   HealthService/Check
want-header Cache-Control: no-store
want-header Vary: Cookie, Authorization, Accept-Encoding

# reads need their session by GET as well; cookies are fine without X-1
get   UserService/GetMe
want  401  {"code": "unauthenticated"}
cookie owner@acme
header Origin: https://evil.example
get   UserService/GetMe
want  200  {"user": {"id": "a2000000-0000-4000-8000-000000000001"}}
want-header Access-Control-Allow-Origin: !
