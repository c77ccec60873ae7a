/*
 * The outline editor (spec web.md 11): one form in the order of the outline,
 * so the order of its fields is the order of sections and lessons. A button
 * that moves, adds or deletes sends the form and gets it back changed; nothing
 * is stored before it is saved. Script moves, drags and saves in place.
 */
#include "builder.h"

#include <string.h>

#include "base/utf8.h"
#include "note.h"
#include "pages.h"
#include "rpc/query.h"

#define SECTIONS_MAX   50 /* content.md 15 */
#define LESSONS_MAX    30 /* of a section */
#define OBJECTIVES_MAX 20
#define TITLE_MAX      500
#define MINUTES_MAX    600
#define NEW_MINUTES    10

static const struct entry_rule rules[] = {
	{ NULL, NULL, NULL },
};

/* An outline as a form holds it. */
struct sheet {
	const char *outline;
	int64_t revision;
	struct pb_outline_section *sections;
	size_t nsections;
	size_t fresh;	   /* numbers given to what is new */
	const char *focus; /* id of what was added or moved; "" */
};

/* --- reading the form ------------------------------------------------------------- */

/* Lines of a text, trimmed, without empty ones. */
static const char **
lines_of(struct arena *a, const char *text, size_t *n)
{
	const char **lines, *line, *end;
	size_t max;

	for (max = 1, line = text; *line != '\0'; line++)
		max += *line == '\n';
	lines = arena_calloc(a, max, sizeof(*lines));
	for (*n = 0, line = text; *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		lines[*n] =
		    str_trim(a, arena_strndup(a, line, (size_t)(end - line)));
		*n += lines[*n][0] != '\0';
		end += *end == '\n';
	}
	return lines;
}

static struct pb_outline_section *
add_section(struct arena *a, struct sheet *s, const char *id)
{
	struct pb_outline_section *x;

	if (s->nsections == SECTIONS_MAX)
		return NULL;
	x = &s->sections[s->nsections++];
	x->id = id;
	x->title = x->description = "";
	x->lessons = arena_calloc(a, LESSONS_MAX, sizeof(*x->lessons));
	return x;
}

static struct pb_outline_lesson *
add_lesson(struct pb_outline_section *x, const char *id)
{
	struct pb_outline_lesson *l;

	if (x == NULL || x->nlessons == LESSONS_MAX)
		return NULL;
	l = &x->lessons[x->nlessons++];
	l->id = id;
	l->title = l->description = "";
	return l;
}

static struct sheet
sheet_new(struct arena *a)
{
	return (struct sheet){ .outline = "",
		.focus = "",
		.sections = arena_calloc(a, SECTIONS_MAX,
		    sizeof(struct pb_outline_section)) };
}

/* New ones are "new-1", "new-2" ...: the next number is above them all. */
static void
note_fresh(struct sheet *s, const char *id)
{
	int64_t n;

	if (str_starts(id, "new-") && str_to_i64(id + 4, 1, 1000000, &n) &&
	    (size_t)n > s->fresh)
		s->fresh = (size_t)n;
}

/* Minutes that are no number are -1: the check says so. */
static int32_t
minutes_of(const char *text)
{
	int64_t n;

	if (text[0] == '\0')
		return 0;
	return str_to_i64(text, 0, MINUTES_MAX, &n) ? (int32_t)n : -1;
}

/* The section and lesson that fields belong to from here on. */
struct place {
	struct pb_outline_section *section;
	struct pb_outline_lesson *lesson;
	bool full; /* more came than an outline holds */
};

static void
take_lesson_field(struct arena *a, struct place *at, const char *name,
    const char *value)
{
	struct pb_outline_lesson *l = at->lesson;

	if (str_eq(name, "title"))
		l->title = value;
	else if (str_eq(name, "description"))
		l->description = value;
	else if (str_eq(name, "minutes"))
		l->estimated_duration_minutes = minutes_of(value);
	else if (str_eq(name, "objectives"))
		l->learning_objectives =
		    lines_of(a, value, &l->nlearning_objectives);
}

static void
take_field(struct arena *a, struct sheet *s, struct place *at, const char *name,
    const char *value)
{
	if (str_eq(name, "section")) {
		at->section = add_section(a, s, value);
		at->lesson = NULL;
		at->full = at->full || at->section == NULL;
		note_fresh(s, value);
	} else if (str_eq(name, "lesson")) {
		at->lesson = add_lesson(at->section, value);
		at->full = at->full || at->lesson == NULL;
		note_fresh(s, value);
	} else if (at->lesson != NULL)
		take_lesson_field(a, at, name, value);
	else if (at->section != NULL && str_eq(name, "title"))
		at->section->title = value;
	else if (at->section != NULL && str_eq(name, "description"))
		at->section->description = value;
}

