/*
 * Courses as cards, for the pages that list them, and the steps between the
 * pages of a list.
 */
#include "cards.h"

#include "ai/extractive.h"
#include "courses.h"

#define MAX_TAGS 3 /* shown on a card */

static const struct cards_status statuses[] = {
	{ "draft", PB_COURSE_STATUS_DRAFT, "Draft", "plain", "edit" },
	{ "generated", PB_COURSE_STATUS_GENERATED, "Generated", "info",
	    "outline" },
	{ "published", PB_COURSE_STATUS_PUBLISHED, "Published", "ok", "check" },
};

/* --- statuses ------------------------------------------------------------- */

const struct cards_status *
cards_statuses(size_t *n)
{
	*n = NITEMS(statuses);
	return statuses;
}

const struct cards_status *
cards_status(const char *value)
{
	size_t i;

	for (i = 0; i < NITEMS(statuses); i++)
		if (str_eq(statuses[i].value, value))
			return &statuses[i];
	return NULL;
}

/* --- cards ---------------------------------------------------------------- */

/* Draft also stands for a status that is not known. */
static const struct cards_status *
find_status(int32_t status)
{
	size_t i;

	for (i = 0; i < NITEMS(statuses); i++)
		if (statuses[i].status == status)
			return &statuses[i];
	return &statuses[0];
}

/* The same course always has the same cover. */
static int64_t
hue(const char *id)
{
	uint32_t h;

	for (h = 2166136261U; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * 16777619U;
	return h % 6;
}

const char *
cards_tag(const char *tag)
{
	return str_eq(tag, extractive_provider.mark)
	    ? "Written without an AI model"
	    : tag;
}

static void
put_tags(struct page *p, const struct pb_library_entry *c)
{
	size_t i;

	if (c->ntags == 0)
		return;
	tmpl_tags_open(&p->h);
	for (i = 0; i < c->ntags && i < MAX_TAGS; i++)
		tmpl_tag(&p->h,
		    &(struct tmpl_tag){ .name = cards_tag(c->tags[i]) });
	if (c->ntags > MAX_TAGS)
		tmpl_tag(&p->h,
		    &(struct tmpl_tag){ .name = arena_printf(p->r->mem, "+%zu",
					    c->ntags - MAX_TAGS) });
	tmpl_tags_close(&p->h);
}

/* Who may not delete is not offered it. */
static void
put_deeds(struct page *p, const struct pb_library_entry *c, const char *title,
    const char *here)
{
	const bool is_out = c->status == PB_COURSE_STATUS_PUBLISHED;

	tmpl_course_deeds_open(&p->h,
	    &(struct tmpl_course_deeds){ .id = c->id,
		.title = title,
		.to = courses_to(p, c->id, is_out ? "unpublish" : "publish",
		    here),
		.csrf = p->csrf,
		.icon = is_out ? "restore" : "check",
		.deed = is_out ? "Unpublish" : "Publish" });
	if (page_is_admin(p) || str_eq(c->created_by, p->me->id))
		tmpl_course_delete(&p->h,
		    &(struct tmpl_course_delete){
			.to = courses_to(p, c->id, "delete", here),
			.title = title });
	tmpl_course_deeds_close(&p->h);
}

static void
put_card(struct page *p, const struct pb_library_entry *c, const char *here)
{
	const struct cards_status *status;
	struct tmpl_course_card card = { 0 };

	status = find_status(c->status);
	card.hue = hue(c->id);
	card.id = c->id;
	card.title = str_is_empty(c->title) ? "Untitled Course" : c->title;
	card.modified = page_time(p->r->mem, c->modified_at);
	card.modified_text = page_day(p->r->mem, c->modified_at);
	card.tone = status->tone;
	card.icon = status->icon;
	card.status = status->label;
	tmpl_course_card_open(&p->h, &card);
	put_tags(p, c);
	if (page_is_editor(p))
		put_deeds(p, c, card.title, here);
	tmpl_course_card_close(&p->h, &card);
}

void
cards_put(struct page *p, const struct pb_library_entry *items, size_t n,
    const char *here)
{
	size_t i;

	tmpl_grid_open(&p->h);
	for (i = 0; i < n; i++)
		put_card(p, &items[i], here);
	tmpl_grid_close(&p->h);
}

/* --- pages of a list ------------------------------------------------------ */

static void
put_pager_step(struct page *p, const char *to, int64_t page, bool there,
    const char *rel, const char *label)
{
	if (there)
		tmpl_pager_link(&p->h,
		    &(struct tmpl_pager_link){ .to = arena_printf(p->r->mem,
						   "%s%lld", to,
						   (long long)page),
			.rel = rel,
			.label = label });
	else
		tmpl_pager_none(&p->h,
		    &(struct tmpl_pager_none){ .label = label });
}

void
cards_pager(struct page *p, const char *to, int64_t page, int64_t total,
    int64_t per_page)
{
	int64_t last;

	last = (total + per_page - 1) / per_page;
	if (last <= 1 && page == 1)
		return;
	tmpl_pager_open(&p->h);
	put_pager_step(p, to, page - 1, page > 1, "prev", "Previous");
	tmpl_pager_text(&p->h,
	    &(struct tmpl_pager_text){
		.text = arena_printf(p->r->mem, "Page %lld of %lld",
		    (long long)page, (long long)(last < 1 ? 1 : last)) });
	put_pager_step(p, to, page + 1, page < last, "next", "Next");
	tmpl_pager_close(&p->h);
}
