/*
 * The wire form of Gemini: generateContent, with responseJsonSchema where an
 * answer of a known shape is wanted (content.md 9.1). The key goes in a header,
 * never in the address.
 */
#include "ai/provider_check.h"
#include "ai/provider_wire.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

/* --- the question ------------------------------------------------------------ */

/* Of the words of our schemas those that the service knows. */
static const char *const keep[] = { "description", "enum", "required",
	"minItems", "maxItems", "minimum", "maximum", NULL };

static void
put_text(struct json *content, const char *text)
{
	json_put_text(json_add_object(json_put_list(content, "parts")), "text",
	    text);
}

static void
put_config(struct json *body, struct arena *a, const struct provider_ask *ask,
    unsigned output)
{
	struct json *config = json_put_object(body, "generationConfig");

	json_put_int(config, "maxOutputTokens", output);
	if (ask->schema == NULL)
		return;
	json_put_text(config, "responseMimeType", "application/json");
	json_put(config, "responseJsonSchema",
	    provider_check_reduce(a, ask->schema, keep, false));
}

static void
request(struct provider_link *l, struct arena *a,
    const struct provider_ask *ask, const char **url, struct buf *body)
{
	struct json *j = json_new_object(a), *content;

	if (ask->system != NULL)
		put_text(json_put_object(j, "systemInstruction"), ask->system);
	content = json_add_object(json_put_list(j, "contents"));
	json_put_text(content, "role", "user");
	put_text(content, ask->user);
	put_config(j, a, ask, ask->output != 0 ? ask->output : l->setup.output);
	json_write(body, j, JSON_COMPACT);
	*url = arena_printf(a, "%s/v1beta/models/%s:generateContent",
	    l->setup.url, str_url_encode(a, l->setup.model));
}

/* --- the answer -------------------------------------------------------------- */

/* Why a candidate ended; what is not here is no answer to count on. */
static const struct {
	const char *reason;
	enum provider_end end;
} reasons[] = {
	{ "STOP", PROVIDER_DONE },
	{ "MAX_TOKENS", PROVIDER_TRUNCATED },
	{ "SAFETY", PROVIDER_SAFETY },
	{ "RECITATION", PROVIDER_SAFETY },
	{ "BLOCKLIST", PROVIDER_SAFETY },
	{ "PROHIBITED_CONTENT", PROVIDER_SAFETY },
	{ "SPII", PROVIDER_SAFETY },
	{ "IMAGE_SAFETY", PROVIDER_SAFETY },
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

/* All parts joined, but those that are the model's thoughts. */
static const char *
text_of(struct arena *a, const struct json *candidate)
{
	const struct json *parts, *part;
	struct buf *b = buf_new(a);
	size_t i;

	parts = json_get_list(json_get_object(candidate, "content"), "parts");
	for (i = 0; i < json_count(parts); i++) {
		part = json_at(parts, i);
		if (!json_get_bool(part, "thought", false))
			buf_puts(b, json_get_text(part, "text", ""));
	}
	return buf_str(b);
}

static void
read_answer(struct arena *a, const struct json *j, struct provider_answer *out)
{
	const struct json *candidate;
	const char *reason;

	out->tokens = json_get_int(json_get_object(j, "usageMetadata"),
	    "totalTokenCount", 0, INT64_C(1) << 40, 0);
	if (json_get_text(json_get_object(j, "promptFeedback"), "blockReason",
		NULL) != NULL) {
		out->end = PROVIDER_SAFETY;
		out->detail = "the request was blocked";
		return;
	}
	candidate = json_at(json_get_list(j, "candidates"), 0);
	reason = json_get_text(candidate, "finishReason", "");
	out->end = end_of(reason);
	out->text = text_of(a, candidate);
	if (out->end == PROVIDER_DONE && json_error(j) != NULL)
		out->end = PROVIDER_MALFORMED;
	if (out->end == PROVIDER_MALFORMED)
		out->detail = "the answer has no usable candidate";
}

/* --- refusals ---------------------------------------------------------------- */

static bool
is_of_key(const struct json *error)
{
	const struct json *details = json_get_list(error, "details");
	size_t i;

	for (i = 0; i < json_count(details); i++) {
		if (str_starts(json_get_text(json_at(details, i), "reason", ""),
			"API_KEY_"))
			return true;
	}
	return strcasestr(json_get_text(error, "message", ""), "api key") !=
	    NULL;
}

static bool
is_of_quota(const struct json *error)
{
	return str_eq(json_get_text(error, "status", ""),
		   "RESOURCE_EXHAUSTED") ||
	    strcasestr(json_get_text(error, "message", ""), "quota") != NULL;
}

/* "34s" or "1.5s" of a RetryInfo, in milliseconds; 0: there is none. */
static int64_t
retry_info(const struct json *error)
{
	const struct json *details = json_get_list(error, "details");
	int64_t ms = 0, unit = 1000;
	const char *s;
	size_t i;

	for (i = 0; i < json_count(details); i++) {
		s = json_get_text(json_at(details, i), "retryDelay", "");
		for (; *s >= '0' && *s <= '9' && ms < INT32_MAX; s++)
			ms = ms * 10 + (*s - '0') * 1000;
		if (*s != '.')
			continue;
		for (s++; *s >= '0' && *s <= '9'; s++)
			ms += (*s - '0') * (unit /= 10);
	}
	return ms;
}

static void
read_refusal(struct provider_link *l, const struct provider_ask *ask,
    const struct json *j, int status, struct provider_answer *out)
{
	const struct json *error = json_get_object(j, "error");
	int64_t ms = retry_info(error);

	(void)l; /* there is one form only */
	(void)ask;
	if (status == 400 && is_of_key(error))
		out->end = PROVIDER_KEY;
	else if (status < 500 && is_of_quota(error))
		out->end = PROVIDER_BUSY;
	if (ms > out->retry_ms)
		out->retry_ms = ms;
}

const struct provider_wire gemini_wire = {
	.url = "https://generativelanguage.googleapis.com",
	.model = "gemini-2.5-flash",
	.needs_key = true,
	.request = request,
	.key_header = "x-goog-api-key",
	.key_prefix = "",
	.read = read_answer,
	.refusal = read_refusal,
};
