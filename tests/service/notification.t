# three notices to one person, one to a colleague, one to somebody elsewhere
sql   app INSERT INTO notifications (id, tenant_id, user_id, type, priority,
      title, message, course_id, action_url, created_at)
      SELECT ('a5000000-0000-4000-8000-00000000000' || n)::uuid,
      'a0000000-0000-4000-8000-000000000000',
      'a2000000-0000-4000-8000-000000000002', t::notification_type,
      p::notification_priority, 'Title ' || n, 'Text ' || n, NULL, u,
      '2026-03-01T10:00:00.25Z'::timestamptz + n * interval '1 minute'
      FROM (VALUES (1, 'task_assigned', 'normal', '/smes?sme=1&task=2'),
      (2, 'approval_requested', 'high', NULL),
      (3, 'submission_ready_for_review', 'low', NULL)) v (n, t, p, u)
sql   app INSERT INTO notifications (id, tenant_id, user_id, type, title,
      message) VALUES ('a5000000-0000-4000-8000-000000000009',
      'a0000000-0000-4000-8000-000000000000',
      'a2000000-0000-4000-8000-000000000003', 'outline_ready', 'Sam', 'x'),
      ('b5000000-0000-4000-8000-000000000001',
      'b0000000-0000-4000-8000-000000000000',
      'b2000000-0000-4000-8000-000000000001', 'outline_ready', 'Otto', 'x')

# a person's notices, newest first, nobody else's
as    instructor@acme
call  NotificationService/ListNotifications  {}
want  200  {"notifications": [
      {"id": "a5000000-0000-4000-8000-000000000003", "type": "NOTIFICATION_TYPE_APPROVAL_REQUESTED", "priority": "NOTIFICATION_PRIORITY_LOW"},
      {"id": "a5000000-0000-4000-8000-000000000002", "type": "NOTIFICATION_TYPE_APPROVAL_REQUESTED", "priority": "NOTIFICATION_PRIORITY_HIGH"},
      {"id": "a5000000-0000-4000-8000-000000000001", "tenantId": "a0000000-0000-4000-8000-000000000000",
       "userId": "a2000000-0000-4000-8000-000000000002", "type": "NOTIFICATION_TYPE_TASK_ASSIGNED",
       "priority": "NOTIFICATION_PRIORITY_NORMAL", "title": "Title 1", "message": "Text 1",
       "actionUrl": "/smes?sme=1&task=2", "courseId": "!", "jobId": "!", "taskId": "!", "smeId": "!",
       "read": "!", "emailSent": "!", "createdAt": "2026-03-01T10:01:00.250Z", "readAt": "!"}],
      "nextCursor": "!", "totalCount": 3}
call  NotificationService/GetUnreadCount  {}
want  200  {"count": 3, "lastEventId": "!"}
get   NotificationService/GetUnreadCount  {}
want  200  {"count": 3}

# one type on the wire may stand for two stored ones
call  NotificationService/ListNotifications  {"type": "NOTIFICATION_TYPE_APPROVAL_REQUESTED"}
want  200  {"notifications": [{"title": "Title 3"}, {"title": "Title 2"}], "totalCount": 2}
call  NotificationService/ListNotifications  {"type": "NOTIFICATION_TYPE_TASK_ASSIGNED"}
want  200  {"notifications": [{"title": "Title 1"}], "totalCount": 1}
call  NotificationService/ListNotifications  {"type": "NOTIFICATION_TYPE_CHANGES_REQUESTED"}
want  200  {"notifications": "!", "totalCount": "!"}
call  NotificationService/ListNotifications  {"type": 0}
want  200  {"totalCount": 3}
call  NotificationService/ListNotifications  {"type": 11}
want  400  {"code": "invalid_argument"}
want-header mirai-error-code: VALIDATION_INVALID_INPUT

# a page that is followed by another says where it goes on; the total stays
call  NotificationService/ListNotifications  {"limit": 2}
want  200  {"notifications": [{"title": "Title 3"}, {"title": "Title 2"}],
      "nextCursor": "2026-03-01T10:02:00.250Z|a5000000-0000-4000-8000-000000000002",
      "totalCount": 3}
