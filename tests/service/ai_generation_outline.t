conf  store.secret  0123456789abcdef
as    instructor@acme
call  CourseService/CreateCourse  {"settings": {"title": "Fire safety"}}
want  200  {"course": {"id": "$course"}}

# a course without an outline
call  AIGenerationService/GetCourseOutline  {"courseId": "$course"}
want  404  {"message": "outline not found"}
call  AIGenerationService/GetCourseOutline  {"courseId": "x"}
want  400  {"code": "invalid_argument"}
call  AIGenerationService/GetCourseOutline  {"courseId": "a0000000-0000-4000-8000-000000000000"}
want  404  {"message": "course not found"}

# two versions: 1 rejected, 2 under review with three lessons in two sections
sql   app  INSERT INTO course_outlines (id, tenant_id, course_id, version, approval_status, rejection_reason)
      SELECT ('a7000000-0000-4000-8000-00000000000' || n)::uuid, tenant_id, id, n, s::outline_approval_status, why
      FROM courses, (VALUES (1, 'rejected', 'Too short'), (2, 'pending_review', NULL)) AS v (n, s, why)
sql   app  INSERT INTO outline_sections (id, tenant_id, outline_id, title, description, position)
      SELECT ('a8000000-0000-4000-8000-00000000000' || n)::uuid, 'a0000000-0000-4000-8000-000000000000',
      'a7000000-0000-4000-8000-000000000002', 'Section ' || n, 'About ' || n, n FROM generate_series(1, 2) AS n
sql   app  INSERT INTO outline_lessons (id, tenant_id, section_id, title, description, position,
      estimated_duration_minutes, learning_objectives, sme_chunk_ids, is_last_in_section, is_last_in_course)
      SELECT ('a9000000-0000-4000-8000-00000000000' || n)::uuid, 'a0000000-0000-4000-8000-000000000000',
      ('a8000000-0000-4000-8000-00000000000' || s)::uuid, 'Lesson ' || n, 'What ' || n || ' tells', p, m,
      ARRAY['Do ' || n], ARRAY['aa000000-0000-4000-8000-000000000001'::uuid], n > 1, n = 3
      FROM (VALUES (1, 1, 1, 5), (2, 1, 2, NULL), (3, 2, 1, 7)) AS v (n, s, p, m)

# the latest one, in its order
as    sme@acme
call  AIGenerationService/GetCourseOutline  {"courseId": "$course"}
want  200  {"outline": {"id": "a7000000-0000-4000-8000-000000000002", "courseId": "$course", "version": 2, "revision": 1,
      "approvalStatus": "OUTLINE_APPROVAL_STATUS_PENDING_REVIEW", "generatedAt": "*", "approvedAt": "!",
      "approvedByUserId": "!", "rejectionReason": "!", "sections": [
      {"id": "a8000000-0000-4000-8000-000000000001", "title": "Section 1", "description": "About 1", "order": 1, "lessons": [
       {"id": "a9000000-0000-4000-8000-000000000001", "title": "Lesson 1", "description": "What 1 tells", "order": 1,
        "estimatedDurationMinutes": 5, "learningObjectives": ["Do 1"], "isLastInSection": "!", "isLastInCourse": "!"},
       {"id": "a9000000-0000-4000-8000-000000000002", "order": 2, "estimatedDurationMinutes": "!", "isLastInSection": true,
        "isLastInCourse": "!"}]},
      {"id": "a8000000-0000-4000-8000-000000000002", "order": 2, "lessons": [
       {"id": "a9000000-0000-4000-8000-000000000003", "isLastInSection": true, "isLastInCourse": true}]}]}}
call  AIGenerationService/GetCourseOutline  {"courseId": "$course", "version": 0}
want  200  {"outline": {"version": 2}}

# an older one, one there is none of, and numbers that are none
call  AIGenerationService/GetCourseOutline  {"courseId": "$course", "version": 1}
want  200  {"outline": {"version": 1, "approvalStatus": "OUTLINE_APPROVAL_STATUS_REJECTED", "rejectionReason": "Too short",
      "sections": "!"}}
call  AIGenerationService/GetCourseOutline  {"courseId": "$course", "version": 3}
want  404  {"message": "outline not found"}
call  AIGenerationService/GetCourseOutline  {"courseId": "$course", "version": -1}
want  400  {"message": "version must not be negative"}

# reviewers read; they neither edit nor judge
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  403  {"code": "permission_denied"}
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  403  {"code": "permission_denied"}
call  AIGenerationService/RejectCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "reason": "r"}
want  403  {"code": "permission_denied"}

