/*
 * The content library: courses as cards, by folder, status, tag and search. Without a search the service filters and pages; a search
 * goes over the whole library of the caller, which the service bounds.
 */
#include <string.h>

#include "asked.h"
#include "base/utf8.h"
#include "cards.h"
#include "fold.h"
#include "mirai/v1/course.rpc.h"
#include "pages.h"

#define PER_PAGE  24
#define MAX_PAGE  100000
#define Q_MAX	  200 /* bytes of a search */
#define MAX_DEPTH 8   /* folders inside folders that are drawn */

/* What is asked for. */
struct ask {
	const char *folder; /* id or "" */
	const char *q;
	const char *tag;
	const struct cards_status *status; /* NULL: any */
	int64_t page;			   /* from 1 */
};

/* What is shown. */
struct list {
	struct pb_library_entry *items;
	size_t nitems;
	int64_t total;
};

/* --- finding courses ------------------------------------------------------ */

static bool
has_tag(const struct pb_library_entry *c, const char *tag)
{
	size_t i;

	for (i = 0; i < c->ntags; i++)
		if (str_eq(c->tags[i], tag))
			return true;
	return false;
}

/* Title or a tag holds the folded search text. */
static bool
is_hit(struct arena *a, const struct pb_library_entry *c, const char *q)
{
	size_t i;

	if (fold_has(a, c->title, q))
		return true;
	for (i = 0; i < c->ntags; i++)
		if (fold_has(a, c->tags[i], q))
			return true;
	return false;
}

static bool
is_wanted(const struct pb_library_entry *c, const struct ask *ask)
{
	if (ask->status != NULL && c->status != ask->status->status)
		return false;
	if (ask->folder[0] != '\0' && !str_eq(c->folder, ask->folder))
		return false;
	return ask->tag[0] == '\0' || has_tag(c, ask->tag);
}

/* One page of what matches in the whole library. */
static enum code
search(struct page *p, const struct ask *ask, struct list *list)
{
	struct pb_get_library_request in = { 0 };
	struct pb_get_library_response out = { 0 };
	const char *q;
	enum code code;
	int64_t first;
	size_t i;

	if ((code = rpc_course_get_library(p->r, &in, &out)) != CODE_OK)
		return code;
	q = fold_text(p->r->mem, ask->q);
	first = (ask->page - 1) * PER_PAGE;
	list->items = arena_calloc(p->r->mem, PER_PAGE, sizeof(*list->items));
	for (i = 0; out.library != NULL && i < out.library->ncourses; i++) {
		if (!is_wanted(&out.library->courses[i], ask) ||
		    !is_hit(p->r->mem, &out.library->courses[i], q))
			continue;
		if (list->total >= first && list->nitems < PER_PAGE)
			list->items[list->nitems++] = out.library->courses[i];
		list->total++;
	}
	return CODE_OK;
}

static enum code
browse(struct page *p, const struct ask *ask, struct list *list)
{
	struct pb_list_courses_request in = { 0 };
	struct pb_list_courses_response out = { 0 };
	const char *tags[1];
	enum code code;

	in.limit = PER_PAGE;
	in.offset = (int32_t)((ask->page - 1) * PER_PAGE);
	if (ask->status != NULL) {
		in.has_status = true;
		in.status = ask->status->status;
	}
	if (ask->folder[0] != '\0')
		in.folder = ask->folder;
	if (ask->tag[0] != '\0') {
		tags[0] = ask->tag;
		in.tags = tags;
		in.ntags = 1;
	}
	if ((code = rpc_course_list_courses(p->r, &in, &out)) != CODE_OK)
		return code;
	list->items = out.courses;
	list->nitems = out.ncourses;
	list->total = out.total_count;
	return CODE_OK;
}

/* --- the question in the address ------------------------------------------ */

/* Reads the query; false when it asks for what cannot be. */
static bool
read_ask(struct page *p, struct ask *ask)
{
	const char *page;

	ask->folder = asked_text(p, "folder");
	ask->q = str_trim(p->r->mem, asked_text(p, "q"));
	ask->tag = str_trim(p->r->mem, asked_text(p, "tag"));
	ask->status = cards_status(asked_text(p, "status"));
	ask->page = 1;
	page = asked_text(p, "page");
	if (page[0] != '\0' && !str_to_i64(page, 1, MAX_PAGE, &ask->page))
		return false;
	if (strlen(ask->q) > Q_MAX || strlen(ask->tag) > Q_MAX ||
	    !utf8_valid(ask->q, strlen(ask->q)) ||
	    !utf8_valid(ask->tag, strlen(ask->tag)))
		return false;
	return ask->folder[0] == '\0' || str_is_uuid(ask->folder);
}

/* The library's address with this question, up to the number of a page. */
static const char *
address(struct page *p, const struct ask *ask)
{
	struct arena *a;

	a = p->r->mem;
	return arena_printf(a,
	    "/content-library?folder=%s&q=%s&status=%s&tag=%s&page=",
	    ask->folder, str_url_encode(a, ask->q),
	    ask->status == NULL ? "" : ask->status->value,
	    str_url_encode(a, ask->tag));
}

/* --- folders -------------------------------------------------------------- */