call  NotificationService/ListNotifications  {"limit": 2, "cursor": "2026-03-01T10:02:00.250Z|a5000000-0000-4000-8000-000000000002"}
want  200  {"notifications": [{"title": "Title 1"}], "nextCursor": "!", "totalCount": 3}

# the last full page has no next one; an empty cursor begins at the beginning
call  NotificationService/ListNotifications  {"limit": 3, "cursor": ""}
want  200  {"notifications": [{"title": "Title 3"}, {}, {}], "nextCursor": "!"}

# a cursor in another offset and with finer digits is the same moment
call  NotificationService/ListNotifications  {"cursor": "2026-03-01T12:02:00.250000001+02:00|A5000000-0000-4000-8000-000000000002"}
want  200  {"notifications": [{"title": "Title 1"}]}

# a cursor that is none is refused
call  NotificationService/ListNotifications  {"cursor": "2026-03-01T10:02:00Z"}
want  400  {"code": "invalid_argument"}
call  NotificationService/ListNotifications  {"cursor": "yesterday|a5000000-0000-4000-8000-000000000002"}
want  400  {"code": "invalid_argument"}
call  NotificationService/ListNotifications  {"cursor": "2026-03-01T10:02:00Z|x"}
want  400  {"code": "invalid_argument"}
call  NotificationService/ListNotifications  {"cursor": "0000-01-01T00:00:00Z|a5000000-0000-4000-8000-000000000002"}
want  400  {"code": "invalid_argument"}
call  NotificationService/ListNotifications  {"cursor": "2026-03-01T10:02:00Z|a5000000-0000-4000-8000-000000000002|"}
want  400  {"code": "invalid_argument"}

# marking: a malformed id is skipped, and so is what is not the caller's
call  NotificationService/MarkAsRead  {"notificationIds": ["x",
      "A5000000-0000-4000-8000-000000000002",
      "a5000000-0000-4000-8000-000000000002",
      "a5000000-0000-4000-8000-000000000009",
      "b5000000-0000-4000-8000-000000000001",
      "a5000000-0000-4000-8000-0000000000ff"]}
want  200  {"markedCount": 1}
call  NotificationService/ListNotifications  {"unreadOnly": true}
want  200  {"notifications": [{"title": "Title 3"}, {"title": "Title 1"}], "totalCount": 2}
call  NotificationService/ListNotifications  {"limit": 2}
want  200  {"notifications": [{}, {"title": "Title 2", "read": true, "readAt": "*"}]}
call  NotificationService/GetUnreadCount  {}
want  200  {"count": 2, "lastEventId": "*"}

# only the row that changed was told of, to its person, as it is now
sql   app SELECT 1 / (count(*) = 1)::int FROM notification_events
sql   app SELECT 1 / (kind = 2
      AND user_id = 'a2000000-0000-4000-8000-000000000002'
      AND tenant_id = 'a0000000-0000-4000-8000-000000000000'
      AND notice ->> 'id' = 'a5000000-0000-4000-8000-000000000002'
      AND (notice ->> 'read')::boolean)::int FROM notification_events
sql   app SELECT 1 / (count(*) = 2)::int FROM notifications WHERE NOT read
      AND title IN ('Sam', 'Otto')

# marking again changes nothing and tells nobody
call  NotificationService/MarkAsRead  {"notificationIds": ["a5000000-0000-4000-8000-000000000002"]}
want  200  {"markedCount": "!"}
call  NotificationService/MarkAsRead  {}
want  200  {"markedCount": "!"}
sql   app SELECT 1 / (count(*) = 1)::int FROM notification_events

# at most 500 ids
repeat 500 \x0a\x01x
proto NotificationService/MarkAsRead
want  200  {}
repeat 501 \x0a\x01x
proto NotificationService/MarkAsRead
want  400  {"code": "invalid_argument"}

