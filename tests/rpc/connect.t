# D-2: an unknown path is 404 and says unimplemented
http  POST /mirai.v1.HealthService/Nothing {}
want  404  {"code": "unimplemented"}
http  POST /mirai.v1.Nothing/Check {}
want  404  {"code": "unimplemented"}

# D-1: letter case, a trailing slash and an escape make another path
http  POST /mirai.v1.healthservice/Check {}
want  404
http  POST /mirai.v1.HealthService/Check/ {}
want  404
http  POST /mirai.v1.HealthService/Chec%6b {}
want  404

# D-3: a wrong verb is 405 with Allow and no body
header Content-Type: application/json
http  PUT /mirai.v1.HealthService/Check {}
want  405
want-header Allow: GET, POST
want-body
header Content-Type: application/json
http  GET /mirai.v1.TeamService/CreateTeam?encoding=json&message=%7B%7D
want  405
want-header Allow: POST
want-body
http  HEAD /mirai.v1.HealthService/Check
want  405

# D-4: an unknown content type is 415 with Accept-Post and no body
header Content-Type: text/plain
http  POST /mirai.v1.HealthService/Check {}
want  415
want-header Accept-Post: *
want-body
header Content-Type: application/json; charset=latin1
http  POST /mirai.v1.HealthService/Check {}
want  415
header Content-Type: application/connect+json
http  POST /mirai.v1.HealthService/Check {}
want  415
header Content-Type: application/json
http  POST /mirai.v1.NotificationService/SubscribeNotifications {}
want  415

# D-4: case and charset=utf-8 do not matter
header Content-Type: Application/JSON; Charset=UTF-8
http  POST /mirai.v1.HealthService/Check {}
want  200  {"status": "ok"}
want-header Content-Type: application/json

# D-6: path, verb, type, version, encoding, deadline, size, session, message
header Content-Type: application/json
header Connect-Protocol-Version: 2
header Content-Encoding: snappy
header Connect-Timeout-Ms: soon
http  POST /mirai.v1.TeamService/ListTeams x
want  400  {"code": "invalid_argument", "message": "unknown Connect protocol version; 1 is supported"}
header Content-Type: application/json
header Content-Encoding: snappy
header Connect-Timeout-Ms: soon
http  POST /mirai.v1.TeamService/ListTeams x
want  501  {"code": "unimplemented", "message": "unknown compression; supported are gzip, br, zstd"}
header Content-Type: application/json
header Connect-Timeout-Ms: soon
http  POST /mirai.v1.TeamService/ListTeams x
want  400  {"code": "invalid_argument", "message": "Connect-Timeout-Ms takes one to ten digits"}
header Content-Type: application/json
http  POST /mirai.v1.TeamService/ListTeams x
want  401  {"code": "unauthenticated"}

# U-2: no bytes are a message in binary, none in JSON
header Content-Type: application/proto
http  POST /mirai.v1.HealthService/Check
want  200
header Content-Type: application/json
http  POST /mirai.v1.HealthService/Check
want  400  {"code": "invalid_argument"}

# U-2: a body of no bytes is never decompressed
header Content-Type: application/proto
header Content-Encoding: gzip
http  POST /mirai.v1.HealthService/Check
want  200

# U-3, Z-1: every compression in
header Content-Encoding: gzip
pack  gzip
call  HealthService/Check
want  200
header Content-Encoding: br
pack  br
proto HealthService/Check
want  200
header Content-Encoding: zstd
pack  zstd
call  HealthService/Check {"x": "a"}
want  200

# Z-3: what is not what it says is refused
header Content-Encoding: gzip
call  HealthService/Check
want  400  {"code": "invalid_argument", "message": "the message is not valid gzip data"}

# Z-2: short answers stay plain
header Accept-Encoding: gzip
call  HealthService/Check
want  200
want-header Content-Encoding: !

# U-6: every answer
call  HealthService/Check
want-header Cache-Control: no-store
want-header X-Content-Type-Options: nosniff
want-header X-Request-Id: *

# a sane request id is kept, any other replaced
header X-Request-Id: abc-123.X_y
call  HealthService/Check
want-header X-Request-Id: abc-123.X_y
header X-Request-Id: has space
call  HealthService/Check
want-header X-Request-Id: *

# E-1: an error's body names code, message and a stable reason
call  TeamService/ListTeams
want  401  {"code": "unauthenticated", "message": "authentication required",
  "details": [{"type": "google.rpc.ErrorInfo", "value": "*",
    "debug": {"reason": "AUTH_UNAUTHORIZED", "domain": "mirai.v1"}}]}
want-header Content-Type: application/json
want-header Mirai-Error-Code: AUTH_UNAUTHORIZED

# D-5: a failure of a binary call is JSON too
proto TeamService/ListTeams
want  401  {"code": "unauthenticated"}
want-header Content-Type: application/json

# F-2: the length announced must be the length sent
header Content-Length: 5
call  HealthService/Check {}
want  400  {"code": "invalid_argument"}

# J-1, J-2, J-6: the JSON reader is strict, unknown members are skipped
call  HealthService/Check {"a": 1, "a": 2}
want  400  {"code": "invalid_argument"}
call  HealthService/Check {"a": 01}
want  400  {"code": "invalid_argument"}
call  HealthService/Check {"new": {"deep": [1, 2]}}
want  200
