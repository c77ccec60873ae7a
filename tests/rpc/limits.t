# a message over the limit of its service (1 MiB), plain
repeat 1048577 x
call  HealthService/Check
want  429  {"code": "resource_exhausted", "details": "!"}

# a body far over the limit is read and thrown away
repeat 3000000 x
call  HealthService/Check
want  429  {"code": "resource_exhausted"}

# Z-3: bombs stop at the limit
header Content-Encoding: gzip
repeat 20000000 x
pack  gzip
call  HealthService/Check
want  429  {"code": "resource_exhausted"}
header Content-Encoding: br
repeat 20000000 x
pack  br
call  HealthService/Check
want  429  {"code": "resource_exhausted"}
header Content-Encoding: zstd
repeat 20000000 x
pack  zstd
call  HealthService/Check
want  429  {"code": "resource_exhausted"}

# nesting
repeat 2000 [
call  HealthService/Check
want  400  {"code": "invalid_argument"}
repeat 20000 {"a":
call  HealthService/Check
want  400  {"code": "invalid_argument"}

# the worker is as it was
call  HealthService/Check
want  200

# L-1: time limits
header Connect-Timeout-Ms: 1000
call  HealthService/Check
want  200
header Connect-Timeout-Ms: 9999999999
call  HealthService/Check
want  200
header Connect-Timeout-Ms: 12345678901
call  HealthService/Check
want  400
header Connect-Timeout-Ms: -1
call  HealthService/Check
want  400
header Connect-Timeout-Ms: 1.5
call  HealthService/Check
want  400
header Connect-Timeout-Ms: 0
call  HealthService/Check
want  504  {"code": "deadline_exceeded"}
