/*
 * TenantSettingsService: who writes for a company, and with which key (spec
 * content.md 7). A key comes in, is sealed with its tenant and never comes out:
 * not in an answer, an error, a log line or a cache.
 */
#include "mirai/v1/tenant_settings.rpc.h"

#include <string.h>

#include "base/clock.h"
#include "db/db.h"
#include "net/crypt.h"
#include "net/sealed.h"
#include "rpc/pool.h"
#include "service/ai_choice.h"
#include "service/ai_turn.h"
#include "service/ai_usage.h"
#include "service/audit.h"
#include "service/field.h"
#include "service/ratelimit.h"

#define KEY_LEAST  20
#define KEY_MOST   512
#define MODEL_MOST 200

/* What is chosen: NULL leaves it, unless the provider is another one now. */
#define CHOSEN(column, arg)                                                \
	"CASE WHEN " arg                                                   \
	"::text IS NULL AND s.provider = EXCLUDED.provider THEN s." column \
	" ELSE NULLIF(" arg ", '') END"

enum query {
	Q_GET,
	Q_SET_KEY,
	Q_REMOVE_KEY,
	Q_UPDATE,
	Q__MAX
};

extern const struct db_query tenant_settings_queries[];

const struct db_query tenant_settings_queries[] = {
	[Q_GET] = {
	    .name = "tenant_settings_get",
	    .nargs = 1, /* tenant */
	    .sql = "SELECT provider, has_key, total_tokens_used,"
		   " monthly_token_limit, updated_at, updated_by_user_id,"
		   " model, base_url FROM tenant_ai_settings"
		   " WHERE tenant_id = $1",
	},
	[Q_SET_KEY] = {
	    .name = "tenant_settings_set_key",
	    .nargs = 6, /* tenant, user, provider, model, url, sealed key */
	    .sql = "INSERT INTO tenant_ai_settings AS s (tenant_id,"
		   " updated_by_user_id, provider, model, base_url,"
		   " encrypted_api_key, key_provider, key_base_url, updated_at)"
		   " VALUES ($1, $2, $3::ai_provider, NULLIF($4, ''),"
		   " NULLIF($5, ''), decode($6, 'base64'), $3::ai_provider,"
		   " NULLIF($5, ''), now()) ON CONFLICT (tenant_id) DO UPDATE"
		   " SET updated_by_user_id = EXCLUDED.updated_by_user_id,"
		   " provider = EXCLUDED.provider,"
		   " model = " CHOSEN("model", "$4") ","
		   " base_url = " CHOSEN("base_url", "$5") ","
		   " encrypted_api_key = EXCLUDED.encrypted_api_key,"
		   " key_provider = EXCLUDED.key_provider,"
		   " key_base_url = " CHOSEN("base_url", "$5") ","
		   " updated_at = now()",
	},
	[Q_REMOVE_KEY] = {
	    .name = "tenant_settings_remove_key",
	    .nargs = 2, /* tenant, user */
	    .sql = "UPDATE tenant_ai_settings SET encrypted_api_key = NULL,"
		   " key_provider = NULL, key_base_url = NULL,"
		   " updated_at = now(), updated_by_user_id = $2"
		   " WHERE tenant_id = $1 AND encrypted_api_key IS NOT NULL",
	},
	[Q_UPDATE] = {
	    .name = "tenant_settings_update",
	    .nargs = 5, /* tenant, user, provider, model, url */
	    .sql = "INSERT INTO tenant_ai_settings AS s (tenant_id,"
		   " updated_by_user_id, provider, model, base_url, updated_at)"
		   " VALUES ($1, $2, $3::ai_provider, NULLIF($4, ''),"
		   " NULLIF($5, ''), now()) ON CONFLICT (tenant_id) DO UPDATE"
		   " SET updated_by_user_id = EXCLUDED.updated_by_user_id,"
		   " provider = EXCLUDED.provider,"
		   " model = " CHOSEN("model", "$4") ","
		   " base_url = " CHOSEN("base_url", "$5") ","
		   " updated_at = now()",
	},
	[Q__MAX] = { 0 },
};

