/*
 * AuthService: CheckEmail and EnterpriseContact, and the checks that signing up
 * shares. Whoever asks has proven nothing yet, so each method is limited, opens
 * its own transactions, and none of them stays open while somebody outside is
 * asked.
 */
#include "service/auth.h"

#include "mirai/v1/auth.rpc.h"

#include "base/log.h"
#include "identity/directory.h"
#include "net/json.h"
#include "service/company.h"
#include "service/field.h"
#include "service/outbox.h"
#include "service/ratelimit.h"
#include "service/registration.h"
#include "service/user.h"

enum query {
	Q_MADE,
	Q_CONTACT,
	Q__MAX
};

extern const struct db_query auth_queries[];

const struct db_query auth_queries[] = {
	[Q_MADE] = {
	    .name = "auth_made",
	    .nargs = 2, /* tenant, user */
	    .sql = "SELECT " USER_COLUMNS ", " COMPANY_COLUMNS
		   " FROM users u JOIN companies c"
		   " ON c.tenant_id = u.tenant_id AND c.id = u.company_id"
		   " WHERE u.tenant_id = $1 AND u.id = $2",
	},
	[Q_CONTACT] = {
	    .name = "auth_contact",
	    /* company, industry, team size, name, e-mail, phone, message */
	    .nargs = 7,
	    .sql = "INSERT INTO enterprise_inquiries (company_name, industry,"
		   " team_size, name, email, phone, message)"
		   " VALUES ($1, NULLIF($2, ''), NULLIF($3, ''), $4, $5,"
		   " NULLIF($6, ''), NULLIF($7, ''))",
	},
	[Q__MAX] = { 0 },
};

enum code
auth_unreachable(struct req *r)
{
	return req_fail_reason(r, CODE_UNAVAILABLE, "EXTERNAL_SERVICE_ERROR",
	    "a service that is needed for this does not answer; please try "
	    "again");
}

enum code
auth_check_open(struct req *r)
{
	if (conf_bool(r->env->conf, "accounts.registration"))
		return CODE_OK;
	return req_fail_forbidden(r, "new companies cannot be set up here");
}

enum code
auth_check_email_field(struct req *r, const char *value, const char **out)
{
	if (*str_trim(r->mem, value == NULL ? "" : value) == '\0')
		return req_fail_missing(r, "email", "must not be empty");
	if ((*out = field_email_clean(r->mem, value)) == NULL)
		return req_fail_field(r, "email",
		    "must be an e-mail address such as name@example.com");
	return CODE_OK;
}

enum code
auth_check_company(struct req *r, const struct auth_company_fields *in,
    struct auth_company *out)
{
	enum code code;

	if ((code = field_line(r, "company_name", in->company_name, 1, 200,
		 &out->name)) != CODE_OK ||
	    (code = field_line(r, "industry", in->industry, 0, 100,
		 &out->industry)) != CODE_OK ||
	    (code = field_line(r, "team_size", in->team_size, 0, 50,
		 &out->team_size)) != CODE_OK ||
	    (code = seats_buyable(r, in->plan, &out->plan)) != CODE_OK ||
	    (code = seats_asked(r, out->plan, in->seat_count, &out->seats)) !=
		CODE_OK)
		return code;
	if (r->env->stripe == NULL)
		out->seats = conf_int(r->env->conf, "billing.seats");
	return CODE_OK;
}

enum code
auth_read_made(struct req *r, const struct provision_made *made,
    struct pb_user **user, struct pb_company **company)
{
	const struct db_scope scope = { .tenant_id = made->tenant_id,
		.user_id = made->user_id,
		.deadline_ms = r->deadline_ms };
	struct db_rows *rows;
	enum code code = CODE_OK;

	db_begin(r->db, DB_TX_READ, &scope);
	rows = db_last(r->db, &auth_queries[Q_MADE],
	    DB_ARGS(made->tenant_id, made->user_id));
	if (rows == NULL)
		code = req_fail_db(r);
	else if (!db_next(rows))
		code = req_fail_reason(r, CODE_NOT_FOUND, "USER_NOT_FOUND",
		    "user not found");
	if (code == CODE_OK) {
		*user = user_read(r, rows, 0);
		*company = company_read(r, rows, USER_NCOLUMNS);
	}
	return db_end(r->db, code);
}

