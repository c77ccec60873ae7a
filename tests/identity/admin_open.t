conf    identity.secrets 0123456789abcdef0123456789abcdef
conf    identity.admin.open yes
conf    identity.admin.client_certificates yes
conf    url.auth https://auth.mirai.example
conf    url.app https://app.mirai.example
program identity-admin

# whoever comes from an address is no client of a socket, and a header is no
# parameter of the web server
http    GET /admin/identities
want    401
header  REMOTE-ADDR: /run/admin.sock
http    GET /admin/identities
want    401
header  SSL-CLIENT-VERIFY: SUCCESS
http    GET /admin/identities
want    401
header  Authorization: Bearer x
http    GET /admin/identities
want    401

# sessions are not issued unless that is switched on, whoever asks
http    POST /admin/sessions {"identity_id":"a3000000-0000-4000-8000-000000000001"}
want    401