# deleting: unknown, somebody else's and another tenant's are the same
call  NotificationService/DeleteNotification  {"notificationId": "a5000000-0000-4000-8000-0000000000ff"}
want  404  {"code": "not_found", "message": "notification not found"}
want-header mirai-error-code: NOTIFICATION_NOT_FOUND
call  NotificationService/DeleteNotification  {"notificationId": "a5000000-0000-4000-8000-000000000009"}
want  404  {"code": "not_found", "message": "notification not found"}
call  NotificationService/DeleteNotification  {"notificationId": "b5000000-0000-4000-8000-000000000001"}
want  404  {"code": "not_found", "message": "notification not found"}
call  NotificationService/DeleteNotification  {"notificationId": "x"}
want  400  {"code": "invalid_argument"}
call  NotificationService/DeleteNotification  {}
want  400  {"code": "invalid_argument"}
want-header mirai-error-code: VALIDATION_MISSING_REQUIRED
sql   app SELECT 1 / (count(*) = 2)::int FROM notifications
      WHERE title IN ('Sam', 'Otto')
sql   app SELECT 1 / (count(*) = 1)::int FROM notification_events

# one's own goes, and the streams are told what it was
call  NotificationService/DeleteNotification  {"notificationId": "a5000000-0000-4000-8000-000000000001"}
want  200  {}
call  NotificationService/DeleteNotification  {"notificationId": "a5000000-0000-4000-8000-000000000001"}
want  404  {"code": "not_found"}
sql   app SELECT 1 / (count(*) = 1)::int FROM notification_events
      WHERE kind = 3 AND notice ->> 'title' = 'Title 1'

# 130 more, all marked at once: the newest 100 are told of, oldest first
sql   app INSERT INTO notifications (id, tenant_id, user_id, type, title,
      message, created_at)
      SELECT ('a6000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
      'a0000000-0000-4000-8000-000000000000',
      'a2000000-0000-4000-8000-000000000002', 'task_due_soon', 'N' || n, 'x',
      '2026-04-01T00:00:00Z'::timestamptz + n * interval '1 second'
      FROM generate_series(1, 130) n
call  NotificationService/MarkAllAsRead  {}
want  200  {"markedCount": 131}
sql   app SELECT 1 / (count(*) = 100 AND min(notice ->> 'title') = 'N100'
      AND bool_and((notice ->> 'created_at')::timestamptz
      > '2026-04-01T00:00:30Z'))::int FROM notification_events
      WHERE notice ->> 'title' LIKE 'N%'
sql   app SELECT 1 / bool_and(rising)::int FROM (SELECT notice ->> 'created_at'
      >= lag(notice ->> 'created_at', 1, '') OVER (ORDER BY id) AS rising
      FROM notification_events WHERE notice ->> 'title' LIKE 'N%') e
call  NotificationService/GetUnreadCount  {}
want  200  {"count": "!"}
call  NotificationService/MarkAllAsRead  {}
want  200  {"markedCount": "!"}

# pages hold 50 unless asked, and never more than 100
sql   app SELECT 1 / (count(*) = 132)::int FROM notifications
      WHERE user_id = 'a2000000-0000-4000-8000-000000000002'
call  NotificationService/ListNotifications  {"limit": -1}
want  200  {"nextCursor": "2026-04-01T00:01:21Z|a6000000-0000-4000-8000-000000000081", "totalCount": 132}
call  NotificationService/ListNotifications  {"limit": 500}
want  200  {"nextCursor": "2026-04-01T00:00:31Z|a6000000-0000-4000-8000-000000000031", "totalCount": 132}

# the colleague and the other tenant still have theirs, unread
as    sme@acme
call  NotificationService/ListNotifications  {}
want  200  {"notifications": [{"title": "Sam", "read": "!"}], "totalCount": 1}
as    owner@other
call  NotificationService/GetUnreadCount  {}
want  200  {"count": 1}
call  NotificationService/MarkAllAsRead  {}
want  200  {"markedCount": 1}

# a user without company has notices like anybody
as    lonely@acme
call  NotificationService/ListNotifications  {}
want  200  {"notifications": "!", "totalCount": "!"}
