/*
 * Step 1 of the course builder: title, goal, context, and how the course is
 * filed: tags (spec web.md 18.3) and folder (18.2). Leaving it makes the
 * course; coming back changes it.
 */
#include "builder.h"

#include "base/utf8.h"
#include "cards.h"

#define GOAL_MIN    10 /* characters */
#define GOAL_MAX    2000
#define CONTEXT_MAX 10000
#define TAGS_MAX    50
#define TAG_MAX	    50
#define MAX_DEPTH   8

static const struct entry_rule rules[] = {
	{ "settings.title", "title", NULL },
	{ "settings.desired_outcome", "outcome", NULL },
	{ "settings.category_tags", "tag_new", NULL },
	{ "settings.destination_folder", "folder_new",
	    "This folder is not there any more. Choose another one." },
	{ "name", "folder_new", NULL },
	{ "parent_id", "folder_new",
	    "Folders can be made three levels deep. Choose one further up." },
	{ "FOLDER_NAME_EXISTS", "folder_new",
	    "A folder of this name is there already." },
	{ NULL, NULL, NULL },
};

struct tag_group {
	const char *name;
	const char *tags[12];
};

static const struct tag_group groups[] = {
	{ "Suggestions",
	    { "Required", "Optional", "New Hire", "Quarterly Training",
		"Annual Review", "Remote Work", "Management", "Safety",
		"Security", "Innovation", NULL } },
	{ "Skill level",
	    { "Beginner", "Intermediate", "Advanced", "Expert", NULL } },
	{ "Department",
	    { "Sales", "Marketing", "Engineering", "HR", "Product",
		"Customer Success", "Finance", NULL } },
	{ "Content type",
	    { "Tutorial", "Workshop", "Certification", "Onboarding",
		"Best Practices", "Compliance", NULL } },
	{ "Duration",
	    { "Under 30 minutes", "1 hour", "2-4 hours", "Over 4 hours",
		NULL } },
	{ "Topics",
	    { "Leadership", "Communication", "Technical Skills", "Soft Skills",
		"Process", "Tools", "Strategy", NULL } },
};

/* What the form says, or the course. */
struct info {
	const char *title;
	const char *outcome;
	const char *context;
	const char **tags;
	size_t ntags;
	const char *folder; /* id or "" */
};

/* --- drawing ---------------------------------------------------------------- */

static bool
is_suggested(const char *tag)
{
	size_t i;

	for (i = 0; i < NITEMS(groups); i++)
		if (str_is_listed(groups[i].tags, tag))
			return true;
	return false;
}

static void
put_tag(struct page *p, const struct info *in, const char *tag)
{
	tmpl_builder_tag(&p->h,
	    &(struct tmpl_builder_tag){ .name = tag,
		.label = cards_tag(tag),
		.checked = builder_has(in->tags, in->ntags, tag) });
}

/* Those that are nobody's suggestion. */
static void
put_own_tags(struct page *p, const struct info *in)
{
	size_t i;

	tmpl_builder_tag_group_open(&p->h,
	    &(struct tmpl_builder_tag_group){ .name = "Your own" });
	for (i = 0; i < in->ntags; i++)
		if (!is_suggested(in->tags[i]))
			put_tag(p, in, in->tags[i]);
	tmpl_builder_tag_group_close(&p->h);
}

static const char *
tags_said(struct page *p, const struct info *in)
{
	struct buf *b;
	size_t i;

	if (in->ntags == 0)
		return "None";
	b = buf_new(p->r->mem);
	for (i = 0; i < in->ntags; i++) {
		buf_puts(b, i == 0 ? "" : ", ");
		buf_puts(b, cards_tag(in->tags[i]));
	}
	return buf_str(b);
}