/* False: it holds more than an outline may. */
static bool
read_sheet(struct page *p, struct sheet *s)
{
	const char *text = (const char *)p->r->body;
	struct place at = { 0 };
	struct query_pair pair;
	const char *name, *value;
	size_t len;

	*s = sheet_new(p->r->mem);
	s->outline = builder_value(p, "outline");
	if (!str_to_i64(builder_value(p, "revision"), 0, INT32_MAX,
		&s->revision))
		s->revision = 0;
	while (text != NULL && query_next(&text, &pair)) {
		name = query_decode(p->r->mem, pair.name, pair.namelen, true,
		    &len);
		value = query_decode(p->r->mem, pair.value, pair.valuelen, true,
		    &len);
		if (name != NULL && value != NULL)
			take_field(p->r->mem, s, &at, name, value);
	}
	return !at.full;
}

/* The stored outline as a sheet; lists have room for more. */
static struct sheet
sheet_of(struct arena *a, const struct pb_course_outline *o)
{
	struct sheet s = sheet_new(a);
	struct pb_outline_section *x;
	size_t i;

	s.outline = o->id;
	s.revision = o->revision;
	for (i = 0; i < o->nsections; i++) {
		if ((x = add_section(a, &s, o->sections[i].id)) == NULL)
			break;
		x->title = o->sections[i].title;
		x->description = o->sections[i].description == NULL
		    ? ""
		    : o->sections[i].description;
		x->nlessons = o->sections[i].nlessons < LESSONS_MAX
		    ? o->sections[i].nlessons
		    : LESSONS_MAX;
		if (x->nlessons > 0)
			memcpy(x->lessons, o->sections[i].lessons,
			    x->nlessons * sizeof(*x->lessons));
	}
	return s;
}

/* --- changing it -------------------------------------------------------------------- */

static const char *
fresh_id(struct arena *a, struct sheet *s)
{
	return arena_printf(a, "new-%zu", ++s->fresh);
}

static size_t
find_section(const struct sheet *s, const char *id)
{
	size_t i;

	for (i = 0; i < s->nsections; i++)
		if (str_eq(s->sections[i].id, id))
			break;
	return i;
}

/* The section that holds a lesson, and where in it; false: none. */
static bool
find_lesson(const struct sheet *s, const char *id, size_t *section,
    size_t *lesson)
{
	size_t i, j;

	for (i = 0; i < s->nsections; i++)
		for (j = 0; j < s->sections[i].nlessons; j++)
			if (str_eq(s->sections[i].lessons[j].id, id)) {
				*section = i;
				*lesson = j;
				return true;
			}
	return false;
}

static void
swap_sections(struct sheet *s, size_t i, size_t j)
{
	struct pb_outline_section x;

	if (i >= s->nsections || j >= s->nsections)
		return;
	x = s->sections[i];
	s->sections[i] = s->sections[j];
	s->sections[j] = x;
}

static void
drop_lesson(struct pb_outline_section *x, size_t j)
{
	memmove(&x->lessons[j], &x->lessons[j + 1],
	    (x->nlessons - j - 1) * sizeof(*x->lessons));
	x->nlessons--;
}

static void
put_lesson_at(struct pb_outline_section *x, size_t j,
    const struct pb_outline_lesson *l)
{
	memmove(&x->lessons[j + 1], &x->lessons[j],
	    (x->nlessons - j) * sizeof(*x->lessons));
	x->lessons[j] = *l;
	x->nlessons++;
}

/* One place up or down; across the border into the section beside it. */
static void
move_lesson(struct sheet *s, size_t i, size_t j, int by)
{
	struct pb_outline_section *x = &s->sections[i], *to;
	struct pb_outline_lesson l = x->lessons[j];
	bool inside = by < 0 ? j > 0 : j + 1 < x->nlessons;

	if (inside) {
		drop_lesson(x, j);
		put_lesson_at(x, by < 0 ? j - 1 : j + 1, &l);
		return;
	}
	if (by < 0 ? i == 0 : i + 1 == s->nsections)
		return;
	to = by < 0 ? x - 1 : x + 1;
	if (to->nlessons == LESSONS_MAX)
		return;
	drop_lesson(x, j);
	put_lesson_at(to, by < 0 ? to->nlessons : 0, &l);
}

