# two sources, one of them closed to most, and what they know
as    sme@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$sme"}}
as    owner@acme
call  UserService/GetMe  {}
want  200  {"user": {"id": "$owner"}}
call  TeamService/CreateTeam  {"name": "Core"}
want  200  {"team": {"id": "$core"}}
call  SMEService/CreateSME  {"name": "Rail", "domain": "Trains"}
want  200  {"sme": {"id": "$rail"}}
call  SMEService/CreateSME
      {"name": "Closed", "domain": "D", "scope": "SME_SCOPE_TEAM",
      "teamIds": ["$core"]}
want  200  {"sme": {"id": "$closed"}}
sql   app INSERT INTO sme_knowledge_chunks (id, tenant_id, sme_id, topic,
      content, keywords, relevance_score, lang) SELECT id::uuid,
      'a0000000-0000-4000-8000-000000000000', sme::uuid, topic, content,
      keywords::text[], score, lang FROM (VALUES
      ('10000000-0000-4000-8000-000000000001', '$rail', 'Fire drills',
      'The alarm is running whenever doors are closing.', '{Evacuation Plan,C++}', 0.9, 'en'),
      ('10000000-0000-4000-8000-000000000002', '$rail', 'Brandschutz',
      'Die Häuser werden von Feuerwehren geschützt. Closing remarks.', '{Übung}', 0.7, 'de'),
      ('10000000-0000-4000-8000-000000000003', '$rail', 'Brakes',
      'Blocks are 100% iron, a_b, and the fire alarm does not run.', '{}', 0.5, 'en'),
      ('10000000-0000-4000-8000-000000000004', '$closed', 'Secret fire',
      'An alarm nobody hears.', '{}', 1.0, 'en'),
      ('10000000-0000-4000-8000-000000000005', '$rail', '消防',
      '火災警報が鳴ったら避難します。', '{}', 0.3, 'ja'))
      AS v (id, sme, topic, content, keywords, score, lang)

# a source and what it knows, best first
call  SMEService/GetKnowledge  {"smeId": "$rail"}
want  200  {"sme": {"id": "$rail", "chunkCount": 4}, "chunks": [
      {"id": "10000000-0000-4000-8000-000000000001", "smeId": "$rail",
      "topic": "Fire drills", "keywords": ["Evacuation Plan", "C++"],
      "submissionId": "!", "createdAt": "*"},
      {"id": "10000000-0000-4000-8000-000000000002"},
      {"id": "10000000-0000-4000-8000-000000000003"},
      {"id": "10000000-0000-4000-8000-000000000005"}]}
call  SMEService/GetKnowledge  {"smeId": "x"}
want  400  {"code": "invalid_argument"}

# in pages, each of which leads to the next; or one piece alone
call  SMEService/GetKnowledge  {"smeId": "$rail", "limit": 3}
want  200  {"sme": {"chunkCount": 4}, "chunks": [
      {"id": "10000000-0000-4000-8000-000000000001"},
      {"id": "10000000-0000-4000-8000-000000000002"},
      {"id": "10000000-0000-4000-8000-000000000003"}],
      "nextCursor": "$after3"}
call  SMEService/GetKnowledge
      {"smeId": "$rail", "limit": 3, "cursor": "$after3"}
want  200  {"sme": {"id": "$rail"}, "nextCursor": "!", "chunks": [
      {"id": "10000000-0000-4000-8000-000000000005"}]}
call  SMEService/GetKnowledge  {"smeId": "$rail", "limit": 4}
want  200  {"nextCursor": "!", "chunks": [{}, {}, {}, {}]}
call  SMEService/GetKnowledge
      {"smeId": "$rail", "chunkId": "10000000-0000-4000-8000-000000000002"}
want  200  {"sme": {"id": "$rail"}, "nextCursor": "!", "chunks": [
      {"id": "10000000-0000-4000-8000-000000000002"}]}
call  SMEService/GetKnowledge
      {"smeId": "$rail", "chunkId": "10000000-0000-4000-8000-000000000004"}