static void
put_folder(struct page *p, const struct pb_folder *f, const char *current,
    unsigned depth)
{
	size_t i;

	tmpl_folder_open(&p->h,
	    &(struct tmpl_folder){ .id = f->id,
		.current = str_eq(f->id, current) ? "true" : "false",
		.icon = page_folder_icon(f->type),
		.name = f->name,
		.count = f->course_count > 0
		    ? arena_printf(p->r->mem, "%d", f->course_count)
		    : "" });
	if (f->nchildren > 0 && depth < MAX_DEPTH) {
		tmpl_folder_list_open(&p->h);
		for (i = 0; i < f->nchildren; i++)
			put_folder(p, &f->children[i], current, depth + 1);
		tmpl_folder_list_close(&p->h);
	}
	tmpl_folder_close(&p->h);
}

static void
put_folders(struct page *p, const struct pb_get_folder_hierarchy_response *tree,
    const char *current, const char *name)
{
	size_t i;

	tmpl_folders_open(&p->h, &(struct tmpl_folders){ .current = name });
	tmpl_folder_list_open(&p->h);
	tmpl_folder_all(&p->h,
	    &(struct tmpl_folder_all){
		.current = current[0] == '\0' ? "true" : "false" });
	for (i = 0; i < tree->nfolders; i++)
		put_folder(p, &tree->folders[i], current, 1);
	tmpl_folder_list_close(&p->h);
	tmpl_folders_close(&p->h);
}

/* The folder of an id anywhere below, or NULL. */
static const struct pb_folder *
find_folder(const struct pb_folder *folders, size_t n, const char *id,
    unsigned depth)
{
	const struct pb_folder *found;
	size_t i;

	if (depth > MAX_DEPTH)
		return NULL;
	for (i = 0; i < n; i++) {
		if (str_eq(folders[i].id, id))
			return &folders[i];
		found = find_folder(folders[i].children, folders[i].nchildren,
		    id, depth + 1);
		if (found != NULL)
			return found;
	}
	return NULL;
}

/* --- the library page ----------------------------------------------------- */

static void
put_filters(struct page *p, const struct ask *ask)
{
	const struct cards_status *all;
	size_t i, n;

	all = cards_statuses(&n);
	tmpl_filters_open(&p->h,
	    &(struct tmpl_filters){ .folder = ask->folder, .q = ask->q });
	tmpl_option(&p->h,
	    &(struct tmpl_option){ .value = "", .label = "Any status" });
	for (i = 0; i < n; i++)
		tmpl_option(&p->h,
		    &(struct tmpl_option){ .value = all[i].value,
			.label = all[i].label,
			.selected = ask->status == &all[i] });
	tmpl_filters_close(&p->h, &(struct tmpl_filters){ .tag = ask->tag });
}

static void
put_nothing(struct page *p, const struct ask *ask)
{
	if (ask->q[0] != '\0' || ask->tag[0] != '\0' || ask->status != NULL)
		page_empty(p, "search", "Nothing found",
		    "No course matches. Try other words, or fewer filters.");
	else if (ask->folder[0] != '\0')
		page_empty(p, "folder", "This folder is empty",
		    "Courses that are put into this folder appear here.");
	else
		page_empty(p, "library", "No courses yet",
		    "Courses that are made for your company appear here.");
}

static void
put_library(struct page *p, const struct ask *ask, const struct list *list,
    const struct pb_get_folder_hierarchy_response *tree,
    const struct pb_folder *folder)
{
	page_app_open(p, "Content Library", false);
	tmpl_library_bar_open(&p->h,
	    &(struct tmpl_library_bar){
		.title = folder == NULL ? "Content Library" : folder->name,
		.count =
		    page_count(p->r->mem, list->total, "course", "courses") });
	if (page_is_editor(p))
		tmpl_dashboard_create(&p->h);
	tmpl_library_bar_close(&p->h);
	tmpl_library_open(&p->h);
	put_folders(p, tree, ask->folder,
	    folder == NULL ? "All courses" : folder->name);
	tmpl_library_list_open(&p->h);
	put_filters(p, ask);
	if (list->nitems == 0)
		put_nothing(p, ask);
	else
		cards_put(p, list->items, list->nitems,
		    arena_printf(p->r->mem, "%s%lld", address(p, ask),
			(long long)ask->page));
	cards_pager(p, address(p, ask), ask->page, list->total, PER_PAGE);
	tmpl_library_list_close(&p->h);
	tmpl_library_close(&p->h);
	page_app_close(p);
	page_send(p, 200);
}

void
library_page(struct page *p)
{
	struct pb_get_folder_hierarchy_request in = {
		.include_course_counts = true,
	};
	struct pb_get_folder_hierarchy_response tree = { 0 };
	const struct pb_folder *folder;
	struct list list = { 0 };
	struct ask ask;
	enum code code;

	if (!read_ask(p, &ask)) {
		page_not_found(p);
		return;
	}
	if (rpc_course_get_folder_hierarchy(p->r, &in, &tree) != CODE_OK) {
		page_fail(p);
		return;
	}
	folder = find_folder(tree.folders, tree.nfolders, ask.folder, 1);
	if (ask.folder[0] != '\0' && folder == NULL) {
		page_not_found(p);
		return;
	}
	code =
	    ask.q[0] != '\0' ? search(p, &ask, &list) : browse(p, &ask, &list);
	if (code != CODE_OK)
		page_fail(p);
	else
		put_library(p, &ask, &list, &tree, folder);
}

void
library_folder(struct page *p)
{
	page_redirect(p,
	    arena_printf(p->r->mem, "/content-library?folder=%s", p->arg[0]));
}