static void
change_section(struct arena *a, struct sheet *s, const char *deed, size_t i)
{
	struct pb_outline_lesson *l;

	if (str_eq(deed, "up"))
		swap_sections(s, i, i - 1);
	else if (str_eq(deed, "down"))
		swap_sections(s, i, i + 1);
	else if (str_eq(deed, "delete") && s->nsections > 1) {
		memmove(&s->sections[i], &s->sections[i + 1],
		    (s->nsections - i - 1) * sizeof(*s->sections));
		s->nsections--;
	} else if (str_eq(deed, "add-lesson")) {
		s->focus = fresh_id(a, s);
		if ((l = add_lesson(&s->sections[i], s->focus)) == NULL)
			return;
		l->title = "New Lesson";
		l->estimated_duration_minutes = NEW_MINUTES;
	}
}

static void
change_lesson(struct sheet *s, const char *deed, size_t i, size_t j)
{
	if (str_eq(deed, "up"))
		move_lesson(s, i, j, -1);
	else if (str_eq(deed, "down"))
		move_lesson(s, i, j, 1);
	else if (str_eq(deed, "delete"))
		drop_lesson(&s->sections[i], j);
}

/* What a button "up:ID" asks for. False: it is none of this form's. */
static bool
change(struct arena *a, struct sheet *s, const char *pressed)
{
	struct pb_outline_section *x;
	const char *id, *deed;
	size_t i, j;

	if (str_eq(pressed, "add-section")) {
		s->focus = fresh_id(a, s);
		if ((x = add_section(a, s, s->focus)) != NULL)
			x->title = "New Section";
		return true;
	}
	if ((id = strchr(pressed, ':')) == NULL)
		return false;
	deed = arena_strndup(a, pressed, (size_t)(id++ - pressed));
	s->focus = id;
	if ((i = find_section(s, id)) < s->nsections)
		change_section(a, s, deed, i);
	else if (find_lesson(s, id, &i, &j))
		change_lesson(s, deed, i, j);
	return true;
}

/* --- drawing ------------------------------------------------------------------------- */

static const char *
objectives_text(struct arena *a, const struct pb_outline_lesson *l)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < l->nlearning_objectives; i++)
		buf_printf(b, "%s\n", l->learning_objectives[i]);
	return buf_str(b);
}

static void
put_lesson(struct page *p, const struct sheet *s,
    const struct pb_outline_lesson *l, size_t section, size_t lesson)
{
	int32_t minutes = l->estimated_duration_minutes;

	tmpl_outline_edit_lesson(&p->h,
	    &(struct tmpl_outline_edit_lesson){ .id = l->id,
		.number = arena_printf(p->r->mem, "%zu.%zu", section, lesson),
		.title = l->title,
		.description = l->description == NULL ? "" : l->description,
		.minutes = minutes <= 0
		    ? ""
		    : arena_printf(p->r->mem, "%d", (int)minutes),
		.objectives = objectives_text(p->r->mem, l),
		.autofocus = str_eq(s->focus, l->id) });
}

static void
put_section(struct page *p, const struct sheet *s, size_t i)
{
	const struct pb_outline_section *x = &s->sections[i];
	const struct tmpl_outline_edit_section t = { .id = x->id,
		.number = (int64_t)i + 1,
		.title = x->title,
		.description = x->description,
		.disabled = s->nsections == 1,
		.autofocus = str_eq(s->focus, x->id) };
	size_t j;

	tmpl_outline_edit_section_open(&p->h, &t);
	for (j = 0; j < x->nlessons; j++)
		put_lesson(p, s, &x->lessons[j], i + 1, j + 1);
	tmpl_outline_edit_section_close(&p->h, &t);
}

static void
put_sheet(struct page *p, const struct builder *b, const struct sheet *s,
    const struct entry *e)
{
	size_t i;

	page_app_open(p, "Edit Outline", false);
	tmpl_outline_edit_head(&p->h,
	    &(struct tmpl_outline_edit_head){ .title = b->title,
		.back = builder_at(p, b, 5) });
	entry_put_summary(p, e);
	tmpl_outline_edit_open(&p->h,
	    &(struct tmpl_outline_edit){ .to = builder_to(p, b, "/outline"),
		.csrf = p->csrf,
		.course = b->id,
		.outline = s->outline,
		.revision = s->revision });
	for (i = 0; i < s->nsections; i++)
		put_section(p, s, i);
	tmpl_outline_edit_close(&p->h,
	    &(struct tmpl_outline_edit){ .back = builder_at(p, b, 5) });
	page_app_close(p);
	page_send(p, e->field == NULL ? 200 : e->status);
}

/* --- saving --------------------------------------------------------------------------- */