want  404  {"code": "not_found"}
call  SMEService/GetKnowledge  {"smeId": "$rail", "chunkId": "x"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetKnowledge  {"smeId": "$rail", "cursor": "x"}
want  400  {"code": "invalid_argument"}
call  SMEService/GetKnowledge  {"smeId": "$rail", "cursor":
      "1065353217|2026-01-01T00:00:00Z|10000000-0000-4000-8000-000000000002"}
want  400  {"code": "invalid_argument"}

# words by their stems, in the language of the chunk; a topic counts most
as    sme@acme
call  SMEService/SearchKnowledge  {"query": "fires"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"},
      {"id": "10000000-0000-4000-8000-000000000003"}]}
call  SMEService/SearchKnowledge  {"query": "ran closes "}
want  200  {"chunks": "!"}
call  SMEService/SearchKnowledge  {"query": "runs closed "}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"}]}
call  SMEService/SearchKnowledge  {"query": "Haus"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000002"}]}
call  SMEService/SearchKnowledge  {"query": "FEUERWEHR"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000002"}]}

# what begins so: the word that is still typed, and word*
call  SMEService/SearchKnowledge  {"query": "evac"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"}]}
call  SMEService/SearchKnowledge  {"query": "evac doors"}
want  200  {"chunks": "!"}
call  SMEService/SearchKnowledge  {"query": "evac* doors"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"}]}

# a phrase as it stands
call  SMEService/SearchKnowledge  {"query": "fire alarm"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"},
      {"id": "10000000-0000-4000-8000-000000000003"}]}
call  SMEService/SearchKnowledge  {"query": "\"fire alarm\""}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000003"}]}
call  SMEService/SearchKnowledge  {"query": "\"alarm fire\""}
want  200  {"chunks": "!"}
call  SMEService/SearchKnowledge  {"query": "\"fire alarm"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000003"}]}

# a keyword as a whole; % and _ mean themselves; parts of words at last
call  SMEService/SearchKnowledge  {"query": "c++"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"}]}
call  SMEService/SearchKnowledge  {"query": "%"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000003"}]}
call  SMEService/SearchKnowledge  {"query": "_"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000003"}]}
call  SMEService/SearchKnowledge  {"query": "%alarm%"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"},
      {"id": "10000000-0000-4000-8000-000000000003"}]}
call  SMEService/SearchKnowledge  {"query": "lar"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"},
      {"id": "10000000-0000-4000-8000-000000000003"}]}
call  SMEService/SearchKnowledge  {"query": "警報"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000005"}]}

# quotes, backslashes and operators of the database are text
call  SMEService/SearchKnowledge  {"query": "' OR 1=1; -- \\ :* & | ! <-> ("}
want  200  {"chunks": "!"}
call  SMEService/SearchKnowledge  {"query": "\\'"}
want  200  {"chunks": "!"}
call  SMEService/SearchKnowledge  {"query": "\"\""}
want  200  {"chunks": "!"}

# limits and fields
call  SMEService/SearchKnowledge  {"query": "fire", "limit": 1}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"}]}
call  SMEService/SearchKnowledge  {"query": "fire", "limit": 5000}
want  200  {"chunks": [{}, {}]}
call  SMEService/SearchKnowledge  {"query": ""}
want  400  {"code": "invalid_argument"}
call  SMEService/SearchKnowledge  {"query": "x", "smeIds": ["x"]}
want  400  {"code": "invalid_argument"}
body  {"query": "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeaaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeaaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeaaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeex"}
call  SMEService/SearchKnowledge  {}
want  400  {"code": "invalid_argument"}

# only what the caller may see, whatever is asked for
call  SMEService/SearchKnowledge  {"query": "secret"}
want  200  {"chunks": "!"}
call  SMEService/SearchKnowledge  {"query": "alarm", "smeIds": ["$closed"]}
want  200  {"chunks": "!"}
call  SMEService/GetKnowledge  {"smeId": "$closed"}
want  403  {"code": "permission_denied"}
as    owner@acme
call  SMEService/SearchKnowledge  {"query": "alarm", "smeIds": ["$closed"]}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000004"}]}
as    owner@other
call  SMEService/SearchKnowledge  {"query": "alarm"}
want  200  {"chunks": "!"}
call  SMEService/SearchKnowledge  {"query": "alarm", "smeIds": ["$rail"]}
want  200  {"chunks": "!"}
call  SMEService/GetKnowledge  {"smeId": "$rail"}
want  404  {"code": "not_found"}

# an editor corrects a chunk; what is not given stays
as    instructor@acme
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001",
      "content": "Ring the bell.\nLeave."}
want  200  {"chunk": {"content": "Ring the bell.\nLeave.",
      "topic": "Fire drills", "keywords": ["Evacuation Plan", "C++"]}}
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001",
      "content": "Ring the bell.", "topic": "Bells",
      "keywords": ["bell", "bell", "exit"]}
want  200  {"chunk": {"topic": "Bells", "keywords": ["bell", "exit"]}}
call  SMEService/GetSME  {"smeId": "$rail"}
want  200  {"sme": {"knowledgeSummary": "4 knowledge chunks\n\n1. Bells: Ring the bell.\n2. Brandschutz: Die Häuser werden von Feuerwehren geschützt. Closing remarks.\n3. Brakes: Blocks are 100% iron, a_b, and the fire alarm does not run.\n4. 消防: 火災警報が鳴ったら避難します。"}}

# a long one is cut behind its last whole word, a word without end where it is
sql   app UPDATE sme_knowledge_chunks SET content = 'Die Züge '
      || repeat('fährt ', 31) || 'aus ' || repeat('weiter ', 30)
      WHERE id = '10000000-0000-4000-8000-000000000002'
sql   app UPDATE sme_knowledge_chunks SET content = repeat('ohne', 80)
      WHERE id = '10000000-0000-4000-8000-000000000003'
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001",
      "content": "Ring the bell."}
want  200
sql   app SELECT 1 / (knowledge_summary = E'4 knowledge chunks\n\n1. Bells: Ring the bell.\n2. Brandschutz: Die Züge ' || repeat('fährt ', 31) || E'aus …\n3. Brakes: ' || repeat('ohne', 50) || E' …\n4. 消防: 火災警報が鳴ったら避難します。')::int
      FROM subject_matter_experts WHERE id = '$rail'
sql   app UPDATE sme_knowledge_chunks SET content =
      'Die Häuser werden von Feuerwehren geschützt.'
      WHERE id = '10000000-0000-4000-8000-000000000002'
call  SMEService/SearchKnowledge  {"query": "bells"}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000001"}]}
call  SMEService/SearchKnowledge  {"query": "drills"}
want  200  {"chunks": "!"}
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001", "content": " "}
want  400  {"code": "invalid_argument"}
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001", "content": "x",
      "topic": "a\nb"}
want  400  {"code": "invalid_argument"}
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001", "content": "x",
      "keywords": [""]}
want  400  {"code": "invalid_argument"}
call  SMEService/UpdateKnowledgeChunk  {"chunkId": "x", "content": "x"}
want  400  {"code": "invalid_argument"}
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000004", "content": "x"}
want  403  {"code": "permission_denied"}
call  SMEService/DeleteKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000004"}
want  403  {"code": "permission_denied"}

# reviewers do not, nor another tenant
as    sme@acme
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001", "content": "x"}
want  403  {"code": "permission_denied"}
call  SMEService/DeleteKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001"}
want  403  {"code": "permission_denied"}
as    owner@other
call  SMEService/UpdateKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001", "content": "x"}
want  404  {"code": "not_found"}
call  SMEService/DeleteKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001"}
want  404  {"code": "not_found"}

# the last chunk of a source takes it back to a draft
as    owner@acme
sql   app UPDATE subject_matter_experts SET status = 'active'
call  SMEService/DeleteKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000004"}
want  200  {}
call  SMEService/GetSME  {"smeId": "$closed"}
want  200  {"sme": {"status": "SME_STATUS_DRAFT", "knowledgeSummary": "!",
      "chunkCount": "!"}}
call  SMEService/DeleteKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000004"}
want  404  {"code": "not_found"}
call  SMEService/DeleteKnowledgeChunk
      {"chunkId": "10000000-0000-4000-8000-000000000001"}
want  200  {}
call  SMEService/GetSME  {"smeId": "$rail"}
want  200  {"sme": {"status": "SME_STATUS_ACTIVE", "chunkCount": 3}}
call  SMEService/DeleteKnowledgeChunk  {"chunkId": ""}
want  400  {"code": "invalid_argument"}

# an archived source is searched only when it is named
sql   app UPDATE subject_matter_experts SET status = 'archived'
call  SMEService/SearchKnowledge  {"query": "Feuerwehr"}
want  200  {"chunks": "!"}
call  SMEService/SearchKnowledge  {"query": "Feuerwehr", "smeIds": ["$rail"]}
want  200  {"chunks": [{"id": "10000000-0000-4000-8000-000000000002"}]}

# long chunks end an answer early: the best are there
call  SMEService/CreateSME  {"name": "Bulk", "domain": "D"}
want  200  {"sme": {"id": "$bulk"}}
sql   app INSERT INTO sme_knowledge_chunks (id, tenant_id, sme_id, topic,
      content, relevance_score, lang)
      SELECT ('20000000-0000-4000-8000-00000000000' || i)::uuid,
      'a0000000-0000-4000-8000-000000000000', '$bulk', 'Heap',
      repeat('gravel; ', 750000), i * 0.1, 'en' FROM generate_series(1, 4) i
call  SMEService/GetKnowledge  {"smeId": "$bulk"}
want  200  {"chunks": [{"id": "20000000-0000-4000-8000-000000000004"},
      {"id": "20000000-0000-4000-8000-000000000003"}],
      "nextCursor": "$after2"}
call  SMEService/GetKnowledge  {"smeId": "$bulk", "cursor": "$after2"}
want  200  {"chunks": [{"id": "20000000-0000-4000-8000-000000000002"},
      {"id": "20000000-0000-4000-8000-000000000001"}], "nextCursor": "!"}
call  SMEService/SearchKnowledge  {"query": "gravel", "smeIds": ["$bulk"]}
want  200  {"chunks": [{"id": "20000000-0000-4000-8000-000000000004"},
      {"id": "20000000-0000-4000-8000-000000000003"}]}
call  SMEService/SearchKnowledge  {"query": "vel; gra", "smeIds": ["$bulk"]}
want  200  {"chunks": [{"id": "20000000-0000-4000-8000-000000000004"},
      {"id": "20000000-0000-4000-8000-000000000003"}]}

# words of any length are stored, and what stands beside them is found
sql   app INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, topic,
      content, relevance_score, lang)
      SELECT 'a0000000-0000-4000-8000-000000000000', '$bulk', 'Long',
      repeat('y', i) || ' pebble', 0.9, 'en' FROM generate_series(2030, 2050) i
