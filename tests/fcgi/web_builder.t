# mirai-web: the first step of the course builder, as it is written

# the tag of courses that no model wrote is said in words; its value stays
as    owner@acme
call  CourseService/CreateCourse  {"settings": {"title": "Brakes",
      "categoryTags": ["extractive", "Plant 7"]}}
want  200  {"course": {"id": "$course"}}
program web
cookie owner@acme
http  GET /course-builder?id=$course
want  200
want-has   value="extractive"
want-has   >Written without an AI model, Plant 7<
want-lacks >extractive<
want-has   >Plant 7</span>
