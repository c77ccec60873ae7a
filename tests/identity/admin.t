conf    identity.secrets 0123456789abcdef0123456789abcdef
conf    identity.argon2.memory 256K
conf    identity.argon2.passes 1
conf    identity.admin.secrets first-secret-of-sixteen, second-secret-of-sixteen
conf    identity.admin.session_issue yes
conf    url.auth https://auth.mirai.example
conf    url.app https://app.mirai.example

# the public program knows no administrator's path, whoever asks
program identity
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities
want    404  {"error": {"code": 404}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {}
want    404
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/sessions {"identity_id":"a3000000-0000-4000-8000-000000000001"}
want    404
http    GET /admin
want    404
http    GET //admin/identities
want    404

# what a service says of itself, it says to everybody
program identity-admin
http    GET /health/alive
want    200  {"status": "ok"}
http    GET /health/ready
want    200  {"status": "ok"}
http    GET /version
want    200  {"version": "*"}
http    GET /schemas/user
want    200  {"type": "object"}

# public paths are unknown here
http    GET /self-service/login/api
want    404
http    GET /sessions/whoami
want    404

# everything else wants a secret, known paths and unknown
http    GET /admin/identities
want    401  {"error": {"code": 401, "status": "Unauthorized"}}
http    GET /admin/nothing
want    401
header  Authorization: Bearer wrong-secret-of-sixteen
http    GET /admin/identities
want    401
header  Authorization: Bearer first-secret-of-sixtee
http    GET /admin/identities
want    401
header  Authorization: Bearer
http    GET /admin/identities
want    401
header  Authorization: Basic first-secret-of-sixteen
http    GET /admin/identities
want    401
as      owner@acme
http    GET /admin/identities
want    401
header  SSL-Client-Verify: SUCCESS
http    GET /admin/identities
want    401
header  X-Forwarded-For: 127.0.0.1
http    GET /admin/identities
want    401
as      -

# one of them is enough
header  Authorization: Bearer second-secret-of-sixteen
http    GET /admin/identities/a3000000-0000-4000-8000-000000000001
want    200  {"id": "a3000000-0000-4000-8000-000000000001", "traits": {"email": "owner@acme.example"}, "credentials": {"password": {"type": "password", "identifiers": ["owner@acme.example"]}}}
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/nothing
want    404
header  Authorization: Bearer first-secret-of-sixteen
http    PUT /admin/sessions {}
want    405

# what cannot be found
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities/a3000000-0000-4000-8000-00000000ffff
want    404  {"error": {"code": 404, "reason": "Unable to locate the resource"}}
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities/nonsense
want    404
header  Authorization: Bearer first-secret-of-sixteen
http    DELETE /admin/identities/%ff%fe
want    404

# making one
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"schema_id":"user","traits":{"email":"New@Acme.example","name":{"first":"N","last":"W"}},"credentials":{"password":{"config":{"password":"abc"}}},"metadata_admin":{"crm":7},"metadata_public":{"plan":"x"},"state":"active","verifiable_addresses":[{"value":"new@acme.example","verified":true,"via":"email","status":"completed"}]}
want    201  {"id": "$new", "state": "active", "traits": {"email": "new@acme.example"}, "metadata_admin": {"crm": 7}, "metadata_public": {"plan": "x"}, "verifiable_addresses": [{"value": "new@acme.example", "verified": true}], "credentials": {"password": {"identifiers": ["new@acme.example"]}}}
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities?credentials_identifier=NEW%40acme.example
want    200  [{"id": "$new"}]
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"schema_id":"user","traits":{"email":"new@acme.example","name":{"first":"N","last":"W"}}}
want    409  {"error": {"code": 409, "status": "Conflict"}}

