# mirai-web: the page of an expert, as it is written: all of its knowledge, in
# pages, each of which leads to the next

# an expert with more pieces than a page has
as    owner@acme
call  SMEService/CreateSME  {"name": "Rail", "domain": "Trains"}
want  200  {"sme": {"id": "$rail"}}
sql   app INSERT INTO sme_knowledge_chunks (id, tenant_id, sme_id, topic,
      content, relevance_score, lang)
      SELECT ('30000000-0000-4000-8000-00000000' || to_char(i, 'FM0000'))::uuid,
      'a0000000-0000-4000-8000-000000000000', '$rail',
      'Signal ' || to_char(i, 'FM0000'), 'Stop and wait.', 0.7, 'en'
      FROM generate_series(1, 2051) i

# the best ones are first, and lead to the next
program web
cookie owner@acme
http  GET /smes?sme=$rail
want  200
want-has   1 to 50 of 2051 pieces, best first
want-has   >Signal 0001<
want-has   >Signal 0050<
want-lacks >Signal 0051<
want-has   >More pieces</a>
want-has   &amp;shown=50#knowledge"
want-lacks Back to the best

# five stand open, the others are folded below what they are about
want-order >Signal_0005< <details <summary> >6_to_20< >Signal_0006,_Signal_0007,_Signal_0008,_…< >Signal_0006< </details> <details >21_to_35< >36_to_50< >Signal_0050< </details>
want-lacks >51 to

# which begins where they ended, also behind what one answer once held
program api
call  SMEService/GetKnowledge  {"smeId": "$rail", "limit": 50}
want  200  {"nextCursor": "$second"}
call  SMEService/GetKnowledge  {"smeId": "$rail", "limit": 2000}
want  200  {"nextCursor": "$last"}
program web
http  GET /smes?sme=$rail&after=$second&shown=50
want  200
want-has   51 to 100 of 2051 pieces, best first
want-has   >56 to 70<
want-lacks >Signal 0050<
want-has   >Signal 0051<
want-has   >Signal 0100<
want-has   Back to the best
http  GET /smes?sme=$rail&after=$last&shown=2000
want  200
want-has   2001 to 2050 of 2051 pieces, best first
want-has   >More pieces</a>

# an address that names no page leads to the first
http  GET /smes?sme=$rail&after=x&shown=50
want  200
want-has   1 to 50 of 2051 pieces, best first
http  GET /smes?sme=$rail&shown=7
want  200
want-has   1 to 50 of 2051 pieces, best first

# a search shows the best of what it finds
http  GET /smes?sme=$rail&kq=wait
want  200
want-has   The best 50 pieces found
want-lacks >More pieces</a>
http  GET /smes?sme=$rail&kq=submarine
want  200
want-has   0 pieces found

# any piece is corrected and deleted, wherever it stands
http  GET /smes/$rail/chunks/30000000-0000-4000-8000-000000002051/edit
want  200
want-has   value="Signal 2051"
http  GET /smes/$rail/chunks/30000000-0000-4000-8000-000000002051/delete
want  200
http  GET /smes/$rail/chunks/30000000-0000-4000-8000-000000009999/edit
want  404
http  GET /smes/$rail/chunks/x/edit
want  404

# experts and audiences have one order of names: letters of any language fold,
# and what differs in case alone stands together
program api
as    owner@other
call  SMEService/CreateSME  {"name": "ärzte", "domain": "D"}
want  200
call  SMEService/CreateSME  {"name": "Öl", "domain": "D"}
want  200
call  SMEService/CreateSME  {"name": "Zug", "domain": "D"}
want  200
call  SMEService/CreateSME  {"name": "abend", "domain": "D"}
want  200
call  SMEService/CreateSME  {"name": "Äste", "domain": "D"}
want  200
call  TargetAudienceService/CreateTemplate  {"name": "ärzte", "role": "R", "learningGoals": ["G"]}
want  200
call  TargetAudienceService/CreateTemplate  {"name": "Öl", "role": "R", "learningGoals": ["G"]}
want  200
call  TargetAudienceService/CreateTemplate  {"name": "Zug", "role": "R", "learningGoals": ["G"]}
want  200
call  TargetAudienceService/CreateTemplate  {"name": "abend", "role": "R", "learningGoals": ["G"]}
want  200
call  TargetAudienceService/CreateTemplate  {"name": "Äste", "role": "R", "learningGoals": ["G"]}
want  200
program web
cookie owner@other
http  GET /smes?sort=name&dir=asc
want  200
want-order abend</a> Zug</a> ärzte</a> Äste</a> Öl</a>
http  GET /smes?sort=name&dir=desc
want  200
want-order Öl</a> Äste</a> ärzte</a> Zug</a> abend</a>
http  GET /target-audiences?sort=name&dir=asc
want  200
want-order abend</a> Zug</a> ärzte</a> Äste</a> Öl</a>
http  GET /target-audiences?sort=name&dir=desc
want  200
want-order Öl</a> Äste</a> ärzte</a> Zug</a> abend</a>

# of many tasks, those that are over are folded; of few, none is
program api
as    owner@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$owner"}}
call  SMEService/CreateSME  {"name": "Few", "domain": "D"}
want  200  {"sme": {"id": "$few"}}
sql   app INSERT INTO sme_tasks (id, tenant_id, sme_id, title,
      assigned_to_user_id, assigned_by_user_id, status, created_at)
      SELECT ('40000000-0000-4000-8000-00000000000' || i)::uuid, tenant_id, id,
      'Task ' || i, '$owner', '$owner', CASE WHEN i % 2 = 0 THEN 'pending'
      ELSE 'completed' END::sme_task_status,
      '2026-01-01'::timestamptz + i * interval '1 s'
      FROM subject_matter_experts, generate_series(1, 5) i WHERE id = '$few'
program web
cookie owner@acme
http  GET /smes?sme=$few
want  200
want-lacks <details class="fold"
want-order >Task_4< >Task_2< >Task_5< >Task_3< >Task_1<
sql   app UPDATE sme_tasks SET status = 'cancelled'
      WHERE id = '40000000-0000-4000-8000-000000000002'
sql   app INSERT INTO sme_tasks (id, tenant_id, sme_id, title,
      assigned_to_user_id, assigned_by_user_id, created_at) SELECT
      '40000000-0000-4000-8000-000000000006', tenant_id, id, 'Task 6',
      '$owner', '$owner', '2026-01-02' FROM subject_matter_experts WHERE id = '$few'
http  GET /smes?sme=$few
want  200
want-order >Task_6< >Task_4< class="fold" >Completed_and_cancelled< >4_tasks< >Task_5< >Task_3< >Task_2< >Task_1< </details>
want-lacks <details class="fold" open
http  GET /smes?sme=$few&task=40000000-0000-4000-8000-000000000003
want  200
want-has   <details class="fold" open

# what an expert is good for, and what is read of a file, is said in words
sql   app UPDATE subject_matter_experts SET status = 'active',
      knowledge_summary = 'Doors.' WHERE id = '$few'
http  GET /smes
want  200
want-has   Its knowledge is ready to make courses from.
want-lacks Context Package
http  GET /smes/$few/tasks/40000000-0000-4000-8000-000000000006/submit
want  200
want-has   its text is read, not the pictures in it
