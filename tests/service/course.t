conf  store.secret  0123456789abcdef

# paid access
sql   app  UPDATE companies SET subscription_status = 'active'

# an instructor makes a course; what is not said gets its default
as    instructor@acme
call  CourseService/CreateCourse  {"id": "mine", "settings": {"categoryTags": ["safety"]}}
want  200  {"course": {"id": "$course", "version": 1, "status": "COURSE_STATUS_DRAFT",
      "settings": {"title": "Untitled Course", "dataSource": "open-web", "categoryTags": ["safety"]},
      "metadata": {"id": "$course", "version": 1, "createdAt": "*", "modifiedAt": "*"},
      "assessmentSettings": {}, "content": {}, "exports": "!"}}

# a reviewer edits it, but makes none
as    sme@acme
call  CourseService/CreateCourse  {}
want  403  {"code": "permission_denied"}
call  CourseService/UpdateCourse  {"id": "$course", "settings": {"title": " Fire safety "},
      "personas": [{"name": "Nia", "concerns": ""}],
      "content": {"sections": [{"name": "Start", "lessons": [{"title": "Exits",
      "blocks": [{"type": "BLOCK_TYPE_TEXT", "content": "<p>Out<script>x</script></p>", "order": 1}]}]}]}}
want  200  {"course": {"version": 2, "settings": {"title": "Fire safety", "categoryTags": ["safety"]},
      "personas": [{"id": "*", "name": "Nia", "concerns": ""}],
      "content": {"sections": [{"id": "*", "lessons": [{"id": "*", "blocks": [{"content": "<p>Out</p>"}]}]}]}}}

# only editors publish
call  CourseService/UpdateCourse  {"id": "$course", "status": "COURSE_STATUS_PUBLISHED"}
want  403  {"code": "permission_denied"}
as    owner@acme
call  CourseService/UpdateCourse  {"id": "$course", "status": "COURSE_STATUS_PUBLISHED"}
want  200  {"course": {"version": 3, "status": "COURSE_STATUS_PUBLISHED"}}

# a version that is no longer the newest is refused
call  CourseService/UpdateCourse  {"id": "$course", "metadata": {"version": 2}}
want  409  {"code": "aborted"}
call  CourseService/UpdateCourse  {"id": "$course", "metadata": {"version": 3}}
want  200  {"course": {"version": 4}}

# an empty list stands for no change, unless all are to go
call  CourseService/CreateCourse  {"settings": {"categoryTags": ["one", "two"]}}
want  200  {"course": {"id": "$tagged"}}
call  CourseService/UpdateCourse  {"id": "$tagged", "settings": {"title": "Tagged"}}
want  200  {"course": {"settings": {"categoryTags": ["one", "two"]}}}
call  CourseService/UpdateCourse  {"id": "$tagged", "settings": {"categoryTags": ["three"]}, "clearTags": true}
want  200  {"course": {"settings": {"categoryTags": ["three"]}}}
call  CourseService/UpdateCourse  {"id": "$tagged", "settings": {"title": "Bare"}, "clearTags": true, "clearFolder": true}
want  200  {"course": {"settings": {"title": "Bare", "categoryTags": "!", "destinationFolder": "!"}}}
call  CourseService/DeleteCourse  {"id": "$tagged"}
want  200  {"success": true}

# bad input names the field
call  CourseService/CreateCourse  {"settings": {"title": "a\u0001b"}}
want  400  {"code": "invalid_argument"}
call  CourseService/CreateCourse  {"settings": {"destinationFolder": "x"}}
want  400  {"code": "invalid_argument"}
call  CourseService/CreateCourse  {"content": {"sections": [{"name": ""}]}}
want  400  {"code": "invalid_argument", "message": "content.sections[0].name must not be empty"}
call  CourseService/UpdateCourse  {"id": "1"}
want  400  {"code": "invalid_argument"}
call  CourseService/UpdateCourse  {"id": "$course", "status": 8}
want  400  {"code": "invalid_argument"}
call  CourseService/GetCourse  {}
want  400  {"code": "invalid_argument"}
call  CourseService/DeleteCourse  {"id": "-"}
want  400  {"code": "invalid_argument"}
call  CourseService/ListCourses  {"folder": "Shared"}
want  400  {"code": "invalid_argument"}

# a member reads
as    sme@acme
call  CourseService/GetCourse  {"id": "$course"}
want  200  {"course": {"id": "$course", "version": 4, "companyId": "a1000000-0000-4000-8000-000000000000",
      "tenantId": "a0000000-0000-4000-8000-000000000000", "createdByUserId": "a2000000-0000-4000-8000-000000000002"}}
call  CourseService/ListCourses  {}
want  200  {"courses": [{"id": "$course", "title": "Fire safety", "tags": ["safety"], "status": "COURSE_STATUS_PUBLISHED"}], "totalCount": 1, "hasMore": "!"}
call  CourseService/ListCourses  {"status": "COURSE_STATUS_DRAFT"}
want  200  {"courses": "!", "totalCount": "!"}
call  CourseService/ListCourses  {"tags": ["x", "safety"], "limit": 1}
want  200  {"totalCount": 1}
get   CourseService/ListCourses  {}
want  200  {"totalCount": 1}
proto CourseService/ListCourses  {}
want  200  {"totalCount": 1}
grpc  CourseService/ListCourses  {}
want  200  {"totalCount": 1}

# nobody is turned away by name only: no session, no company
as    -
call  CourseService/ListCourses  {}
want  401  {"code": "unauthenticated"}
call  CourseService/GetCourse  {"id": "$course"}
want  401  {"code": "unauthenticated"}
as    lonely@acme
call  CourseService/ListCourses  {}
want  400  {"code": "invalid_argument"}
as    owner@frozen
call  CourseService/ListCourses  {}
want  403  {"code": "permission_denied"}

# another tenant's course does not exist
as    owner@other
call  CourseService/GetCourse  {"id": "$course"}
want  404  {"code": "not_found"}
call  CourseService/UpdateCourse  {"id": "$course", "settings": {"title": "Mine"}}
want  404  {"code": "not_found"}
call  CourseService/DeleteCourse  {"id": "$course"}
want  404  {"code": "not_found"}
call  CourseService/ListCourses  {}
want  200  {"courses": "!"}
call  CourseService/CreateCourse  {"settings": {"title": "Theirs"}}
want  200  {"course": {"id": "$theirs"}}
as    owner@acme
call  CourseService/GetCourse  {"id": "$theirs"}
want  404  {"code": "not_found"}

# another instructor does not delete it, nor a reviewer; its author does
as    instructor2@acme
call  CourseService/DeleteCourse  {"id": "$course"}
want  403  {"code": "permission_denied"}
as    sme@acme
call  CourseService/DeleteCourse  {"id": "$course"}
want  403  {"code": "permission_denied"}
as    instructor@acme
call  CourseService/DeleteCourse  {"id": "$course"}
want  200  {"success": true}
call  CourseService/GetCourse  {"id": "$course"}
want  404  {"code": "not_found"}
call  CourseService/ListCourses  {}
want  200  {"courses": "!"}

# without paid access none are made
sql   app  UPDATE companies SET subscription_status = 'canceled'
call  CourseService/CreateCourse  {}
want  403  {"code": "permission_denied"}
want-header  mirai-error-code: BILLING_SUBSCRIPTION_REQUIRED
