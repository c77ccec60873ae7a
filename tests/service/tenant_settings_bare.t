# without encryption.keys nothing that needs a key is offered; the rest is
as    owner@acme
call  TenantSettingsService/SetAPIKey {"apiKey": "secret-key-of-acme-0001"}
want  501  {"code": "unimplemented"}
want-header Mirai-Error-Code: AI_KEYS_DISABLED
call  TenantSettingsService/RemoveAPIKey {}
want  501  {"code": "unimplemented"}
call  TenantSettingsService/TestAPIKey {"apiKey": "secret-key-of-acme-0001"}
want  501  {"code": "unimplemented"}
call  TenantSettingsService/GetAISettings {}
want  200  {"settings": {"keysAccepted": "!", "effectiveProvider": "AI_PROVIDER_EXTRACTIVE"}}
call  TenantSettingsService/UpdateAISettings {"provider": "AI_PROVIDER_OPENAI", "baseUrl": "https://ai.example/v1"}
want  200  {"settings": {"effectiveProvider": "AI_PROVIDER_OPENAI"}}
call  TenantSettingsService/GetUsageStats {}
want  200