# each refusal names the member
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits":{"email":"nobody","name":{"first":"N","last":"W"}}}
want    400  {"error": {"reason": "traits.email: Enter a valid e-mail address."}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits":{"email":"n@acme.example"}}
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits":{"email":"n@acme.example","name":{"first":"N","last":"W"},"more":1}}
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {}
want    400  {"error": {"reason": "$.traits: missing"}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits":{"email":"n@acme.example","name":{"first":"N","last":"W"}},"role":"x"}
want    400  {"error": {"reason": "role: unknown member"}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"schema_id":"other","traits":{"email":"n@acme.example","name":{"first":"N","last":"W"}}}
want    400  {"error": {"reason": "schema_id: there is no such schema"}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"state":"gone","traits":{"email":"n@acme.example","name":{"first":"N","last":"W"}}}
want    400  {"error": {"reason": "state: must be active or inactive"}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"organization_id":"x","traits":{"email":"n@acme.example","name":{"first":"N","last":"W"}}}
want    400  {"error": {"reason": "organization_id: not a UUID"}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits":{"email":"n@acme.example","name":{"first":"N","last":"W"}},"credentials":{"password":{"config":{"hashed_password":"plain"}}}}
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits":{"email":"n@acme.example","name":{"first":"N","last":"W"}},"credentials":{"password":{"config":{"password":"x","hashed_password":"y"}}}}
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits":{"email":"n@acme.example","name":{"first":"N","last":"W"}},"credentials":{"password":{"config":{"password":""}}}}
want    400  {"error": {"reason": "credentials.password.config.password: must be given"}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits":{"email":"n@acme.example","name":{"first":"N","last":"W"}},"verifiable_addresses":[{"value":"other@acme.example","via":"email"}]}
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities [1]
want    400  {"error": {"reason": "the body is not a JSON object"}}
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/identities {"traits"
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities?credentials_identifier=n%40acme.example
want    200  []

# filters
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities?ids=nonsense
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities?ids=$new&credentials_identifier=x
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities?page_size=0
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities?page_token=x
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities?include_credential=nothing
want    400

# the password is good although the policy would refuse it
program identity
http    GET /self-service/login/api
want    200  {"id": "$flow"}
header  Content-Type: application/json
http    POST /self-service/login?flow=$flow {"method":"password","identifier":"new@acme.example","password":"abc"}
want    200  {"session_token": "$token"}

# issuing a session, and its predecessor ends
program identity-admin
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/sessions {"identity_id":"$new"}
want    201  {"session_token": "$one", "session": {"active": true, "authenticator_assurance_level": "aal1", "authentication_methods": [{"method": "admin_issued"}], "identity": {"id": "$new"}}}
program identity
header  X-Session-Token: $one
http    GET /sessions/whoami
want    200
program identity-admin
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/sessions {"identity_id":"$new"}
want    201  {"session_token": "$two"}
program identity
header  X-Session-Token: $one
http    GET /sessions/whoami
want    401
header  X-Session-Token: $two
http    GET /sessions/whoami
want    200
header  X-Session-Token: $token
http    GET /sessions/whoami
want    200
program identity-admin
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/sessions {"identity_id":"nonsense"}
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/sessions {"identity_id":"a3000000-0000-4000-8000-00000000ffff"}
want    404
header  Authorization: Bearer first-secret-of-sixteen
http    POST /admin/sessions {"identity_id":"$new","aal":"aal2"}
want    400  {"error": {"reason": "aal: unknown member"}}

# sessions of an identity
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities/$new/sessions?active=true
want    200  [{"active": true}, {"active": true}]
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities/$new/sessions?active=false
want    200  [{"active": false}]
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities/$new/sessions?active=maybe
want    400
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities/a3000000-0000-4000-8000-00000000ffff/sessions
want    404
header  Authorization: Bearer first-secret-of-sixteen
http    DELETE /admin/identities/$new/sessions
want    204
header  Authorization: Bearer first-secret-of-sixteen
http    GET /admin/identities/$new/sessions
want    200  []
program identity
header  X-Session-Token: $two
http    GET /sessions/whoami
want    401

# removing one
program identity-admin
header  Authorization: Bearer first-secret-of-sixteen
http    DELETE /admin/identities/$new
want    204
header  Authorization: Bearer first-secret-of-sixteen
http    DELETE /admin/identities/$new
want    404
