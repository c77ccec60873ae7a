conf  encryption.keys 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff

# before anything is chosen: defaults, and who would write without a key
as    owner@acme
call  TenantSettingsService/GetAISettings {}
want  200  {"settings": {"tenantId": "*", "provider": "AI_PROVIDER_GEMINI", "apiKeyConfigured": "!", "totalTokensUsed": "!",
      "monthlyTokenLimit": "!", "updatedAt": "!", "updatedByUserId": "!", "model": "!", "baseUrl": "!",
      "effectiveProvider": "AI_PROVIDER_EXTRACTIVE", "keysAccepted": true}}
call  TenantSettingsService/GetUsageStats {}
want  200  {"totalTokensUsed": "!", "tokensThisMonth": "!", "monthlyLimit": "!", "usageByType": "!", "usageByDay": "!"}

# only administrators, those of old among them
as    instructor@acme
every 403 AUTH_FORBIDDEN TenantSettingsService
as    sme@acme
every 403 AUTH_FORBIDDEN TenantSettingsService
as    elder@acme
call  TenantSettingsService/GetAISettings {}
want  200

# a key comes in, trimmed, and does not come out; nothing said is gemini
as    owner@acme
call  TenantSettingsService/SetAPIKey {"apiKey": "  secret-key-of-acme-0001 \n"}
want  200  {"settings": {"provider": "AI_PROVIDER_GEMINI", "apiKeyConfigured": true, "effectiveProvider": "AI_PROVIDER_GEMINI",
      "updatedAt": "*", "updatedByUserId": "a2000000-0000-4000-8000-000000000001", "apiKey": "!"}}
call  TenantSettingsService/GetAISettings {}
want  200  {"settings": {"apiKeyConfigured": true, "effectiveProvider": "AI_PROVIDER_GEMINI", "apiKey": "!"}}
sql   app SELECT 1 / (position('secret-key'::bytea IN encrypted_api_key) = 0 AND length(encrypted_api_key) = 23 + 29)::int FROM tenant_ai_settings WHERE tenant_id::text LIKE 'a%'
sql   app SELECT 1 / (count(*) = 1)::int FROM audit_log WHERE action = 'ai.key.set' AND NOT audit_log::text LIKE '%secret-key%'

# another tenant sees nothing of it
as    owner@other
call  TenantSettingsService/GetAISettings {}
want  200  {"settings": {"tenantId": "b0000000-0000-4000-8000-000000000000", "apiKeyConfigured": "!", "effectiveProvider": "AI_PROVIDER_EXTRACTIVE"}}
call  TenantSettingsService/RemoveAPIKey {}
want  200  {"settings": {"apiKeyConfigured": "!", "updatedAt": "!"}}
as    owner@acme
call  TenantSettingsService/GetAISettings {}
want  200  {"settings": {"apiKeyConfigured": true}}

# keys that are none
call  TenantSettingsService/SetAPIKey {}
want  400  {"code": "invalid_argument", "message": "api_key must not be empty"}
want-header Mirai-Error-Code: VALIDATION_MISSING_REQUIRED
call  TenantSettingsService/SetAPIKey {"apiKey": "short"}
want  400  {"message": "api_key must have 20 to 512 characters"}
call  TenantSettingsService/SetAPIKey {"apiKey": "secret key of acme with spaces"}
want  400  {"message": "api_key must have no spaces and no special characters"}
call  TenantSettingsService/SetAPIKey {"apiKey": "secret-key-of-acme\r\nX-Injected: 1"}
want  400  {"message": "api_key must have no spaces and no special characters"}
call  TenantSettingsService/SetAPIKey {"apiKey": "secret-key-of-acmé-00000"}
want  400  {"message": "api_key must have no spaces and no special characters"}
call  TenantSettingsService/SetAPIKey {"provider": "AI_PROVIDER_EXTRACTIVE", "apiKey": "secret-key-of-acme-0001"}
want  400  {"message": "provider must be one that has keys"}
call  TenantSettingsService/SetAPIKey {"provider": 9, "apiKey": "secret-key-of-acme-0001"}
want  400  {"message": "provider is unknown"}

# addresses that may not be one's own
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI", "baseUrl": "http://ai.example"}
want  400  {"message": "base_url must begin with https://"}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI", "baseUrl": "file:///etc/passwd"}
want  400  {"message": "base_url must begin with https://"}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI", "baseUrl": "https://me:secret@ai.example"}
want  400  {"message": "base_url must have no user, query or fragment"}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI", "baseUrl": "https://ai.example/?x=1"}
want  400  {"message": "base_url must have no user, query or fragment"}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI", "baseUrl": "https:///v1"}
want  400  {"message": "base_url must name a host"}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI", "baseUrl": "https://ai.example/a b"}
want  400  {"message": "base_url must have no spaces and no special characters"}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_EXTRACTIVE", "baseUrl": "https://ai.example"}
want  400  {"message": "base_url must be empty for extractive"}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_EXTRACTIVE", "model": "m"}
want  400  {"message": "model must be empty for extractive"}
call  TenantSettingsService/UpdateAISettings {"model": "a\nb"}
want  400  {"message": "model must not contain line breaks or control characters"}

