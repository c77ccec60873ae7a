# a member reads the company, without payment ids
as    sme@acme
call  CompanyService/GetCompany  {}
want  200  {"company": {"id": "$acme", "name": "Acme", "plan": "PLAN_PRO", "subscriptionStatus": "SUBSCRIPTION_STATUS_ACTIVE"}}

# payment ids are for admins
sql   app UPDATE companies SET stripe_customer_id = 'cus_1',
      stripe_subscription_id = 'sub_1'
      WHERE id = 'a1000000-0000-4000-8000-000000000000'
call  CompanyService/GetCompany  {}
want  200  {"company": {"id": "$acme", "tenantId": "*",
      "stripeCustomerId": "!", "stripeSubscriptionId": "!"}}
call  UserService/GetMe  {}
want  200  {"company": {"stripeCustomerId": "!"}}
as    owner@acme
call  CompanyService/GetCompany  {}
want  200  {"company": {"id": "$acme", "stripeCustomerId": "cus_1",
      "stripeSubscriptionId": "sub_1"}}
as    sme@acme

# the own id may be named
call  CompanyService/GetCompany  {"companyId": "$acme"}
want  200  {"company": {"id": "$acme"}}

# a malformed id is refused
call  CompanyService/GetCompany  {"companyId": "acme"}
want  400  {"code": "invalid_argument"}

# another tenant's company does not exist
as    owner@other
call  CompanyService/GetCompany  {"companyId": "$acme"}
want  404  {"code": "not_found"}
call  CompanyService/UpdateCompany  {"companyId": "$acme", "name": "Taken"}
want  404  {"code": "not_found"}

# an admin changes name, industry and team size
as    owner@acme
call  CompanyService/UpdateCompany  {"name": "Acme Ltd", "industry": "Tools", "teamSize": "11-50"}
want  200  {"company": {"name": "Acme Ltd", "industry": "Tools", "teamSize": "11-50"}}

# the payment provider is told of a new name, and of nothing else
sql   app SELECT 1 / count(*) FROM compensations WHERE kind = 'customer_name'
      AND tenant_id = 'a0000000-0000-4000-8000-000000000000'
      AND payload = '{"customer_id": "cus_1", "name": "Acme Ltd"}'
call  CompanyService/UpdateCompany  {"industry": "Tools"}
want  200
sql   app SELECT 1 / (2 - count(*)) FROM compensations

# empty and absent leave the name; a present empty industry clears it
call  CompanyService/UpdateCompany  {"name": "", "industry": ""}
want  200  {"company": {"name": "Acme Ltd", "teamSize": "11-50"}}

# names are 1 to 200 characters in one line, team sizes at most 50
call  CompanyService/UpdateCompany  {"name": "  "}
want  400  {"code": "invalid_argument"}
call  CompanyService/UpdateCompany  {"name": "a\u0007b"}
want  400  {"code": "invalid_argument"}
call  CompanyService/UpdateCompany  {"teamSize": "ssssssssssssssssssssssssssssssssssssssssssssssssss!"}
want  400  {"code": "invalid_argument"}
call  CompanyService/UpdateCompany  {"companyId": "acme", "name": "X"}
want  400  {"code": "invalid_argument"}
call  CompanyService/UpdateCompany  {"teamSize": ""}
want  200  {"company": {"name": "Acme Ltd", "teamSize": "!", "industry": "!",
      "plan": "PLAN_PRO", "seatCount": 20}}

# too long an industry is refused
call  CompanyService/UpdateCompany  {"industry": "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii"}
want  400  {"code": "invalid_argument"}

# GetMe shows the new name at once
call  UserService/GetMe  {}
want  200  {"company": {"name": "Acme Ltd"}}

# an instructor may not change it
as    instructor@acme
call  CompanyService/UpdateCompany  {"name": "Mine"}
want  403  {"code": "permission_denied"}

# who has no company is told so
as    lonely@acme
call  CompanyService/GetCompany  {}
want  400  {"code": "invalid_argument"}
want-header Mirai-Error-Code: USER_NO_COMPANY

# nobody is signed in
as    -
call  CompanyService/GetCompany  {}
want  401  {"code": "unauthenticated"}
