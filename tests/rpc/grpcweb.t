# gRPC-Web, binary and text
grpc  HealthService/Check
want  200  {"status": "ok"}
want-header Content-Type: application/grpc-web+proto
text  HealthService/Check
want  200  {"status": "ok"}
want-header Content-Type: application/grpc-web-text+proto

# W-1: failures come in the trailer frame, with HTTP 200
grpc  TeamService/ListTeams
want  401  {"code": "unauthenticated", "message": "authentication required"}
want-header Status: 200
want-header Grpc-Status: !
text  TeamService/ListTeams
want  401  {"code": "unauthenticated"}

# D-2: before a method is found the status travels in the headers
header Content-Type: application/grpc-web
http  POST /mirai.v1.HealthService/Nothing \x00\x00\x00\x00\x00
want  200
want-header Grpc-Status: 12
want-body

# W-1: JSON frames
header Content-Type: application/grpc-web+json
http  POST /mirai.v1.HealthService/Check \x00\x00\x00\x00\x02{}
want  200
want-body \x00\x00\x00\x00\x0f{"status":"ok"}\x80\x00\x00\x00\x10grpc-status: 0\r\n

# W-6: exactly one frame
body
grpc  HealthService/Check
want  501  {"code": "unimplemented"}
body  \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00
grpc  HealthService/Check
want  501  {"code": "unimplemented"}

# T-2: a frame cut short, and one that announces 2 GiB
body  \x00\x00\x00\x00\x05ab
grpc  HealthService/Check
want  400  {"code": "invalid_argument"}
body  \x00\x7f\xff\xff\xff
grpc  HealthService/Check
want  400  {"code": "invalid_argument"}

# T-1, T-2: flags
body  \x02\x00\x00\x00\x00
grpc  HealthService/Check
want  500  {"code": "internal"}
body  \x01\x00\x00\x00\x00
grpc  HealthService/Check
want  500  {"code": "internal"}

# W-5: compression and time limits by gRPC's names
header Grpc-Encoding: gzip
pack  gzip
grpc  HealthService/Check
want  200  {"status": "ok"}
header Grpc-Encoding: snappy
grpc  HealthService/Check
want  501  {"code": "unimplemented"}
header Grpc-Timeout: 5x
grpc  HealthService/Check
want  400  {"code": "invalid_argument"}
header Grpc-Timeout: 123456789S
grpc  HealthService/Check
want  400  {"code": "invalid_argument"}
header Grpc-Timeout: 99999999H
grpc  HealthService/Check
want  200
header Grpc-Timeout: 0m
grpc  HealthService/Check
want  504  {"code": "deadline_exceeded"}

# W-4: text in several padded pieces
body  AAAAAAAA
text  HealthService/Check
want  400  {"code": "invalid_argument"}
body  AA==AA==AA==AA==AA==
text  HealthService/Check
want  200  {"status": "ok"}
body  AAA
text  HealthService/Check
want  400  {"code": "invalid_argument"}

# a stream of the contracts that is not built says so in its own form
header Content-Type: application/connect+json
http  POST /mirai.v1.NotificationService/SubscribeNotifications \x00\x00\x00\x00\x02{}
want  200
want-header Content-Type: application/connect+json
want-body \x02\x00\x00\x00\x47{"error":{"code":"unimplemented","message":"this method is not built"}}
grpc  NotificationService/SubscribeNotifications
want  501  {"code": "unimplemented"}
