/*
 * A person's own account (spec web.md 6.7): what the identity service lets
 * them change, as tabs of one settings flow, and where they are signed in.
 */
#include "pages.h"
#include "recover.h"
#include "rpc/resp.h"
#include "sessions.h"
#include "shown.h"

#define TITLE "Account Settings"

/* A card of a tab: the nodes of one group. */
struct card {
	const char *group;
	const char *title;
	const char *text;
	const char *name; /* how its methods begin; NULL: as the group */
};

#define CARDS 4

struct tab {
	const char *name; /* in ?tab= */
	const char *label;
	struct card cards[CARDS]; /* none: not drawn from the flow */
};

static const struct tab tabs[] = {
	{ "profile", "Profile",
	    { { "profile", "Profile",
		"Your name and the address you sign in with.", NULL } } },
	{ "password", "Password",
	    { { "password", "Password",
		"At least eight characters; a sentence of your own is best.",
		NULL } } },
	{ "factor", "Second Factor",
	    { { "totp", "Authenticator app",
		  "A code from an app on your phone, asked for when you sign"
		  " in.",
		  NULL },
		{ "webauthn", "Security keys",
		    "A key you plug in or tap, asked for when you sign in.",
		    NULL },
		{ "passkey", "Passkeys",
		    "Sign in with your device instead of a password.", NULL },
		{ "lookup_secret", "Back-up codes",
		    "For the day your phone or key is lost. Each works once.",
		    NULL } } },
	{ "linked", "Linked Accounts",
	    { { "oidc", "Linked accounts",
		"Sign in with an account you have elsewhere.", NULL } } },
	{ "sessions", "Sessions", { { NULL, NULL, NULL, NULL } } },
	{ "account", "Account",
	    { { "default", "Your data",
		"Take your data with you, or close the account.",
		"account" } } },
};

static const char *
card_name(const struct card *card)
{
	return card->name == NULL ? card->group : card->name;
}

/* --- which tab ------------------------------------------------------------- */

/* A tab without nodes in this flow is not offered. */
static bool
is_offered(const struct tab *t, const struct shown *s)
{
	size_t i;

	if (t->cards[0].group == NULL)
		return true;
	for (i = 0; i < CARDS && t->cards[i].group != NULL; i++)
		if (nodes_has_group(&s->nodes, t->cards[i].group))
			return true;
	return false;
}

static const struct tab *
find_tab(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < NITEMS(tabs); i++)
		if (str_eq(tabs[i].name, name))
			return &tabs[i];
	return NULL;
}

/*
 * The tab with the card of a method, where its submit was made; some cards
 * have several ("account_delete").
 */
static const struct tab *
tab_of_method(const char *method)
{
	size_t i, j;

	for (i = 0; method != NULL && i < NITEMS(tabs); i++)
		for (j = 0; j < CARDS && tabs[i].cards[j].group != NULL; j++)
			if (str_starts(method, card_name(&tabs[i].cards[j])))
				return &tabs[i];
	return NULL;
}

/* Names the tab asked for on the way through the identity service. */
#define TAB_COOKIE  "mirai_tab"
#define TAB_SECONDS 300

static void
keep_tab(struct page *p, const char *name)
{
	resp_cookie(p->r,
	    &(struct resp_cookie){ .name = TAB_COOKIE,
		.value = name,
		.path = "/auth",
		.max_age = name[0] == '\0' ? -1 : TAB_SECONDS,
		.secure = conf_bool(p->r->env->conf, "cookie.secure") });
}

/*
 * Asked for, else what keeps from going on, else where the last submit was,
 * else the first there is.
 */
static const struct tab *
choose_tab(struct page *p, const struct shown *s)
{
	const struct tab *t;
	size_t i;

	if ((t = find_tab(req_query(p->r, "tab"))) != NULL && is_offered(t, s))
		return t;
	if (p->level_low && (t = find_tab("factor")) != NULL &&
	    is_offered(t, s))
		return t;
	if ((t = find_tab(req_cookie(p->r, TAB_COOKIE))) != NULL) {
		keep_tab(p, "");
		if (is_offered(t, s))
			return t;
	}
	if ((t = tab_of_method(s->flow.active)) != NULL && is_offered(t, s))
		return t;
	for (i = 0; !is_offered(&tabs[i], s); i++)
		;
	return &tabs[i];
}