static void
put_tag_group(struct page *p, const struct info *in, const struct tag_group *g)
{
	size_t i;

	tmpl_builder_tag_group_open(&p->h,
	    &(struct tmpl_builder_tag_group){ .name = g->name });
	for (i = 0; g->tags[i] != NULL; i++)
		put_tag(p, in, g->tags[i]);
	tmpl_builder_tag_group_close(&p->h);
}

static void
put_tags(struct page *p, const struct builder *b, const struct info *in,
    bool open)
{
	size_t i;
	bool bad;

	bad = b->fault.field != NULL && str_eq(b->fault.field, "tag_new");
	tmpl_builder_tags_open(&p->h,
	    &(struct tmpl_builder_tags){ .said = tags_said(p, in),
		.open = open,
		.error = bad ? b->fault.text : "",
		.invalid = bad ? "true" : "false",
		.value =
		    open && !b->again ? builder_value(p, "tag_new") : "" });
	put_own_tags(p, in);
	for (i = 0; i < NITEMS(groups); i++)
		put_tag_group(p, in, &groups[i]);
	tmpl_builder_tags_close(&p->h);
}

static void
put_folder(struct page *p, const struct pb_folder *f, const char *chosen,
    unsigned depth)
{
	size_t i;

	tmpl_builder_folder_open(&p->h,
	    &(struct tmpl_builder_folder){ .id = f->id,
		.name = f->name,
		.icon = page_folder_icon(f->type),
		.checked = str_eq(f->id, chosen) });
	if (f->nchildren > 0 && depth < MAX_DEPTH) {
		tmpl_builder_folder_list_open(&p->h);
		for (i = 0; i < f->nchildren; i++)
			put_folder(p, &f->children[i], chosen, depth + 1);
		tmpl_builder_folder_list_close(&p->h);
	}
	tmpl_builder_folder_close(&p->h);
}

static const char *
folder_name(const struct pb_folder *folders, size_t n, const char *id,
    unsigned depth)
{
	const char *name = NULL;
	size_t i;

	for (i = 0; i < n && name == NULL && depth < MAX_DEPTH; i++)
		name = str_eq(folders[i].id, id)
		    ? folders[i].name
		    : folder_name(folders[i].children, folders[i].nchildren, id,
			  depth + 1);
	return name;
}

static enum code
put_folders(struct page *p, const struct builder *b, const struct info *in,
    bool open)
{
	struct pb_get_folder_hierarchy_request ask = { 0 };
	struct pb_get_folder_hierarchy_response tree = { 0 };
	const char *name;
	enum code code;
	bool bad;
	size_t i;

	code = rpc_course_get_folder_hierarchy(p->r, &ask, &tree);
	if (code != CODE_OK)
		return code;
	name = folder_name(tree.folders, tree.nfolders, in->folder, 0);
	tmpl_builder_folders_open(&p->h,
	    &(struct tmpl_builder_folders){ .said = name == NULL ? "No folder"
								 : name,
		.checked = name == NULL,
		.open = open });
	for (i = 0; i < tree.nfolders; i++)
		put_folder(p, &tree.folders[i], in->folder, 0);
	bad = b->fault.field != NULL && str_eq(b->fault.field, "folder_new");
	tmpl_builder_folders_close(&p->h,
	    &(struct tmpl_builder_folders){ .error = bad ? b->fault.text : "",
		.invalid = bad ? "true" : "false",
		.value =
		    open && !b->again ? builder_value(p, "folder_new") : "" });
	return CODE_OK;
}

static void
put_fields(struct page *p, const struct builder *b, const struct info *in)
{
	entry_put_line(p, &b->fault,
	    &(struct entry_line){ .name = "title",
		.label = "Course title",
		.value = in->title,
		.required = true,
		.max = 500 });
	entry_put_text(p, &b->fault,
	    &(struct entry_line){ .name = "outcome",
		.label = "Learning goal",
		.value = in->outcome,
		.note = "What learners can do when they are through. At least"
			" 10 characters.",
		.required = true,
		.max = GOAL_MAX });
	entry_put_text(p, &b->fault,
	    &(struct entry_line){ .name = "context",
		.label = "Additional context (optional)",
		.value = in->context,
		.note = "Anything else the outline should heed: tone, length,"
			" examples, what to leave out.",
		.max = CONTEXT_MAX });
}