# another tenant's outline does not exist
as    owner@other
call  AIGenerationService/GetCourseOutline  {"courseId": "$course"}
want  404  {"message": "course not found"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  404  {"message": "course not found"}
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  404  {"message": "course not found"}
call  AIGenerationService/RejectCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "reason": "r"}
want  404  {"message": "course not found"}

# an outline of another course is not of this one
as    instructor@acme
call  CourseService/CreateCourse  {"settings": {"title": "Second"}}
want  200  {"course": {"id": "$second"}}
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$second", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  404  {"message": "outline not found"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$second", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  404  {"message": "outline not found"}
call  AIGenerationService/RejectCourseOutline  {"courseId": "$second", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "reason": "r"}
want  404  {"message": "outline not found"}
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$course", "outlineId": ""}
want  400  {"message": "outline_id is required"}
call  AIGenerationService/RejectCourseOutline  {"courseId": "$course", "outlineId": "7", "reason": "r"}
want  400  {"message": "outline_id must be a UUID"}

# what breaks a rule is named, and changes nothing
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "One", "lessons": [{"title": " "}]}]}
want  400  {"message": "sections[0].lessons[0].title must not be empty"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "One"}, {"title": ""}]}
want  400  {"message": "sections[1].title must not be empty"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "One", "lessons": [{"title": "L", "estimatedDurationMinutes": 601}]}]}
want  400  {"message": "sections[0].lessons[0].estimated_duration_minutes must be 0 to 600"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "One", "lessons": [{"title": "L", "estimatedDurationMinutes": -1}]}]}
want  400  {"message": "sections[0].lessons[0].estimated_duration_minutes must be 0 to 600"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "One", "lessons": [{"title": "L", "learningObjectives":
      ["","","","","","","","","","","","","","","","","","","","",""]}]}]}
want  400  {"message": "sections[0].lessons[0].learning_objectives must have at most 20 entries"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "One", "lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}]}
want  400  {"message": "sections[0].lessons must have at most 30 entries"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}
want  400  {"message": "sections must have at most 50 entries"}
body  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002", "sections": [{"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}, {"lessons": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}]}
call  AIGenerationService/UpdateCourseOutline  {}
want  400  {"message": "sections must have at most 500 lessons in all"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"id": "a8000000-0000-4000-8000-000000000001", "title": "One"},
      {"id": "A8000000-0000-4000-8000-000000000001", "title": "Two"}]}
want  400  {"message": "sections[1].id is named twice"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "revision": 7, "sections": [{"title": "One"}]}
want  409  {"code": "aborted"}
call  AIGenerationService/GetCourseOutline  {"courseId": "$course"}
want  200  {"outline": {"revision": 1, "sections": [{"title": "Section 1", "lessons": [{}, {}]}, {}]}}

# the whole tree at once: sections change places, lesson 2 moves to the other
# one, lesson 3 goes, a lesson and a section come; order decides, numbers do not
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "revision": 1, "sections": [
      {"id": "a8000000-0000-4000-8000-000000000001", "title": "Was first", "order": 20, "lessons": [
       {"id": "a9000000-0000-4000-8000-000000000001", "title": "Lesson 1", "order": 1, "learningObjectives": ["A", " ", "B"]}]},
      {"id": "a8000000-0000-4000-8000-000000000002", "title": "Was second", "description": "Now first", "order": 10, "lessons": [
       {"id": "lesson-9", "title": "New", "description": "n", "order": 5, "estimatedDurationMinutes": 600},
       {"id": "a9000000-0000-4000-8000-000000000002", "title": "Moved", "order": 4}]},
      {"id": "section-3", "title": "Third", "order": 20}]}
want  200  {"outline": {"revision": 2, "version": 2, "approvalStatus": "OUTLINE_APPROVAL_STATUS_PENDING_REVIEW", "sections": [
      {"id": "a8000000-0000-4000-8000-000000000002", "title": "Was second", "description": "Now first", "order": 1, "lessons": [
       {"id": "a9000000-0000-4000-8000-000000000002", "title": "Moved", "description": "!", "order": 1,
        "estimatedDurationMinutes": "!", "learningObjectives": "!", "isLastInSection": "!", "isLastInCourse": "!"},
       {"id": "$new", "title": "New", "description": "n", "order": 2, "estimatedDurationMinutes": 600,
        "isLastInSection": true, "isLastInCourse": "!"}]},
      {"id": "a8000000-0000-4000-8000-000000000001", "title": "Was first", "description": "!", "order": 2, "lessons": [
       {"id": "a9000000-0000-4000-8000-000000000001", "learningObjectives": ["A", "B"], "isLastInSection": true,
        "isLastInCourse": true}]},
      {"id": "$third", "title": "Third", "order": 3, "lessons": "!"}]}}