/* --- CheckEmail ------------------------------------------------------------ */

/* One that is only pending does not count: Register replaces it. */
static enum code
has_registration(struct req *r, const char *email, bool *exists)
{
	struct registration found;
	enum code code;

	code = registration_find(r->db, email, &found);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		return req_fail_db(r);
	*exists = code == CODE_OK && !str_eq(found.status, "pending");
	return CODE_OK;
}

enum code
auth_check_email(struct req *r, const struct pb_check_email_request *in,
    struct pb_check_email_response *out)
{
	struct ident_person who;
	const char *email = "";
	enum code code;

	if ((code = auth_check_email_field(r, in->email, &email)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_CHECK_EMAIL, NULL)) != CODE_OK)
		return code;
	code = directory_find(r->env->directory, r->mem, email, &who);
	if (code != CODE_OK && code != CODE_NOT_FOUND)
		return auth_unreachable(r);
	out->exists = code == CODE_OK;
	return out->exists ? CODE_OK : has_registration(r, email, &out->exists);
}

/* --- EnterpriseContact ----------------------------------------------------- */

struct inquiry {
	const char *company;
	const char *industry;
	const char *team_size;
	const char *name;
	const char *email;
	const char *phone;
	const char *message;
};

static enum code
inquiry_fields(struct req *r, const struct pb_enterprise_contact_request *in,
    struct inquiry *out)
{
	enum code code;

	if ((code = field_line(r, "company_name", in->company_name, 1, 200,
		 &out->company)) != CODE_OK ||
	    (code = field_line(r, "industry", in->industry, 0, 100,
		 &out->industry)) != CODE_OK ||
	    (code = field_line(r, "team_size", in->team_size, 0, 50,
		 &out->team_size)) != CODE_OK ||
	    (code = field_line(r, "name", in->name, 1, 200, &out->name)) !=
		CODE_OK ||
	    (code = auth_check_email_field(r, in->email, &out->email)) !=
		CODE_OK ||
	    (code = field_line(r, "phone", in->phone, 0, 50, &out->phone)) !=
		CODE_OK)
		return code;
	return field_text(r, "message", in->message, 5000, &out->message);
}

static void
put_if_any(struct json *o, const char *key, const char *text)
{
	if (*text != '\0')
		json_put_text(o, key, text);
}

/* To the sales desk, or whoever is told of what needs a person. */
static enum code
inquiry_mail(struct req *r, const struct inquiry *in)
{
	const char *to = conf_text(r->env->conf, "sales.address");
	struct json *data = json_new_object(r->mem);

	if (str_is_empty(to))
		to = conf_text(r->env->conf, "alert.address");
	if (str_is_empty(to)) {
		log_warn("an inquiry was kept, and nobody is told: neither "
			 "sales.address nor alert.address is set");
		return CODE_OK;
	}
	json_put_text(data, "company", in->company);
	json_put_text(data, "name", in->name);
	json_put_text(data, "email", in->email);
	put_if_any(data, "industry", in->industry);
	put_if_any(data, "team_size", in->team_size);
	put_if_any(data, "phone", in->phone);
	put_if_any(data, "message", in->message);
	return outbox_queue(r->db, r->mem,
	    &(struct outbox_mail){
		.kind = "enterprise_inquiry",
		.to = to,
		.data = data,
	    });
}

enum code
auth_enterprise_contact(struct req *r,
    const struct pb_enterprise_contact_request *in,
    struct pb_enterprise_contact_response *out)
{
	const struct db_scope scope = { .superadmin = true,
		.deadline_ms = r->deadline_ms };
	struct inquiry q;
	enum code code;

	if ((code = inquiry_fields(r, in, &q)) != CODE_OK ||
	    (code = ratelimit_take(r, RATELIMIT_CONTACT, NULL)) != CODE_OK)
		return code;
	db_begin(r->db, DB_TX_WRITE, &scope);
	db_queue(r->db, &auth_queries[Q_CONTACT],
	    DB_ARGS(q.company, q.industry, q.team_size, q.name, q.email,
		q.phone, q.message));
	code = db_end(r->db, inquiry_mail(r, &q));
	if (code != CODE_OK)
		return req_fail_db(r);
	out->success = true;
	return CODE_OK;
}
