# anyone may ask whether the service answers
call  HealthService/Check
want  200  {"status": "ok"}
proto HealthService/Check
want  200  {"status": "ok"}

# a check has no side effects, so GET is legal
get   HealthService/Check
want  200  {"status": "ok"}

# a session sent to a public method is ignored, even a bad one
as    late@acme
call  HealthService/Check
want  200  {"status": "ok"}

# members that the message does not have are skipped, malformed ones are not
as    -
call  HealthService/Check {"new": [1, 2, {"x": null}]}
want  200
body  {"new": [1, 2, }
call  HealthService/Check
want  400  {"code": "invalid_argument"}

# the plain routes
http  GET /health
want  200
want-body ok
want-header Content-Type: text/plain; charset=utf-8
http  GET /health/ready
want  200  {"status": "ok", "database": "ok"}
http  GET /healthy
want  404