/* --- what is said ------------------------------------------------------------- */

static const char **
posted_tags(struct page *p, size_t *n)
{
	const char **all, **tags;
	size_t i, nall;

	all = builder_posted(p, "tag", &nall);
	tags = arena_calloc(p->r->mem, nall + 1, sizeof(*tags));
	for (*n = i = 0; i < nall; i++)
		if (all[i][0] != '\0' && !builder_has(tags, *n, all[i]))
			tags[(*n)++] = all[i];
	return tags;
}

static struct info
posted(struct page *p)
{
	struct info in = {
		.title = str_trim(p->r->mem, builder_value(p, "title")),
		.outcome = str_trim(p->r->mem, builder_value(p, "outcome")),
		.context = str_trim(p->r->mem, builder_value(p, "context")),
		.folder = builder_value(p, "folder"),
	};

	in.tags = posted_tags(p, &in.ntags);
	return in;
}

static struct info
stored(const struct builder *b)
{
	const struct pb_course_settings *s;
	struct info in = { .title = b->title,
		.outcome = b->outcome,
		.context = b->choice.context,
		.folder = "" };

	if (b->course == NULL || (s = b->course->settings) == NULL)
		return in;
	in.tags = s->category_tags;
	in.ntags = s->ncategory_tags;
	if (s->destination_folder != NULL)
		in.folder = s->destination_folder;
	return in;
}

/* A post that was not stored is drawn as it was typed, with what it added. */
static struct info
posted_again(struct page *p, const struct builder *b)
{
	struct info in = posted(p);

	if (!b->again)
		return in;
	if (str_eq(builder_value(p, "go"), "add-folder"))
		in.folder = b->added;
	else if (!builder_has(in.tags, in.ntags, b->added))
		in.tags[in.ntags++] = b->added;
	return in;
}

enum code
builder_info_put(struct page *p, struct builder *b)
{
	const char *pressed = builder_value(p, "go");
	struct info in;
	enum code code;

	in = str_eq(p->r->method, "POST") ? posted_again(p, b) : stored(b);
	tmpl_builder_form_open(&p->h,
	    &(struct tmpl_builder_form){ .csrf = p->csrf,
		.id = b->id,
		.step = 1,
		.title = "What the course is about" });
	put_fields(p, b, &in);
	put_tags(p, b, &in, str_ends(pressed, "-tag"));
	code = put_folders(p, b, &in, str_ends(pressed, "-folder"));
	builder_foot(p, false, "Continue", "Saving …");
	tmpl_builder_form_close(&p->h);
	return code;
}

/* --- storing ------------------------------------------------------------------- */

static bool
refuse(struct builder *b, const char *field, const char *text)
{
	b->fault = (struct entry){ field, text, 400 };
	return false;
}

static bool
check(struct builder *b, const struct info *in)
{
	if (in->title[0] == '\0')
		return refuse(b, "title", "Please give the course a title.");
	if (utf8_count(in->outcome) < GOAL_MIN)
		return refuse(b, "outcome",
		    "Please say in at least 10 characters what learners can"
		    " do afterwards.");
	if (utf8_count(in->outcome) > GOAL_MAX)
		return refuse(b, "outcome",
		    "The goal may have 2,000 characters.");
	if (utf8_count(in->context) > CONTEXT_MAX)
		return refuse(b, "context",
		    "The context may have 10,000 characters.");
	if (in->ntags > TAGS_MAX)
		return refuse(b, "tag_new", "A course has at most 50 tags.");
	return true;
}

/* A failed call as a fault of the form; false either way. */
static bool
failed(struct page *p, struct builder *b)
{
	if (entry_fault(p, rules, &b->fault))
		req_unfail(p->r);
	return false;
}

