# the same request under the same key is carried out once
as    owner@acme
header Idempotency-Key: k1
call  TeamService/CreateTeam {"name": "Once", "description": "A & B"}
want  200  {"team": {"id": "$once", "name": "Once"}}
want-header Idempotent-Replayed: !
header Idempotency-Key: k1
call  TeamService/CreateTeam {"name": "Once", "description": "A & B"}
want  200  {"team": {"id": "$once", "name": "Once", "description": "A & B"}}
want-header Idempotent-Replayed: true

# without it the handler runs again
call  TeamService/CreateTeam {"name": "Once", "description": "A & B"}
want  409  {"code": "already_exists"}

# the message counts, not how it came
header Idempotency-Key: k1
call  TeamService/CreateTeam { "description": "A \u0026 B",   "name": "Once" }
want  200  {"team": {"id": "$once"}}
header Idempotency-Key: k1
header Content-Type: application/proto
body  \x0a\x04Once\x12\x05A & B
http  POST /mirai.v1.TeamService/CreateTeam
want  200
want-header Idempotent-Replayed: true
header Idempotency-Key: k1
grpc  TeamService/CreateTeam {"name": "Once", "description": "A & B"}
want  200  {"team": {"id": "$once"}}
header Idempotency-Key: k1
text  TeamService/CreateTeam {"name": "Once", "description": "A & B"}
want  200  {"team": {"id": "$once"}}

# the answer of then, whatever happened since
call  TeamService/UpdateTeam {"teamId": "$once", "name": "Twice"}
want  200
header Idempotency-Key: k1
call  TeamService/CreateTeam {"name": "Once", "description": "A & B"}
want  200  {"team": {"id": "$once", "name": "Once"}}

# another message, or another method, under the key
header Idempotency-Key: k1
call  TeamService/CreateTeam {"name": "Other"}
want  400  {"code": "invalid_argument", "message": "Idempotency-Key was used with another request"}
want-header Mirai-Error-Code: VALIDATION_INVALID_INPUT
header Idempotency-Key: k1
call  TeamService/DeleteTeam {"teamId": "$once"}
want  400  {"code": "invalid_argument"}
header Idempotency-Key: k1
grpc  TeamService/CreateTeam {"name": "Other"}
want  400  {"code": "invalid_argument"}

# keys are each caller's own, within a tenant and across
as    elder@acme
header Idempotency-Key: k1
call  TeamService/CreateTeam {"name": "Elder's"}
want  200  {"team": {"name": "Elder's"}}
want-header Idempotent-Replayed: !
as    owner@other
header Idempotency-Key: k1
call  TeamService/CreateTeam {"name": "Once", "description": "A & B"}
want  200  {"team": {"id": "$foreign"}}
want-header Idempotent-Replayed: !

# a failed call keeps nothing: the key is free for the next try
as    owner@acme
header Idempotency-Key: k2
call  TeamService/CreateTeam {"name": "Twice"}
want  409  {"code": "already_exists"}
header Idempotency-Key: k2
call  TeamService/CreateTeam {"name": "Third"}
want  200  {"team": {"name": "Third"}}

# an empty answer is an answer
header Idempotency-Key: k3
call  TeamService/DeleteTeam {"teamId": "$once"}
want  200
header Idempotency-Key: k3
call  TeamService/DeleteTeam {"teamId": "$once"}
want  200
want-header Idempotent-Replayed: true
call  TeamService/DeleteTeam {"teamId": "$once"}
want  404

# who may no longer call gets no stored answer either
as    instructor@acme
header Idempotency-Key: k4
call  CourseService/CreateCourse {"settings": {"title": "Kept"}}
want  200  {"course": {"id": "$course"}}
header Idempotency-Key: k4
call  CourseService/CreateCourse {"settings": {"title": "Kept"}}
want  200  {"course": {"id": "$course", "settings": {"title": "Kept"}}}
want-header Idempotent-Replayed: true
as    owner@acme
call  UserService/UpdateUser {"userId": "a2000000-0000-4000-8000-000000000002", "role": "ROLE_SME"}
want  200
as    instructor@acme
header Idempotency-Key: k4
call  CourseService/CreateCourse {"settings": {"title": "Kept"}}
want  403  {"code": "permission_denied"}

# after a day the key is new, swept or not
as    owner@acme
sql   app UPDATE idempotency_keys SET created_at = now() - interval '23 hours 59 minutes'
header Idempotency-Key: k2
call  TeamService/CreateTeam {"name": "Third"}
want  200
want-header Idempotent-Replayed: true
sql   app UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second'
header Idempotency-Key: k2
call  TeamService/CreateTeam {"name": "Fourth"}
want  200  {"team": {"name": "Fourth"}}
want-header Idempotent-Replayed: !
header Idempotency-Key: k2
call  TeamService/CreateTeam {"name": "Fourth"}
want  200
want-header Idempotent-Replayed: true

# what a key may be
header Idempotency-Key: kä
call  TeamService/CreateTeam {"name": "Fifth"}
want  400  {"code": "invalid_argument", "message": "Idempotency-Key takes 1 to 255 printable ASCII characters"}
header Idempotency-Key:
call  TeamService/CreateTeam {"name": "Fifth"}
want  400
header Idempotency-Key: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345
call  TeamService/CreateTeam {"name": "Fifth"}
want  400
header Idempotency-Key: '"; DROP TABLE idempotency_keys; -- ~ 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456
call  TeamService/CreateTeam {"name": "Fifth"}
want  200

# a read has no use for one, nor has a caller who is nobody
header Idempotency-Key: k1
call  TeamService/ListTeams
want  200
want-header Idempotent-Replayed: !
as    -
header Idempotency-Key: k1
call  TeamService/CreateTeam {"name": "Sixth"}
want  401

# a request that waits for the first one's end has its own time limit
as    owner@acme
hold  - SELECT pg_advisory_xact_lock(hashtextextended('mirai_idempotency a2000000-0000-4000-8000-000000000001k9', 0))
header Idempotency-Key: k9
header Connect-Timeout-Ms: 200
call  TeamService/CreateTeam {"name": "Ninth"}
want  504  {"code": "deadline_exceeded"}
release
header Idempotency-Key: k9
call  TeamService/CreateTeam {"name": "Ninth"}
want  200
