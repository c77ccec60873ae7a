# mirai-web: which page is whose, what a form must hold, what a bad address gets

program web

# the landing page, the legal pages and the plain answers are for everyone
as    -
http  GET /
want  200
want-header content-type: text/html; charset=utf-8
want-header x-frame-options: DENY
want-header x-content-type-options: nosniff
want-header referrer-policy: same-origin
want-header cache-control: no-store
http  GET /terms
want  200
http  GET /privacy
want  200
http  HEAD /terms
want  200
http  GET /api/health
want  200  {"status": "ok"}
http  GET /robots.txt
want  200
want-header content-type: text/plain; charset=utf-8

# pages of the application lead to sign in, and back with path and query
http  GET /dashboard
want  307
want-header location: /auth/login?return_to=%2Fdashboard
http  GET /content-library?q=a%20b&page=2
want  307
want-header location: /auth/login?return_to=%2Fcontent-library%3Fq%3Da%2520b%26page%3D2
http  GET /course/a4000000-0000-4000-8000-000000000001/preview
want  307
http  GET /settings
want  307
http  GET /teams
want  307
# ... also where no page is, or a dot stands in the path
http  GET /course-builder
want  307
http  GET /dashboard/x.css
want  307
http  GET /dashboardx
want  404
http  GET /nowhere
want  404
http  GET /admin/identities
want  404

# signed in, by cookie or token
cookie owner@acme
http  GET /dashboard
want  200
# what no header can carry is encoded where an address is sent on to
http  GET /onboarding?é
want  307
want-header location: /onboard?%C3%A9
http  GET /content-library
want  200
http  GET /settings
want  200
http  GET /teams
want  200
as    instructor@acme
http  GET /dashboard
want  200
# teams are for administrators
as    sme@acme
http  GET /settings
want  200

# a signed-in visitor has no business at the sign-in page
cookie owner@acme
http  GET /auth/login
want  307
want-header location: /dashboard

# a session that is over, a removed user, a person without a company
cookie late@acme
http  GET /dashboard
want  307
cookie nobody@nowhere
http  GET /dashboard
want  307
want-header location: /onboard
http  GET /onboard
want  200
http  GET /onboarding?checkout=canceled
want  307
want-header location: /onboard?checkout=canceled
cookie gone@acme
http  GET /dashboard
want  307
want-header location: /onboard
cookie owner@acme
http  GET /onboard
want  307
want-header location: /dashboard

# a suspended tenant sees that it cannot go on, not a broken page
cookie owner@frozen
http  GET /content-library
want  403

# signing in begins at the identity service; only own addresses are kept
as    -
http  GET /auth/login?return_to=%2Fcontent-library%3Fq%3Dx
want  307
want-header location: http://localhost:8080/self-service/login/browser?return_to=http%3A%2F%2Flocalhost%3A8080%2Fcontent-library%3Fq%3Dx
http  GET /auth/login?return_to=https%3A%2F%2Fevil.example%2F
want  307
want-header location: http://localhost:8080/self-service/login/browser?return_to=http%3A%2F%2Flocalhost%3A8080%2Fdashboard
http  GET /auth/login?return_to=%2F%2Fevil.example
want  307
want-header location: http://localhost:8080/self-service/login/browser?return_to=http%3A%2F%2Flocalhost%3A8080%2Fdashboard
http  GET /auth/login?return_to=%2F%5Cevil.example
want  307
want-header location: http://localhost:8080/self-service/login/browser?return_to=http%3A%2F%2Flocalhost%3A8080%2Fdashboard
# an unknown, foreign or malformed flow begins anew
http  GET /auth/login?flow=a5000000-0000-4000-8000-000000000001
want  307
http  GET /auth/login?flow=%27%20OR%201
want  307
http  GET /auth/error?id=nonsense
want  200
http  GET /auth/error
want  200

# malformed and foreign ids
cookie owner@acme
http  GET /course/nonsense/preview
want  404
http  GET /course/A4000000-0000-4000-8000-000000000001/preview
want  404
http  GET /course/a4000000-0000-4000-8000-00000000dead/preview
want  404
http  GET /course/a4000000-0000-4000-8000-00000000dead/export
want  404
http  GET /content-library?folder=nonsense
want  404
http  GET /content-library?folder=a4000000-0000-4000-8000-00000000dead
want  404
http  GET /content-library?page=0
want  404
http  GET /content-library?page=99999999999999999999
want  404
http  GET /content-library?q=%FF%FE
want  404
http  GET /content-library?q=%00
want  200
http  GET /folder/a4000000-0000-4000-8000-000000000001
want  307
want-header location: /content-library?folder=a4000000-0000-4000-8000-000000000001

# wrong methods
http  POST /dashboard
want  405
want-header allow: GET, HEAD
http  DELETE /content-library
want  405
http  GET /auth/logout
want  405
want-header allow: POST
http  PUT /
want  405

# forms: the type, the token, the size
header content-type: application/json
http  POST /auth/logout {}
want  415
header content-type: application/x-www-form-urlencoded
http  POST /auth/logout
want  403
header content-type: application/x-www-form-urlencoded
http  POST /auth/logout csrf=wrong
want  403
header content-type: application/x-www-form-urlencoded
body  csrf=x
repeat 9000 &a=12345
http  POST /auth/logout
want  413
# ... and the session is still there
http  GET /dashboard
want  200

# a form sent after the session is over leads to sign in; nothing is done
cookie late@acme
header content-type: application/x-www-form-urlencoded
http  POST /course/a4000000-0000-4000-8000-00000000dead/export csrf=x
want  303
want-header location: /auth/login?return_to=%2Fdashboard
# signing out without a session still ends at the start page
as    -
header content-type: application/x-www-form-urlencoded
http  POST /auth/logout csrf=x
want  303
want-header location: http://localhost:8080/

# no page may be framed, and none runs a script that is not a file
http  GET /
want-header content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; form-action 'self' http://localhost:8080 http://localhost:8080 http://localhost:8080; base-uri 'none'; frame-ancestors 'none'
want  200