static const char *
flaw_of_lesson(struct arena *a, const struct pb_outline_lesson *l,
    const char *number)
{
	if (str_trim(a, l->title)[0] == '\0')
		return arena_printf(a, "Lesson %s needs a title.", number);
	if (utf8_count(l->title) > TITLE_MAX)
		return arena_printf(a,
		    "The title of lesson %s may have 500 characters.", number);
	if (l->estimated_duration_minutes < 0)
		return arena_printf(a,
		    "The minutes of lesson %s must be a whole number from 1 to"
		    " 600.",
		    number);
	if (l->nlearning_objectives > OBJECTIVES_MAX)
		return arena_printf(a,
		    "Lesson %s may have 20 learning objectives.", number);
	return NULL;
}

/* The first thing that is wrong, as a sentence; NULL: nothing. */
static const char *
flaw_of(struct arena *a, const struct sheet *s)
{
	const struct pb_outline_section *x;
	const char *flaw = NULL;
	size_t i, j;

	for (i = 0; i < s->nsections && flaw == NULL; i++) {
		x = &s->sections[i];
		if (str_trim(a, x->title)[0] == '\0')
			return arena_printf(a, "Section %zu needs a title.",
			    i + 1);
		if (utf8_count(x->title) > TITLE_MAX)
			return arena_printf(a,
			    "The title of section %zu may have 500 characters.",
			    i + 1);
		for (j = 0; j < x->nlessons && flaw == NULL; j++)
			flaw = flaw_of_lesson(a, &x->lessons[j],
			    arena_printf(a, "%zu.%zu", i + 1, j + 1));
	}
	return flaw;
}

/* Order numbers are what the form's order says. */
static void
number(struct sheet *s)
{
	size_t i, j;

	for (i = 0; i < s->nsections; i++) {
		s->sections[i].order = (int32_t)i + 1;
		for (j = 0; j < s->sections[i].nlessons; j++)
			s->sections[i].lessons[j].order = (int32_t)j + 1;
	}
}

/* Why it was not stored; what was typed stays in the form. */
static void
explain(struct page *p, struct entry *e)
{
	if (p->r->code == CODE_ABORTED)
		*e = (struct entry){ "",
			"Somebody else has changed this outline meanwhile. What"
			" you typed is still here: copy what you need, then"
			" open the outline again.",
			409 };
	else if (!entry_fault(p, rules, e))
		*e = (struct entry){ "",
			p->r->message == NULL
			    ? "The outline was not saved."
			    : arena_printf(p->r->mem,
				  "The outline was not saved: %s.",
				  p->r->message),
			400 };
	req_unfail(p->r);
}

static bool
store(struct page *p, const struct builder *b, struct sheet *s, struct entry *e)
{
	struct pb_update_course_outline_request in = { .course_id = b->id,
		.outline_id = s->outline,
		.sections = s->sections,
		.nsections = s->nsections,
		.has_revision = true,
		.revision = (int32_t)s->revision };
	struct pb_update_course_outline_response out = { 0 };
	const char *flaw;

	if ((flaw = flaw_of(p->r->mem, s)) != NULL) {
		*e = (struct entry){ "", flaw, 400 };
		return false;
	}
	number(s);
	if (rpc_ai_generation_update_course_outline(p->r, &in, &out) == CODE_OK)
		return true;
	explain(p, e);
	return false;
}

static void
save(struct page *p, struct builder *b, struct sheet *s)
{
	struct machine_run run = { .machine = &machine_generation,
		.state = GENERATION_VIEWING };
	struct entry e = { 0 };

	(void)machine_step(&run, GENERATION_UPDATE);
	if (!store(p, b, s, &e)) {
		(void)machine_step(&run, GENERATION_FAILED);
		put_sheet(p, b, s, &e);
		return;
	}
	(void)machine_step(&run, GENERATION_OK);
	note_leave(p, "outline-saved");
	page_redirect(p, builder_at(p, b, 5));
}

/* False after the page said that there is nothing to edit. */
static bool
take_open(struct page *p, struct builder *b)
{
	if (!builder_take(p, b))
		return false;
	if (b->outline != NULL && builder_is_open(b))
		return true;
	page_redirect(p, builder_at(p, b, 0));
	return false;
}

void
builder_edit_page(struct page *p)
{
	const struct entry none = { 0 };
	struct builder b;
	struct sheet s;

	if (!take_open(p, &b))
		return;
	s = sheet_of(p->r->mem, b.outline);
	put_sheet(p, &b, &s, &none);
}

void
builder_edit_post(struct page *p)
{
	const struct entry none = { 0 };
	const struct entry full = { "",
		"An outline has at most 50 sections with 30 lessons each.",
		400 };
	struct builder b;
	struct sheet s;

	if (!builder_take(p, &b))
		return;
	if (!read_sheet(p, &s))
		put_sheet(p, &b, &s, &full);
	else if (change(p->r->mem, &s, builder_value(p, "go")))
		put_sheet(p, &b, &s, &none);
	else
		save(p, &b, &s);
}
