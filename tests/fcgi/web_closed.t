program web
conf    accounts.registration no

# where sign-up is closed, its page says so, before and after the form
http  GET /auth/registration
want  403
header Content-Type: application/x-www-form-urlencoded
http  POST /auth/registration step=email&email=a%40b.example
want  403

# so does the page for somebody without a company
cookie nobody@nowhere
http  GET /onboard
want  403

# the link of an invitation goes on
as    -
http  GET /auth/registration?invite_token=abc
want  307
want-header location: /auth/accept-invite?token=abc
