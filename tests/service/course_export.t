conf  store.secret  0123456789abcdef
conf  url.api  https://api.example.org
sql   app  UPDATE companies SET subscription_status = 'active'

as    instructor@acme
call  CourseService/CreateCourse  {"settings": {"title": "Fire safety"}}
want  200  {"course": {"id": "$course"}}

# a request is queued once for one version and format
call  CourseService/ExportCourse  {"courseId": "$course", "format": "EXPORT_FORMAT_SCORM_12"}
want  200  {"export": {"id": "$export", "timestamp": "*", "format": "EXPORT_FORMAT_SCORM_12",
      "version": 1, "status": "EXPORT_STATUS_PENDING", "filePath": "!", "errorMessage": "!"}}
as    owner@acme
call  CourseService/ExportCourse  {"courseId": "$course", "format": "EXPORT_FORMAT_SCORM_12"}
want  200  {"export": {"id": "$export"}}

# formats that are not built say so; others are none
call  CourseService/ExportCourse  {"courseId": "$course", "format": "EXPORT_FORMAT_PDF"}
want  501  {"code": "unimplemented"}
call  CourseService/ExportCourse  {"courseId": "$course"}
want  400  {"code": "invalid_argument"}
call  CourseService/ExportCourse  {"courseId": "$course", "format": 77}
want  400  {"code": "invalid_argument"}
call  CourseService/ExportCourse  {"courseId": "x", "format": 1}
want  400  {"code": "invalid_argument"}

# everyone who sees the course sees its exports
as    sme@acme
call  CourseService/GetExportStatus  {"exportId": "$export"}
want  200  {"export": {"id": "$export", "status": "EXPORT_STATUS_PENDING"}}
call  CourseService/ListExports  {"courseId": "$course"}
want  200  {"exports": [{"id": "$export"}]}
call  CourseService/GetCourse  {"id": "$course"}
want  200  {"course": {"exports": [{"id": "$export"}]}}
call  CourseService/GetExportStatus  {"exportId": ""}
want  400  {"code": "invalid_argument"}
call  CourseService/ListExports  {"courseId": ""}
want  400  {"code": "invalid_argument"}

# reviewers neither order nor fetch
call  CourseService/ExportCourse  {"courseId": "$course", "format": 1}
want  403  {"code": "permission_denied"}
call  CourseService/DownloadExport  {"exportId": "$export"}
want  403  {"code": "permission_denied"}

# what is not finished has no address
as    instructor@acme
call  CourseService/DownloadExport  {"exportId": "$export"}
want  400  {"code": "invalid_argument"}
call  CourseService/DownloadExport  {"exportId": "x"}
want  400  {"code": "invalid_argument"}
sql   app  UPDATE scorm_packages SET status = 'completed', archive_key = 'exports/gone.zip'
call  CourseService/DownloadExport  {"exportId": "$export"}
want  404  {"code": "not_found"}
sql   app  UPDATE scorm_packages SET archive_key = NULL
call  CourseService/DownloadExport  {"exportId": "$export"}
want  404  {"code": "not_found"}
sql   app  UPDATE scorm_packages SET archive_key = (SELECT content_path FROM courses)
call  CourseService/DownloadExport  {"exportId": "$export"}
want  200  {"downloadUrl": "*", "expiresAt": "*"}

# finished ones are not taken for pending ones
call  CourseService/ExportCourse  {"courseId": "$course", "format": 1}
want  200  {"export": {"id": "$second", "status": "EXPORT_STATUS_PENDING"}}
call  CourseService/ListExports  {"courseId": "$course"}
want  200  {"exports": [{"id": "$second"}, {"id": "$export"}]}

# another tenant's exports do not exist
as    owner@other
call  CourseService/ExportCourse  {"courseId": "$course", "format": 1}
want  404  {"code": "not_found"}
call  CourseService/GetExportStatus  {"exportId": "$export"}
want  404  {"code": "not_found"}
call  CourseService/DownloadExport  {"exportId": "$export"}
want  404  {"code": "not_found"}
call  CourseService/ListExports  {"courseId": "$course"}
want  404  {"code": "not_found"}

as    -
call  CourseService/ExportCourse  {"courseId": "$course", "format": 1}
want  401  {"code": "unauthenticated"}
call  CourseService/GetExportStatus  {"exportId": "$export"}
want  401  {"code": "unauthenticated"}
call  CourseService/DownloadExport  {"exportId": "$export"}
want  401  {"code": "unauthenticated"}
call  CourseService/ListExports  {"courseId": "$course"}
want  401  {"code": "unauthenticated"}

# without paid access nothing is packed
sql   app  UPDATE companies SET subscription_status = 'none'
as    owner@acme
call  CourseService/ExportCourse  {"courseId": "$course", "format": 1}
want  403  {"code": "permission_denied"}
want-header  mirai-error-code: BILLING_SUBSCRIPTION_REQUIRED