/* --- drawing --------------------------------------------------------------- */

static void
put_tabs(struct page *p, const struct tab *current, const struct shown *s)
{
	size_t i;

	tmpl_account_tabs_open(&p->h);
	for (i = 0; i < NITEMS(tabs); i++) {
		if (!is_offered(&tabs[i], s))
			continue;
		tmpl_account_tab(&p->h,
		    &(struct tmpl_account_tab){
			.to = arena_printf(p->r->mem,
			    "/auth/settings?flow=%s&tab=%s", s->id,
			    tabs[i].name),
			.current = &tabs[i] == current ? "page" : "false",
			.label = tabs[i].label });
	}
	tmpl_account_tabs_close(&p->h);
}

static void
put_card(struct page *p, struct shown *s, const struct card *card)
{
	const char *const groups[] = { card->group, NULL };

	tmpl_account_card_open(&p->h,
	    &(struct tmpl_account_card){ .id = card_name(card),
		.title = card->title,
		.text = card->text });
	nodes_put_form(p, &s->nodes, groups);
	tmpl_account_card_close(&p->h);
}

static void
put_cards(struct page *p, struct shown *s, const struct tab *t)
{
	size_t i;

	s->nodes.focus = false;
	s->nodes.new_password = str_eq(t->name, "password");
	if (p->level_low &&
	    json_count(json_get_list(s->nodes.ui, "messages")) == 0)
		page_banner(p, PAGE_WARNING,
		    "Your company asks for a second factor. Set one up here to"
		    " go on.");
	nodes_put_messages(p, &s->nodes);
	for (i = 0; i < CARDS && t->cards[i].group != NULL; i++)
		if (nodes_has_group(&s->nodes, t->cards[i].group))
			put_card(p, s, &t->cards[i]);
}

static void
show_tab(struct page *p, const struct tab *t, struct shown *s)
{
	page_account_open(p, TITLE);
	put_tabs(p, t, s);
	if (t->cards[0].group != NULL)
		put_cards(p, s, t);
	else if ((p->r->code = sessions_put(p, s->id)) != CODE_OK) {
		page_fail(p);
		return;
	}
	shown_put_script(p);
	page_account_close(p);
	page_send(p, 200);
}

/* --- pages ----------------------------------------------------------------- */

/* With a session, even one that is not enough for other pages yet. */
static bool
has_session(struct page *p)
{
	if (p->r->who.identity_id[0] != '\0' || p->level_low)
		return true;
	page_to_login(p);
	return false;
}

/* The list of sessions is for those who have proven all they can. */
static bool
signed_in(struct page *p)
{
	if (p->r->who.identity_id[0] != '\0')
		return true;
	page_to_login(p);
	return false;
}

/* Whoever owns a second factor proves it first; true: sent there. */
static bool
sent_to_prove(struct page *p, const struct shown *s)
{
	if (!s->flow.aal2_due ||
	    str_eq(conf_text(p->r->env->conf, "session.required_aal"), "aal1"))
		return false;
	shown_begin(p, "login",
	    arena_printf(p->r->mem, "%s%s?%s", p->site.app, p->r->path,
		p->r->query),
	    "&aal=aal2");
	return true;
}

void
account_page(struct page *p)
{
	const struct tab *t;
	struct shown s;

	if (!has_session(p))
		return;
	t = find_tab(req_query(p->r, "tab"));
	if (t != NULL && str_is_empty(req_query(p->r, "flow")))
		keep_tab(p, t->name);
	if (!shown_need(p, "settings", TITLE, &s) || sent_to_prove(p, &s) ||
	    recover_takes(p, &s))
		return;
	t = choose_tab(p, &s);
	if (t->cards[0].group != NULL || signed_in(p))
		show_tab(p, t, &s);
}

void
account_post(struct page *p)
{
	if (signed_in(p))
		sessions_post(p);
}