sql   app  SELECT 1 / (count(*) - 2) FROM outline_lessons
sql   app  SELECT 1 / count(*) FROM outline_lessons WHERE title = 'Moved' AND cardinality(sme_chunk_ids) = 1

# a lesson that moves out of a section that goes stays
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "revision": 2, "sections": [{"id": "a8000000-0000-4000-8000-000000000001", "title": "One", "lessons": [
      {"id": "a9000000-0000-4000-8000-000000000001", "title": "L1"}, {"id": "$new", "title": "L2"}]}]}
want  200  {"outline": {"revision": 3, "sections": [{"id": "a8000000-0000-4000-8000-000000000001", "lessons": [
      {"id": "a9000000-0000-4000-8000-000000000001", "title": "L1", "order": 1}, {"id": "$new", "title": "L2", "order": 2,
      "isLastInCourse": true}]}]}}

# who edits an older state hears so; who names none does not
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "revision": 2, "sections": [{"title": "Lost"}]}
want  409  {"code": "aborted"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": []}
want  200  {"outline": {"revision": 4, "sections": "!"}}

# an id of another outline is a new one here, and stays what it was there
sql   app  INSERT INTO course_outlines (id, tenant_id, course_id) VALUES ('a7000000-0000-4000-8000-000000000009',
      'a0000000-0000-4000-8000-000000000000', '$second')
sql   app  INSERT INTO outline_sections (id, tenant_id, outline_id, title) VALUES ('a8000000-0000-4000-8000-000000000009',
      'a0000000-0000-4000-8000-000000000000', 'a7000000-0000-4000-8000-000000000009', 'Theirs')
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"id": "a8000000-0000-4000-8000-000000000009", "title": "Mine"}]}
want  200  {"outline": {"sections": [{"id": "$mine", "title": "Mine"}]}}
sql   app  SELECT 1 / count(*) FROM outline_sections WHERE id = 'a8000000-0000-4000-8000-000000000009' AND title = 'Theirs'

# without a lesson there is nothing to approve
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  400  {"message": "outline_id names an outline without lessons"}

# editing takes back that a revision was asked for
sql   app  UPDATE course_outlines SET approval_status = 'revision_requested' WHERE version = 2
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "S", "lessons": [{"title": "L"}]}]}
want  200  {"outline": {"approvalStatus": "OUTLINE_APPROVAL_STATUS_PENDING_REVIEW"}}

# only the latest is approved
sql   app  UPDATE course_outlines SET approval_status = 'pending_review' WHERE version = 1
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000001"}
want  400  {"message": "outline_id names an outline that is not the latest"}

# approved once: who, when, and the tree; the second time it is as it was
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  200  {"outline": {"approvalStatus": "OUTLINE_APPROVAL_STATUS_APPROVED", "approvedAt": "$when",
      "approvedByUserId": "a2000000-0000-4000-8000-000000000002", "sections": [{"lessons": [{"title": "L"}]}]}}
as    owner@acme
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  200  {"outline": {"approvedAt": "$when", "approvedByUserId": "a2000000-0000-4000-8000-000000000002",
      "sections": [{"lessons": [{"title": "L"}]}]}}

# what is approved is final
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "S"}]}
want  403  {"code": "permission_denied"}
call  AIGenerationService/RejectCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "reason": "r"}
want  400  {"message": "outline_id names an outline that was approved or rejected already"}

# a reason has 1 to 2000 characters
sql   app  UPDATE course_outlines SET approval_status = 'pending_review' WHERE version = 2
call  AIGenerationService/RejectCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "reason": " "}
want  400  {"message": "reason must not be empty"}
call  AIGenerationService/RejectCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "reason": "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"}
want  400  {"message": "reason must have at most 2000 characters"}
call  AIGenerationService/RejectCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "reason": "Start with the exits"}
want  200  {"outline": {"approvalStatus": "OUTLINE_APPROVAL_STATUS_REJECTED", "rejectionReason": "Start with the exits",
      "sections": [{"lessons": [{"title": "L"}]}]}}
call  AIGenerationService/ApproveCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002"}
want  400  {"message": "outline_id names an outline that was rejected"}
call  AIGenerationService/UpdateCourseOutline  {"courseId": "$course", "outlineId": "a7000000-0000-4000-8000-000000000002",
      "sections": [{"title": "S"}]}
want  403  {"code": "permission_denied"}
