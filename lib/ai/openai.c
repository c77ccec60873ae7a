/*
 * The wire form of OpenAI's chat completions, which Ollama, vLLM, llama.cpp
 * and others speak as well: response_format with a JSON schema; where a server
 * refuses that, json_object with the schema in words. Never streaming.
 */
#include "ai/provider_check.h"
#include "ai/provider_wire.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

/* --- the question ------------------------------------------------------------ */

/* Of the words of our schemas those that strict servers take. */
static const char *const keep[] = { "description", "enum", "minItems",
	"maxItems", "minimum", "maximum", NULL };

static void
put_message(struct json *messages, const char *role, const char *text)
{
	struct json *m = json_add_object(messages);

	json_put_text(m, "role", role);
	json_put_text(m, "content", text);
}

static const char *
schema_in_words(struct arena *a, const char *system, const struct json *schema)
{
	return arena_printf(a,
	    "%s\n\nAnswer with one JSON object and nothing else. It must"
	    " follow this JSON Schema:\n%s",
	    system != NULL ? system : "", json_string(a, schema, JSON_COMPACT));
}

static void
put_format(struct json *body, const struct provider_ask *ask,
    const struct json *schema, bool plain)
{
	struct json *format = json_put_object(body, "response_format"), *named;

	json_put_text(format, "type", plain ? "json_object" : "json_schema");
	if (plain)
		return;
	named = json_put_object(format, "json_schema");
	json_put_text(named, "name", ask->name);
	json_put_bool(named, "strict", true);
	json_put(named, "schema", schema);
}

static void
request(struct provider_link *l, struct arena *a,
    const struct provider_ask *ask, const char **url, struct buf *body)
{
	bool plain = (l->quirks & QUIRK_NO_SCHEMA) != 0;
	struct json *j = json_new_object(a), *messages;
	const char *system = ask->system;
	const struct json *schema = NULL;

	if (ask->schema != NULL)
		schema = provider_check_reduce(a, ask->schema, keep, true);
	if (schema != NULL && plain)
		system = schema_in_words(a, system, schema);
	json_put_text(j, "model", l->setup.model);
	messages = json_put_list(j, "messages");
	if (system != NULL)
		put_message(messages, "system", system);
	put_message(messages, "user", ask->user);
	json_put_int(j,
	    (l->quirks & QUIRK_NEW_LIMIT) != 0 ? "max_completion_tokens"
					       : "max_tokens",
	    ask->output != 0 ? ask->output : l->setup.output);
	if (schema != NULL)
		put_format(j, ask, schema, plain);
	json_put_bool(j, "stream", false);
	json_write(body, j, JSON_COMPACT);
	*url = arena_printf(a, "%s/chat/completions", l->setup.url);
}

/* --- the answer -------------------------------------------------------------- */

/* Why a choice ended; what is not here is no answer to count on. */
static const struct {
	const char *reason;
	enum provider_end end;
} reasons[] = {
	{ "stop", PROVIDER_DONE },
	{ "eos", PROVIDER_DONE },
	{ "", PROVIDER_DONE }, /* some servers say nothing */
	{ "length", PROVIDER_TRUNCATED },
	{ "content_filter", PROVIDER_SAFETY },
};

static enum provider_end
end_of(const char *reason)
{
	size_t i;

	for (i = 0; i < NITEMS(reasons); i++) {
		if (str_eq(reasons[i].reason, reason))
			return reasons[i].end;
	}
	return PROVIDER_MALFORMED;
}

static void
read_answer(struct arena *a, const struct json *j, struct provider_answer *out)
{
	const struct json *choice = json_at(json_get_list(j, "choices"), 0);
	const struct json *message = json_get_object(choice, "message");

	out->tokens = json_get_int(json_get_object(j, "usage"), "total_tokens",
	    0, INT64_C(1) << 40, 0);
	out->end = end_of(json_get_text(choice, "finish_reason", ""));
	out->text = arena_strdup(a, json_get_text(message, "content", ""));
	if (*json_get_text(message, "refusal", "") != '\0')
		out->end = PROVIDER_SAFETY;
	else if (out->end == PROVIDER_DONE &&
	    (json_error(j) != NULL || *out->text == '\0'))
		out->end = PROVIDER_MALFORMED;
	if (out->end == PROVIDER_MALFORMED)
		out->detail = "the answer has no usable choice";
}

/* --- refusals ---------------------------------------------------------------- */

/* What a server says when a form is not for it. */
static const struct {
	const char *text;
	enum provider_quirk quirk;
} quirks[] = {
	{ "max_completion_tokens", QUIRK_NEW_LIMIT },
	{ "response_format", QUIRK_NO_SCHEMA },
	{ "json_schema", QUIRK_NO_SCHEMA },
};

/* Learns what the server does not take; true: ask again without it. */
static bool
learn(struct provider_link *l, const struct provider_ask *ask,
    const char *message)
{
	size_t i;

	for (i = 0; i < NITEMS(quirks); i++) {
		if (strcasestr(message, quirks[i].text) == NULL ||
		    (quirks[i].quirk == QUIRK_NO_SCHEMA && ask->schema == NULL))
			continue;
		/*
		 * Known already: then it was learnt by a question that ran
		 * beside this one, or it did not help.
		 */
		l->quirks |= quirks[i].quirk;
		return true;
	}
	return false;
}

/* The words of a refusal: servers differ in where they put them. */
static const char *
message_of(const struct json *j)
{
	const struct json *error = json_get(j, "error");
	const char *s;

	if (json_kind(error) == JSON_TEXT)
		return json_text(error);
	s = json_get_text(error, "message", NULL);
	return s != NULL ? s : json_get_text(j, "message", "");
}

static void
read_refusal(struct provider_link *l, const struct provider_ask *ask,
    const struct json *j, int status, struct provider_answer *out)
{
	const char *message = message_of(j);

	if (status == 400 && strcasestr(message, "api key") != NULL)
		out->end = PROVIDER_KEY;
	else if (status == 400 || status == 422)
		out->again = learn(l, ask, message);
}

const struct provider_wire openai_wire = {
	.url = "https://api.openai.com/v1",
	.model = "gpt-4o-mini",
	.request = request,
	.key_header = "Authorization",
	.key_prefix = "Bearer ",
	.read = read_answer,
	.refusal = read_refusal,
};