static struct pb_course_settings
settings_of(const struct info *in)
{
	return (struct pb_course_settings){ .title = in->title,
		.desired_outcome = in->outcome,
		.destination_folder = in->folder,
		.category_tags = in->tags,
		.ncategory_tags = in->ntags,
		.data_source = "ai-generated" };
}

static bool
create(struct page *p, struct builder *b, const struct info *in)
{
	struct pb_course_settings settings = settings_of(in);
	struct pb_create_course_request ask = { .settings = &settings };
	struct pb_create_course_response out = { 0 };

	if (rpc_course_create_course(p->r, &ask, &out) != CODE_OK)
		return failed(p, b);
	b->course = out.course;
	b->id = out.course->id;
	return true;
}

static bool
is_same(const struct builder *b, const struct info *in)
{
	const struct info old = stored(b);
	size_t i;

	if (!str_eq(old.title, in->title) ||
	    !str_eq(old.outcome, in->outcome) ||
	    !str_eq(old.folder, in->folder) || old.ntags != in->ntags)
		return false;
	for (i = 0; i < in->ntags; i++)
		if (!str_eq(old.tags[i], in->tags[i]))
			return false;
	return true;
}

static bool
update(struct page *p, struct builder *b, const struct info *in)
{
	struct pb_course_settings settings = settings_of(in);
	struct pb_update_course_request ask = { .id = b->id,
		.settings = &settings,
		.clear_tags = true,
		.clear_folder = true };
	struct pb_update_course_response out = { 0 };

	if (is_same(b, in))
		return true;
	return rpc_course_update_course(p->r, &ask, &out) == CODE_OK ||
	    failed(p, b);
}

static bool
store(struct page *p, struct builder *b, const struct info *in)
{
	if (!check(b, in) ||
	    !(b->id[0] == '\0' ? create(p, b, in) : update(p, b, in)))
		return false;
	b->title = in->title;
	b->outcome = in->outcome;
	if (str_eq(b->choice.context, in->context))
		return true;
	b->choice.context = in->context;
	return builder_draft_save(p->r, b->id, &b->choice) == CODE_OK ||
	    failed(p, b);
}

/* --- pickers ------------------------------------------------------------------- */

/* Shows the form again as it was typed, and with what was added. */
static bool
again(struct builder *b, const char *added)
{
	b->again = true;
	b->added = added;
	return false;
}

/* The new tag counts as if its box had been ticked. */
static bool
add_tag(struct page *p, struct builder *b)
{
	const char *tag = str_trim(p->r->mem, builder_value(p, "tag_new"));

	if (tag[0] == '\0')
		return refuse(b, "tag_new", "Type the tag first.");
	if (utf8_count(tag) > TAG_MAX)
		return refuse(b, "tag_new", "A tag has at most 50 characters.");
	return again(b, tag);
}

static bool
add_folder(struct page *p, struct builder *b)
{
	const char *parent = builder_value(p, "folder");
	struct pb_create_folder_request ask = {
		.name = str_trim(p->r->mem, builder_value(p, "folder_new")),
		.parent_id = parent[0] == '\0' ? NULL : parent,
		.type = PB_FOLDER_TYPE_FOLDER,
	};
	struct pb_create_folder_response out = { 0 };

	if (ask.name[0] == '\0')
		return refuse(b, "folder_new", "Type the folder's name first.");
	if (rpc_course_create_folder(p->r, &ask, &out) != CODE_OK)
		return failed(p, b);
	return again(b, out.folder->id);
}

bool
builder_info_take(struct page *p, struct builder *b)
{
	const char *pressed = builder_value(p, "go");
	const struct info in = posted(p);

	if (str_eq(pressed, "add-tag"))
		return add_tag(p, b);
	if (str_eq(pressed, "add-folder"))
		return add_folder(p, b);
	return store(p, b, &in);
}