/* --- values ------------------------------------------------------------------ */

/* Stored names, which are those of lib/ai. */
static const char *const names[] = {
	[PB_AI_PROVIDER_GEMINI] = "gemini",
	[PB_AI_PROVIDER_OPENAI] = "openai",
	[PB_AI_PROVIDER_EXTRACTIVE] = "extractive",
};

static int
provider_wire(const char *name)
{
	int i;

	for (i = 1; i < (int)NITEMS(names); i++)
		if (str_eq(names[i], name))
			return i;
	return PB_AI_PROVIDER_UNSPECIFIED;
}

/* Nothing said is gemini (content.md 1.4). */
static enum code
field_provider(struct req *r, int32_t value, const struct provider **out)
{
	if (value == PB_AI_PROVIDER_UNSPECIFIED)
		value = PB_AI_PROVIDER_GEMINI;
	if (value < 0 || (size_t)value >= NITEMS(names))
		return req_fail_field(r, "provider", "is unknown");
	*out = provider_find(names[value]);
	return CODE_OK;
}

/* It goes into a header as it is. */
static enum code
field_key(struct req *r, const char *value, const char **out)
{
	const char *key = str_trim(r->mem, value), *s;
	size_t len = strlen(key);

	if (len == 0)
		return req_fail_missing(r, "api_key", "must not be empty");
	if (len < KEY_LEAST || len > KEY_MOST)
		return req_fail_field(r, "api_key",
		    "must have %d to %d characters", KEY_LEAST, KEY_MOST);
	for (s = key; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return req_fail_field(r, "api_key",
			    "must have no spaces and no special characters");
	*out = key;
	return CODE_OK;
}

static enum code
field_url(struct req *r, const char *value, const char **out)
{
	char *url = arena_strdup(r->mem, str_trim(r->mem, value));
	const char *rule = NULL;
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		url[--len] = '\0';
	if (len > 0)
		rule = ai_choice_url_rule(r->env->conf, url);
	if (rule != NULL)
		return req_fail_field(r, "base_url", "%s", rule);
	*out = url;
	return CODE_OK;
}

/* Where a provider is; NULL stays NULL: as it is. */
struct where {
	const struct provider *provider;
	const char *model;
	const char *url;
};

static enum code
field_where(struct req *r, int32_t provider, const char *model, const char *url,
    struct where *out)
{
	enum code code;

	*out = (struct where){ 0 };
	if ((code = field_provider(r, provider, &out->provider)) != CODE_OK)
		return code;
	if (model != NULL &&
	    (code = field_line(r, "model", model, 0, MODEL_MOST,
		 &out->model)) != CODE_OK)
		return code;
	if (url != NULL && (code = field_url(r, url, &out->url)) != CODE_OK)
		return code;
	if (out->provider->wire != NULL)
		return CODE_OK;
	if (!str_is_empty(out->model))
		return req_fail_field(r, "model",
		    "must be empty for extractive");
	if (!str_is_empty(out->url))
		return req_fail_field(r, "base_url",
		    "must be empty for extractive");
	return CODE_OK;
}

/* --- the settings ------------------------------------------------------------ */

static bool
keys_accepted(const struct req *r)
{
	return *conf_list(r->env->conf, "encryption.keys") != NULL;
}

static enum code
no_keys(struct req *r)
{
	return req_fail_reason(r, CODE_UNIMPLEMENTED, "AI_KEYS_DISABLED",
	    "this installation stores no keys (encryption.keys)");
}

static void
read_row(struct req *r, const struct db_rows *rows,
    struct pb_tenant_ai_settings *s)
{
	s->api_key_configured = db_bool(rows, 1);
	s->total_tokens_used = db_int(rows, 2);
	s->has_monthly_token_limit = !db_null(rows, 3);
	s->monthly_token_limit = db_int(rows, 3);
	if (db_null(rows, 4))
		return; /* only counted so far: nothing was chosen */
	s->provider = provider_wire(db_text(rows, 0));
	s->updated_at = pb_time(r->mem, db_time(rows, 4));
	s->updated_by_user_id = db_text_null(rows, 5);
	s->model = db_text_null(rows, 6);
	s->base_url = db_text_null(rows, 7);
}

/* As they are in this transaction; the last thing that a handler does. */
static enum code
answer(struct req *r, struct pb_tenant_ai_settings **out)
{
	struct pb_tenant_ai_settings *s = arena_zalloc(r->mem, sizeof(*s));
	struct ai_state state;
	struct db_rows *rows;
	enum code code;

	if ((code = ai_choice_state(r, &state)) != CODE_OK)
		return code;
	rows = db_last(r->db, &tenant_settings_queries[Q_GET],
	    DB_ARGS(r->who.tenant_id));
	if (rows == NULL)
		return req_fail_db(r);
	s->tenant_id = r->who.tenant_id;
	s->provider = PB_AI_PROVIDER_GEMINI;
	s->keys_accepted = keys_accepted(r);
	if (state.provider != NULL)
		s->effective_provider = provider_wire(state.provider->name);
	if (db_next(rows))
		read_row(r, rows, s);
	*out = s;
	return CODE_OK;
}

enum code
tenant_settings_get_ai_settings(struct req *r,
    const struct pb_get_ai_settings_request *in,
    struct pb_get_ai_settings_response *out)
{
	(void)in; /* has no fields */
	return answer(r, &out->settings);
}

enum code
tenant_settings_update_ai_settings(struct req *r,
    const struct pb_update_ai_settings_request *in,
    struct pb_update_ai_settings_response *out)
{
	struct where where;
	enum code code;

	code = field_where(r, in->provider, in->model, in->base_url, &where);
	if (code != CODE_OK)
		return code;
	if (db_run(r->db, &tenant_settings_queries[Q_UPDATE],
		DB_ARGS(r->who.tenant_id, r->who.user_id, where.provider->name,
		    where.model, where.url)) == NULL)
		return req_fail_db(r);
	audit_write(r, "ai.update", "tenant", r->who.tenant_id, NULL);
	return answer(r, &out->settings);
}

/* --- the key ----------------------------------------------------------------- */

/* Sealed for the caller's tenant, as base64. */
static const char *
seal(struct req *r, const char *key)
{
	struct sealed *keys;
	const char *why;
	uint8_t *blob;
	size_t len;

	keys = sealed_new(conf_list(r->env->conf, "encryption.keys"), &why);
	if (keys == NULL)
		return NULL;
	blob = sealed_close(keys, r->mem, r->who.tenant_id, key, strlen(key),
	    &len);
	sealed_free(keys);
	return crypt_base64(r->mem, blob, len);
}

enum code
tenant_settings_set_api_key(struct req *r,
    const struct pb_set_api_key_request *in,
    struct pb_set_api_key_response *out)
{
	const char *key = "", *sealed;
	struct where where;
	enum code code;

	arena_set_wipe(r->mem);
	if (!keys_accepted(r))
		return no_keys(r);
	code = field_where(r, in->provider, in->model, in->base_url, &where);
	if (code != CODE_OK)
		return code;
	if (where.provider->wire == NULL)
		return req_fail_field(r, "provider",
		    "must be one that has keys");
	if ((code = field_key(r, in->api_key, &key)) != CODE_OK)
		return code;
	if ((sealed = seal(r, key)) == NULL)
		return no_keys(r);
	if (db_run(r->db, &tenant_settings_queries[Q_SET_KEY],
		DB_ARGS(r->who.tenant_id, r->who.user_id, where.provider->name,
		    where.model, where.url, sealed)) == NULL)
		return req_fail_db(r);
	audit_write(r, "ai.key.set", "tenant", r->who.tenant_id, NULL);
	return answer(r, &out->settings);
}

enum code
tenant_settings_remove_api_key(struct req *r,
    const struct pb_remove_api_key_request *in,
    struct pb_remove_api_key_response *out)
{
	struct db_rows *rows;

	(void)in; /* has no fields */
	if (!keys_accepted(r))
		return no_keys(r);
	rows = db_run(r->db, &tenant_settings_queries[Q_REMOVE_KEY],
	    DB_ARGS(r->who.tenant_id, r->who.user_id));
	if (rows == NULL)
		return req_fail_db(r);
	if (db_affected(rows) > 0)
		audit_write(r, "ai.key.remove", "tenant", r->who.tenant_id,
		    NULL);
	return answer(r, &out->settings);
}

/* --- trying a key ------------------------------------------------------------ */

/* What a test's end says of the key; text NULL: nothing. */
static enum code
judge(struct req *r, enum provider_end end,
    struct pb_test_api_key_response *out)
{
	out->valid = end == PROVIDER_DONE || end == PROVIDER_BUSY;
	if (end == PROVIDER_DONE)
		return CODE_OK;
	out->error_message = provider_end_text(end);
	if (end == PROVIDER_BUSY || end == PROVIDER_KEY ||
	    end == PROVIDER_REFUSED || end == PROVIDER_NO_KEY)
		return CODE_OK;
	return ai_choice_fail(r, PROVIDER_UNAVAILABLE);
}

/* Also where the call has used up the time of the request. */
static enum code
count_test(struct req *r, const struct provider_run *run)
{
	if (run->tokens == 0)
		return CODE_OK;
	return ai_usage_count(r, NULL, AI_USAGE_TEST, run->tokens, 1);
}

static bool
is_late(void *arg)
{
	const struct req *r = arg;

	return clock_mono_ms() >= r->deadline_ms - AI_USAGE_MS;
}

static enum code
try(struct req *r, const struct ai_trial *trial,
    struct pb_test_api_key_response *out)
{
	struct provider_run run = { .a = r->mem, .stop = is_late, .arg = r };
	enum provider_end end = PROVIDER_UNAVAILABLE;
	struct ai_turn turn = { 0 };
	struct ai_choice *choice;
	enum code code;

	if ((code = ai_choice_try(r, trial, &choice)) != CODE_OK)
		return code;
	if (choice == NULL)
		return judge(r, PROVIDER_NO_KEY, out);
	ai_choice_run(choice, &run);
	if (run.provider->wire != NULL)
		code = ai_turn_take(r, pool_workers(), &turn);
	if (code == CODE_OK)
		end = run.provider->test(&run);
	ai_choice_close(choice);
	ai_turn_give(r, &turn);
	if (code != CODE_OK)
		return code;
	if ((code = count_test(r, &run)) != CODE_OK)
		return code;
	return judge(r, end, out);
}

enum code
tenant_settings_test_api_key(struct req *r,
    const struct pb_test_api_key_request *in,
    struct pb_test_api_key_response *out)
{
	struct ai_trial trial = { 0 };
	struct where where;
	enum code code;

	arena_set_wipe(r->mem);
	if (!keys_accepted(r))
		return no_keys(r);
	code = field_where(r, in->provider, in->model, in->base_url, &where);
	if (code != CODE_OK)
		return code;
	if (!str_is_empty(in->api_key) &&
	    (code = field_key(r, in->api_key, &trial.key)) != CODE_OK)
		return code;
	if ((code = ratelimit_take(r, RATELIMIT_TEST_KEY, NULL)) != CODE_OK)
		return code;
	trial.model = where.model;
	trial.url = where.url;
	/* Without either, it is the stored key and its own provider. */
	if (in->provider != PB_AI_PROVIDER_UNSPECIFIED || trial.key != NULL)
		trial.provider = where.provider;
	return try(r, &trial, out);
}