# a key stays with the provider it is for, and with its address
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_GEMINI", "model": "gemini-x"}
want  200  {"settings": {"model": "gemini-x", "apiKeyConfigured": true, "effectiveProvider": "AI_PROVIDER_GEMINI"}}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_GEMINI"}
want  200  {"settings": {"model": "gemini-x", "apiKeyConfigured": true}}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI"}
want  200  {"settings": {"provider": "AI_PROVIDER_OPENAI", "model": "!", "apiKeyConfigured": "!", "effectiveProvider": "AI_PROVIDER_EXTRACTIVE"}}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_GEMINI", "baseUrl": "https://elsewhere.example"}
want  200  {"settings": {"baseUrl": "https://elsewhere.example", "apiKeyConfigured": "!", "effectiveProvider": "AI_PROVIDER_EXTRACTIVE"}}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_GEMINI", "baseUrl": ""}
want  200  {"settings": {"baseUrl": "!", "apiKeyConfigured": true, "effectiveProvider": "AI_PROVIDER_GEMINI"}}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_EXTRACTIVE"}
want  200  {"settings": {"provider": "AI_PROVIDER_EXTRACTIVE", "apiKeyConfigured": "!", "effectiveProvider": "AI_PROVIDER_EXTRACTIVE"}}

# a server of one's own that asks for no key; its slash is dropped
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI", "model": "llama3", "baseUrl": "https://ai.example/v1/"}
want  200  {"settings": {"provider": "AI_PROVIDER_OPENAI", "model": "llama3", "baseUrl": "https://ai.example/v1", "effectiveProvider": "AI_PROVIDER_OPENAI"}}

# removing: the counts stay, twice is once
call  TenantSettingsService/SetAPIKey {"provider": "AI_PROVIDER_OPENAI", "apiKey": "secret-key-of-acme-0002", "baseUrl": ""}
want  200  {"settings": {"provider": "AI_PROVIDER_OPENAI", "model": "llama3", "baseUrl": "!", "apiKeyConfigured": true}}
sql   app UPDATE tenant_ai_settings SET total_tokens_used = 4200 WHERE tenant_id::text LIKE 'a%'
call  TenantSettingsService/RemoveAPIKey {}
want  200  {"settings": {"apiKeyConfigured": "!", "totalTokensUsed": "4200", "updatedAt": "$removed"}}
call  TenantSettingsService/RemoveAPIKey {}
want  200  {"settings": {"updatedAt": "$removed"}}
sql   app SELECT 1 / (count(*) = 1)::int FROM audit_log WHERE action = 'ai.key.remove'

# trying: without any key, and a provider that needs none
call  TenantSettingsService/TestAPIKey {"provider": "AI_PROVIDER_GEMINI"}
want  200  {"valid": "!", "errorMessage": "No key for the AI provider is configured."}
call  TenantSettingsService/TestAPIKey {"provider": "AI_PROVIDER_EXTRACTIVE"}
want  200  {"valid": true, "errorMessage": "!"}
call  TenantSettingsService/TestAPIKey {"apiKey": "short"}
want  400  {"message": "api_key must have 20 to 512 characters"}

# use: by type and day, of the month or of a range; a test is use as well
sql   app INSERT INTO ai_usage VALUES ('a0000000-0000-4000-8000-000000000000', (now() AT TIME ZONE 'UTC')::date, 'lesson_content', 900, 3), ('a0000000-0000-4000-8000-000000000000', (now() AT TIME ZONE 'UTC')::date, 'enhance', 100, 2), ('a0000000-0000-4000-8000-000000000000', '2020-02-28', 'course_outline', 50, 1), ('a0000000-0000-4000-8000-000000000000', '2020-02-29', 'course_outline', 70, 1), ('a0000000-0000-4000-8000-000000000000', '2020-03-01', 'course_outline', 90, 1), ('b0000000-0000-4000-8000-000000000000', '2020-02-29', 'course_outline', 1, 1)
sql   app UPDATE tenant_ai_settings SET monthly_token_limit = 5000 WHERE tenant_id::text LIKE 'a%'
call  TenantSettingsService/GetUsageStats {}
want  200  {"totalTokensUsed": "4200", "tokensThisMonth": "1000", "monthlyLimit": "5000",
      "usageByType": [{"jobType": "lesson_content", "tokensUsed": "900", "jobCount": 3}, {"jobType": "enhance", "tokensUsed": "100", "jobCount": 2}],
      "usageByDay": [{"day": "*", "tokensUsed": "1000", "jobCount": 5}]}
call  TenantSettingsService/GetUsageStats {"fromDate": "2020-02-28T12:00:00Z", "toDate": "2020-02-29T00:00:00Z"}
want  200  {"tokensThisMonth": "1000", "usageByType": [{"jobType": "course_outline", "tokensUsed": "120", "jobCount": 2}],
      "usageByDay": [{"day": "2020-02-28", "tokensUsed": "50"}, {"day": "2020-02-29", "tokensUsed": "70"}]}
call  TenantSettingsService/GetUsageStats {"fromDate": "2020-03-02T00:00:00Z", "toDate": "2020-03-01T00:00:00Z"}
want  400  {"message": "from_date must not be after to_date"}

# a limit of nothing is a limit
sql   app UPDATE tenant_ai_settings SET monthly_token_limit = 0 WHERE tenant_id::text LIKE 'a%'
call  TenantSettingsService/GetUsageStats {}
want  200  {"monthlyLimit": "0"}

# ten tries a minute
times 7 TenantSettingsService/TestAPIKey {"provider": "AI_PROVIDER_EXTRACTIVE"}
want  200
call  TenantSettingsService/TestAPIKey {"provider": "AI_PROVIDER_EXTRACTIVE"}
want  200
call  TenantSettingsService/TestAPIKey {"provider": "AI_PROVIDER_EXTRACTIVE"}
want  429  {"code": "resource_exhausted"}
want-header Retry-After: *
as    owner@other
call  TenantSettingsService/TestAPIKey {"provider": "AI_PROVIDER_EXTRACTIVE"}
want  200
