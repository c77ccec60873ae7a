conf  allowed_origin https://app.example https://get.example/

# O-2: preflight of a listed origin
header Origin: https://app.example
header Access-Control-Request-Method: POST
http  OPTIONS /mirai.v1.TeamService/ListTeams
want  204
want-header Access-Control-Allow-Origin: https://app.example
want-header Access-Control-Allow-Credentials: true
want-header Access-Control-Allow-Methods: POST, GET
want-header Access-Control-Max-Age: 7200
want-header Access-Control-Allow-Headers: *
want-header Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
want-body

# a slash at the end of a configured origin does not matter
header Origin: https://get.example
http  OPTIONS /mirai.v1.TeamService/ListTeams
want-header Access-Control-Allow-Origin: https://get.example

# O-1: an origin that is not listed gets no headers, and never a wildcard
header Origin: https://app.example.evil.example
http  OPTIONS /mirai.v1.TeamService/ListTeams
want  204
want-header Access-Control-Allow-Origin: !
want-header Access-Control-Allow-Credentials: !
header Origin: null
http  OPTIONS /mirai.v1.TeamService/ListTeams
want-header Access-Control-Allow-Origin: !

# O-1: the request itself goes on
header Origin: https://evil.example
call  HealthService/Check
want  200
want-header Access-Control-Allow-Origin: !
want-header Vary: Origin

# O-4: exposed on answers and on errors
header Origin: https://app.example
call  HealthService/Check
want  200
want-header Access-Control-Allow-Origin: https://app.example
want-header Access-Control-Expose-Headers: *
header Origin: https://app.example
call  TeamService/ListTeams
want  401
want-header Access-Control-Allow-Origin: https://app.example
want-header Access-Control-Expose-Headers: *
header Origin: https://app.example
header Content-Type: text/plain
http  POST /mirai.v1.TeamService/ListTeams
want  415
want-header Access-Control-Allow-Origin: https://app.example
