/*
 * Accept (RFC 9110 12.5.1) against a short list of offers. The offer with the
 * highest weight wins, then the one named most exactly, then the first.
 * A malformed element counts as absent.
 */
#include "identity/negotiate.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/* How exactly a range names a type; smaller is more exact. */
enum wild {
	WILD_NONE,
	WILD_SUBTYPE,
	WILD_ALL,
	WILD_NO_MATCH
};

/* One element of Accept: the range, and its weight in thousandths. */
struct range {
	const char *name;
	size_t len;
	int weight;
};

/* "0.5" as 500; -1 when it is no weight. */
static int
weight_of(const char *s, size_t len)
{
	int n, scale;
	size_t i;

	if (len == 0 || (s[0] != '0' && s[0] != '1'))
		return -1;
	n = (s[0] - '0') * 1000;
	if (len == 1)
		return n;
	if (s[1] != '.' || len > 5)
		return -1;
	for (i = 2, scale = 100; i < len; i++, scale /= 10) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		n += (s[i] - '0') * scale;
	}
	return n > 1000 ? -1 : n;
}

static const char *
skip_space(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

static const char *
trim_end(const char *s, const char *end)
{
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return end;
}

/* The weight among the parameters between p and end. */
static int
weight_in(const char *p, const char *end)
{
	const char *semi;

	for (; p < end; p = semi + 1) {
		if ((semi = memchr(p, ';', (size_t)(end - p))) == NULL)
			semi = end;
		p = skip_space(p, semi);
		if (semi - p > 2 && (p[0] == 'q' || p[0] == 'Q') && p[1] == '=')
			return weight_of(p + 2,
			    (size_t)(trim_end(p + 2, semi) - (p + 2)));
		if (semi == end)
			break;
	}
	return 1000;
}

/* Steps over one element; false at the end. weight -1: malformed. */
static bool
next_range(const char **s, struct range *out)
{
	const char *p = *s, *end, *semi;

	if (*p == '\0')
		return false;
	end = p + strcspn(p, ",");
	*s = *end == ',' ? end + 1 : end;
	p = skip_space(p, end);
	if ((semi = memchr(p, ';', (size_t)(end - p))) == NULL)
		semi = end;
	out->name = p;
	out->len = (size_t)(trim_end(p, semi) - p);
	out->weight = semi == end ? 1000 : weight_in(semi + 1, end);
	return true;
}

static enum wild
range_covers(const struct range *range, const char *offer)
{
	if (range->len == 3 && strncmp(range->name, "*/*", 3) == 0)
		return WILD_ALL;
	if (range->len > 2 &&
	    strncmp(range->name + range->len - 2, "/*", 2) == 0 &&
	    strncasecmp(range->name, offer, range->len - 1) == 0)
		return strlen(offer) == range->len && str_ends(offer, "/*")
		    ? WILD_NONE
		    : WILD_SUBTYPE;
	if (strlen(offer) == range->len &&
	    strncasecmp(range->name, offer, range->len) == 0)
		return WILD_NONE;
	return WILD_NO_MATCH;
}

static const char *
negotiate(const char *accept, const char *const *offers, size_t noffers)
{
	const char *best = offers[0], *s;
	enum wild best_wild = WILD_NO_MATCH, wild;
	struct range range;
	int best_weight = -1;
	size_t i;

	for (i = 0; i < noffers; i++) {
		for (s = accept; next_range(&s, &range);) {
			if (range.weight <= 0 || range.weight < best_weight)
				continue;
			wild = range_covers(&range, offers[i]);
			if (wild == WILD_NO_MATCH)
				continue;
			if (range.weight == best_weight && wild >= best_wild)
				continue;
			best_weight = range.weight;
			best_wild = wild;
			best = offers[i];
		}
	}
	return best;
}

bool
negotiate_json(const char *accept)
{
	static const char *const offers[] = { "text/html", "application/json" };

	return accept != NULL &&
	    strcmp(negotiate(accept, offers, NITEMS(offers)), offers[1]) == 0;
}

bool
negotiate_is_json(const char *accept, const char *content_type)
{
	static const char *const offers[] = { "text/html", "text/*", "*/*",
		"application/json" };

	if (content_type != NULL &&
	    strcmp(content_type, "application/json") == 0)
		return true;
	return accept != NULL &&
	    strcmp(negotiate(accept, offers, NITEMS(offers)), offers[3]) == 0;
}
