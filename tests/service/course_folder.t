conf  store.secret  0123456789abcdef
sql   app  UPDATE companies SET subscription_status = 'active'

# the default folders appear by themselves, once
as    sme@acme
call  CourseService/GetFolderHierarchy  {}
want  200  {"folders": [{"id": "$shared", "name": "Shared", "type": "FOLDER_TYPE_LIBRARY", "courseCount": "!"},
      {"id": "$private", "name": "Private", "type": "FOLDER_TYPE_PERSONAL"}]}
call  CourseService/GetLibrary  {"includeCourseCounts": true}
want  200  {"library": {"version": "1.0", "lastUpdated": "*", "courses": "!",
      "folders": [{"id": "$shared", "courseCount": 0}, {"id": "$private"}]}}

# an editor makes folders, three levels deep
as    instructor@acme
call  CourseService/CreateFolder  {"name": " Safety "}
want  200  {"folder": {"id": "$one", "name": "Safety", "type": "FOLDER_TYPE_FOLDER", "parentId": "!"}}
call  CourseService/CreateFolder  {"name": "Fire", "parentId": "$one", "type": "FOLDER_TYPE_FOLDER"}
want  200  {"folder": {"id": "$two", "parentId": "$one"}}
call  CourseService/CreateFolder  {"name": "Drills", "parentId": "$two"}
want  200  {"folder": {"id": "$three"}}
call  CourseService/CreateFolder  {"name": "Deeper", "parentId": "$three"}
want  400  {"code": "invalid_argument"}

# names are unique among siblings, whatever the case
call  CourseService/CreateFolder  {"name": "FIRE", "parentId": "$one"}
want  409  {"code": "already_exists"}
call  CourseService/CreateFolder  {"name": "safety"}
want  409  {"code": "already_exists"}
call  CourseService/CreateFolder  {"name": "Fire", "parentId": "$two"}
want  200  {"folder": {"id": "$again"}}
call  CourseService/CreateFolder  {"name": ""}
want  400  {"code": "invalid_argument"}
call  CourseService/CreateFolder  {"name": "x", "type": "FOLDER_TYPE_TEAM"}
want  400  {"code": "invalid_argument"}
call  CourseService/CreateFolder  {"name": "x", "parentId": "x"}
want  400  {"code": "invalid_argument"}

# courses lie in folders and are counted
call  CourseService/CreateCourse  {"settings": {"title": "Drill", "destinationFolder": "$three"}}
want  200  {"course": {"id": "$course", "settings": {"destinationFolder": "$three"}}}
call  CourseService/ListCourses  {"folder": "$three"}
want  200  {"courses": [{"id": "$course", "folder": "$three"}]}
as    owner@acme
call  CourseService/GetFolderHierarchy  {"includeCourseCounts": true}
want  200  {"folders": [{"name": "Shared"}, {"name": "Private"},
      {"name": "Safety", "courseCount": 0, "children": [{"name": "Fire", "children": [
      {"name": "Drills", "courseCount": 1}, {"name": "Fire", "courseCount": 0}]}]}]}

# a reviewer makes folders below the own one only
as    sme@acme
call  CourseService/CreateFolder  {"name": "Mine"}
want  403  {"code": "permission_denied"}
call  CourseService/CreateFolder  {"name": "Mine", "parentId": "$one"}
want  403  {"code": "permission_denied"}
call  CourseService/CreateFolder  {"name": "Mine", "parentId": "$private"}
want  200  {"folder": {"id": "$mine"}}

# which nobody else sees
as    owner@acme
call  CourseService/CreateFolder  {"name": "Intruder", "parentId": "$mine"}
want  404  {"code": "not_found"}
call  CourseService/DeleteFolder  {"id": "$mine"}
want  404  {"code": "not_found"}
call  CourseService/CreateCourse  {"settings": {"destinationFolder": "$mine"}}
want  404  {"code": "not_found"}

# team folders are for members and administrators
call  TeamService/CreateTeam  {"name": "Core"}
want  200  {"team": {"id": "$team"}}
call  TeamService/AddTeamMember  {"teamId": "$team", "userId": "a2000000-0000-4000-8000-000000000002"}
want  200
call  CourseService/GetFolderHierarchy  {}
want  200  {"folders": [{"name": "Shared"}, {"id": "$core", "name": "Core", "type": "FOLDER_TYPE_TEAM"}, {}, {}]}
as    instructor@acme
call  CourseService/CreateCourse  {"settings": {"title": "Team's", "destinationFolder": "$core"}}
want  200  {"course": {"id": "$teams", "teamId": "$team"}}
as    instructor2@acme
call  CourseService/GetCourse  {"id": "$teams"}
want  404  {"code": "not_found"}
call  CourseService/GetFolderHierarchy  {}
want  200  {"folders": [{"name": "Shared"}, {"name": "Private"}, {"name": "Safety"}]}

# joining shows what was hidden, also to who had asked before
as    owner@acme
call  TeamService/AddTeamMember  {"teamId": "$team", "userId": "a2000000-0000-4000-8000-000000000008"}
want  200
as    instructor2@acme
call  CourseService/GetCourse  {"id": "$teams"}
want  200
call  CourseService/GetFolderHierarchy  {}
want  200  {"folders": [{"name": "Shared"}, {"name": "Core"}, {"name": "Private"}, {"name": "Safety"}]}

# what holds something, and what the system made, is not deleted
as    instructor@acme
call  CourseService/DeleteFolder  {"id": "$three"}
want  400  {"code": "invalid_argument", "message": "id names a folder that holds 1 courses"}
call  CourseService/DeleteFolder  {"id": "$two"}
want  400  {"code": "invalid_argument"}
call  CourseService/DeleteFolder  {"id": "$shared"}
want  403  {"code": "permission_denied"}
as    owner@acme
call  CourseService/DeleteFolder  {"id": "$core"}
want  403  {"code": "permission_denied"}
as    sme@acme
call  CourseService/DeleteFolder  {"id": "$again"}
want  403  {"code": "permission_denied"}
call  CourseService/DeleteFolder  {"id": "$mine"}
want  200  {"success": true}
as    instructor@acme
call  CourseService/DeleteFolder  {"id": "$again"}
want  200  {"success": true}
call  CourseService/DeleteFolder  {"id": "$again"}
want  404  {"code": "not_found"}
call  CourseService/DeleteFolder  {"id": "again"}
want  400  {"code": "invalid_argument"}

# another tenant's folders do not exist
as    owner@other
call  CourseService/GetLibrary  {}
want  200  {"library": {"courses": "!", "folders": [{"name": "Shared"}, {"name": "Private"}]}}
call  CourseService/CreateFolder  {"name": "x", "parentId": "$one"}
want  404  {"code": "not_found"}
call  CourseService/DeleteFolder  {"id": "$one"}
want  404  {"code": "not_found"}
call  CourseService/CreateCourse  {"settings": {"destinationFolder": "$one"}}
want  404  {"code": "not_found"}
call  CourseService/ListCourses  {"folder": "$three"}
want  200  {"courses": "!"}

# nobody in particular gets nothing
as    -
call  CourseService/GetFolderHierarchy  {}
want  401  {"code": "unauthenticated"}
call  CourseService/GetLibrary  {}
want  401  {"code": "unauthenticated"}
call  CourseService/CreateFolder  {"name": "x"}
want  401  {"code": "unauthenticated"}
call  CourseService/DeleteFolder  {"id": "$one"}
want  401  {"code": "unauthenticated"}