sql   app SELECT 1 / (count(*) = 21)::int FROM sme_knowledge_chunks
      WHERE sme_chunk_keys(tenant_id, words) @@ 'a0000000pebbl'

# all of what is more than an answer holds, also where score and time are alike
call  SMEService/CreateSME  {"name": "Many", "domain": "D"}
want  200  {"sme": {"id": "$many"}}
sql   app INSERT INTO sme_knowledge_chunks (id, tenant_id, sme_id, topic,
      content, relevance_score, lang)
      SELECT ('30000000-0000-4000-8000-00000000' || to_char(i, 'FM0000'))::uuid,
      'a0000000-0000-4000-8000-000000000000', '$many', 'One of many', 'x', 0.7,
      'en' FROM generate_series(1, 2002) i
call  SMEService/GetKnowledge  {"smeId": "$many"}
want  200  {"sme": {"chunkCount": 2002}, "nextCursor": "$rest"}
call  SMEService/GetKnowledge  {"smeId": "$many", "cursor": "$rest"}
want  200  {"nextCursor": "!", "chunks": [
      {"id": "30000000-0000-4000-8000-000000002001"},
      {"id": "30000000-0000-4000-8000-000000002002"}]}
call  SMEService/GetKnowledge  {"smeId": "$many", "limit": 9999}
want  200  {"nextCursor": "$rest"}
