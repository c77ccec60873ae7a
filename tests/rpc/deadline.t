# L-2, L-3: a lock is waited for no longer than the deadline, nothing is kept
as    owner@acme
call  TeamService/CreateTeam {"name": "Core"}
want  200  {"team": {"id": "$team"}}
hold  - UPDATE teams SET name = name WHERE id = '$team'
header Connect-Timeout-Ms: 300
call  TeamService/UpdateTeam {"teamId": "$team", "name": "Late"}
want  504  {"code": "deadline_exceeded"}
within 15000

# the same in gRPC-Web's words
header Grpc-Timeout: 300m
grpc  TeamService/UpdateTeam {"teamId": "$team", "name": "Late"}
want  504  {"code": "deadline_exceeded"}
within 15000

# other calls are not held up, and the late name is nowhere
call  TeamService/GetTeam {"teamId": "$team"}
want  200  {"team": {"name": "Core"}}
release
hold  1 UPDATE teams SET name = name WHERE id = '$team'
header Connect-Timeout-Ms: 60000
call  TeamService/UpdateTeam {"teamId": "$team", "name": "In time"}
want  200  {"team": {"name": "In time"}}

# L-2: a lost database is unavailable, not a logout, and comes back
sql   app SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()
call  TeamService/GetTeam {"teamId": "$team"}
want  200  {"team": {"name": "In time"}}
