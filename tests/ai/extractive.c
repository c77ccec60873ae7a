/*
 * The extractive pipeline: the handbook's outline word for word, properties
 * that every generated question must have, several languages, limits.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ai/corpus.h"
#include "ai/extract.h"
#include "ai/pipeline.h"
#include "ai/render.h"
#include "base/str.h"
#include "learn/document.h"
#include "learn/html.h"
#include "net/json.h"
#include "tests/test.h"

static bool
build(struct arena *a, const char *name, const char *text,
    struct pipeline_result *r)
{
	struct pipeline_options o = { .name = name };
	const char *why = "?";
	struct doc *d = extract_bytes(a, name, text, strlen(text), &why);

	if (d != NULL && pipeline_run(a, d, &o, r, &why) == 0)
		return true;
	printf("# %s: %s\n", name, why);
	return false;
}

static bool
build_handbook(struct arena *a, struct pipeline_result *r)
{
	struct pipeline_options o = { .name = "handbook.md" };
	const char *why = "?", *top = getenv("SRCDIR");
	struct doc *d;

	d = extract_file(a,
	    arena_printf(a, "%s/etc/examples/handbook.md",
		top == NULL ? "." : top),
	    &why);
	return d != NULL && pipeline_run(a, d, &o, r, &why) == 0;
}

/* --- properties of a course ----------------------------------------------- */

/* All of the source as one text, white space and marks gone. */
static const char *
source_text(struct arena *a, const struct knowledge *k)
{
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < k->nchunks; i++) {
		render_plain(b, k->chunks[i].blocks, k->chunks[i].nblocks);
		buf_putc(b, '\n');
	}
	return buf_str(b);
}

/* What stands between the outermost quotation marks of s. */
static char *
quoted(struct arena *a, const char *s)
{
	static const char *const open[] = { "“", "„", "« ", "«" };
	static const char *const shut[] = { "”", "“", " »", "»" };
	const char *from = NULL, *to = NULL, *p;
	size_t i;

	for (i = 0; i < NITEMS(open) && from == NULL; i++) {
		if ((from = strstr(s, open[i])) == NULL)
			continue;
		from += strlen(open[i]);
		for (p = from; (p = strstr(p, shut[i])) != NULL; p++)
			to = p;
		if (to == NULL)
			from = NULL;
	}
	return from == NULL ? NULL
			    : arena_strndup(a, from, (size_t)(to - from));
}

/* The gap filled with an option; NULL when there is no gap. */
static char *
filled(struct arena *a, const char *question, const char *option)
{
	const char *q = quoted(a, question), *gap;

	if (q == NULL || (gap = strstr(q, "____")) == NULL)
		return NULL;
	return arena_printf(a, "%.*s%s%s", (int)(gap - q), q, option, gap + 4);
}

static bool
quiz_ok(struct arena *a, const struct component *c, const char *source)
{
	struct json *j = json_parse(a, c->json, strlen(c->json), NULL, NULL);
	const struct json *opts = json_get_list(j, "options"), *o;
	const char *right = json_need_text(j, "correct_answer_id"), *text;
	const char *question = json_need_text(j, "question");
	const char *expl = quoted(a, json_need_text(j, "explanation"));
	size_t i, k, n = json_count(opts), found = 0;

	if (n < 2 || n > 4 || json_error(j) != NULL)
		return false;
	/* A table's row is quoted with its own separators, unmarked. */
	if (expl != NULL && strstr(expl, "” → “") == NULL &&
	    strcmp(c->kind, "table") != 0 && strstr(source, expl) == NULL)
		return false;
	for (i = 0; i < n; i++) {
		o = json_at(opts, i);
		text = json_need_text(o, "text");
		for (k = 0; k < i; k++) {
			if (str_ieq(text,
				json_need_text(json_at(opts, k), "text")) ||
			    str_eq(json_need_text(o, "id"),
				json_need_text(json_at(opts, k), "id")))
				return false;
		}
		if (filled(a, question, text) != NULL &&
		    (strstr(source, filled(a, question, text)) != NULL) !=
			str_eq(json_need_text(o, "id"), right))
			return false;
		found += str_eq(json_need_text(o, "id"), right);
	}
	if (str_eq(json_need_text(j, "question_type"), "true_false") &&
	    (strstr(source, quoted(a, question)) != NULL) !=
		str_eq(right, "true"))
		return false;
	return found == 1 && c->nchunk_ids > 0;
}

static bool
known_chunk(const struct knowledge *k, const char *id)
{
	size_t i;

	for (i = 0; i < k->nchunks; i++) {
		if (strcmp(k->chunks[i].id, id) == 0)
			return true;
	}
	return false;
}

static bool
component_ok(struct arena *a, const struct pipeline_result *r,
    const struct component *c, const char *source)
{
	size_t i;

	if (!str_is_uuid(c->id))
		return false;
	for (i = 0; i < c->nchunk_ids; i++) {
		if (!known_chunk(&r->knowledge, c->chunk_ids[i]))
			return false;
	}
	if (c->type == COMPONENT_QUIZ)
		return quiz_ok(a, c, source);
	if (c->type == COMPONENT_TEXT)
		return strcmp(html_sanitize(a, c->text), c->text) == 0;
	return c->level >= 2 && c->level <= 4 && *c->text != '\0';
}

static void
check_course(struct arena *a, const struct pipeline_result *r)
{
	const struct knowledge *k = &r->knowledge;
	const char *source = source_text(a, k);
	size_t i, j, n = 0;
	bool ok = true, sized = true;

	for (i = 0; i < r->outline.nlessons; i++) {
		for (j = 0; j < r->lessons[i].ncomponents; j++) {
			if (component_ok(a, r, &r->lessons[i].components[j],
				source))
				continue;
			printf("# bad: %s\n", r->lessons[i].components[j].text);
			ok = false;
		}
	}
	CHECK(ok);
	for (i = 0; i < r->outline.nsections; i++) {
		const struct outline_section *s = &r->outline.sections[i];

		sized = sized && s->nlessons >= 1 && s->nlessons <= 10 &&
		    *s->title != '\0';
		for (j = 0; j < s->nlessons; j++)
			sized = sized && s->lessons[j].nobjectives >= 2 &&
			    s->lessons[j].nobjectives <= 4 &&
			    s->lessons[j].minutes >= 1;
		n += s->nlessons;
	}
	CHECK(sized && n == r->outline.nlessons && n <= 100);
	CHECK(r->outline.nsections >= 1 && r->outline.nsections <= 20);
	for (i = 0; i < k->nchunks; i++)
		ok = ok && k->chunks[i].score >= 0.0 &&
		    k->chunks[i].score <= 1.0 && k->chunks[i].nkeywords <= 20 &&
		    *k->chunks[i].topic != '\0' && str_is_uuid(k->chunks[i].id);
	CHECK(ok);
}

/* --- the handbook --------------------------------------------------------- */

static const char handbook_outline[] =
    "About the company\n"
    "  Who we are\n"
    "  What we stand for and How we are organised\n"
    "Starting work\n"
    "  Starting work\n"
    "Working time\n"
    "  Hours and core time, Recording time\n"
    "  Overtime and Working from home\n"
    "Leave and absence\n"
    "  Annual leave and Sick leave\n"
    "  Special leave, Parental leave and care\n"
    "Pay and benefits\n"
    "  Pay and benefits\n"
    "Health and safety\n"
    "  General duties, Fire and evacuation\n"
    "  In the workshop, Chemicals and batteries\n"
    "Information security\n"
    "  Accounts and passwords, Classification\n"
    "  Phishing and incidents, Devices and software\n"
    "Quality and calibration\n"
    "  Quality and calibration\n"
    "Conduct\n"
    "  Respect, Gifts and conflicts of interest\n"
    "  Travel and expenses, Speaking for the company\n"
    "Growing and leaving\n"
    "  Growing and leaving\n"
    "Contacts\n"
    "  Contacts\n";

static const char *
show_outline(struct arena *a, const struct outline *o)
{
	struct buf *b = buf_new(a);
	size_t i, j;

	for (i = 0; i < o->nsections; i++) {
		buf_printf(b, "%s\n", o->sections[i].title);
		for (j = 0; j < o->sections[i].nlessons; j++)
			buf_printf(b, "  %s\n",
			    o->sections[i].lessons[j].title);
	}
	return buf_str(b);
}

/* Every sentence of the handbook is in some lesson: nothing gets lost. */
static void
check_complete(struct arena *a, const struct pipeline_result *r)
{
	const struct corpus *c = r->knowledge.corpus;
	struct buf *b = buf_new(a);
	size_t i, j, missing = 0;

	for (i = 0; i < r->outline.nlessons; i++) {
		for (j = 0; j < r->lessons[i].ncomponents; j++)
			buf_puts(b,
			    html_to_text(a, r->lessons[i].components[j].text));
	}
	for (i = 0; i < c->nsentences; i++)
		missing += strstr(buf_str(b), c->sentences[i].text) == NULL;
	CHECK(missing == 0);
}

static const char *
document(struct arena *a, const struct pipeline_result *r)
{
	struct buf *b = buf_new(a);

	document_write(a, b, r->course);
	return buf_str(b);
}

static void
check_handbook(struct arena *a)
{
	struct pipeline_result r, again;
	struct pb_course back = { 0 };
	const char *why, *doc;

	CHECK(build_handbook(a, &r));
	CHECK_STR(r.knowledge.title,
	    "Employee Handbook of Halden & Reyes Instruments");
	CHECK_STR(r.knowledge.lang, "en");
	CHECK_STR(show_outline(a, &r.outline), handbook_outline);
	CHECK(r.nquizzes >= 30);
	check_course(a, &r);
	check_complete(a, &r);
	doc = document(a, &r);
	CHECK(document_read(a, doc, strlen(doc), &back, &why) == 0);
	CHECK(back.content->nsource_chunks == r.knowledge.nchunks);
	CHECK(strstr(doc, "\"extractive\"") != NULL);
	CHECK(setenv("TZ", "Pacific/Kiritimati", 1) == 0 &&
	    setenv("LC_ALL", "tr_TR.UTF-8", 1) == 0);
	CHECK(build_handbook(a, &again));
	CHECK(strcmp(document(a, &again), doc) == 0);
}

/* --- languages ------------------------------------------------------------ */

static const char german[] =
    "# Brandschutz\n\n## Alarm\n\n"
    "Der Alarm wird alle 14 Tage geprüft. Ein Brandschutzhelfer ist eine"
    " Person, die im Alarmfall die Menschen eines Stockwerks zählt. Die"
    " Türen dürfen nicht abgeschlossen werden. Der Sammelplatz liegt vor dem"
    " Werkstor. Der Sammelplatz ist mit einem grünen Schild markiert.\n\n"
    "## Löscher\n\n"
    "Ein Feuerlöscher enthält 6 Liter Schaum. Der Wartungsdienst prüft jeden"
    " Feuerlöscher mindestens alle zwei Jahre. Das Löschmittel ist der Stoff,"
    " der das Feuer erstickt. Der Wartungsdienst meldet Schäden an die"
    " Werksleitung. Die Werksleitung bestellt den Ersatz innerhalb von drei"
    " Tagen. Das Schild am Sammelplatz zeigt den Fluchtweg.\n";

static const char french[] =
    "# Sécurité incendie\n\n## Alarme\n\n"
    "L’alarme est contrôlée tous les 14 jours. Un guide d’évacuation est une"
    " personne qui compte les salariés de son étage pendant l’alarme. Les"
    " salariés quittent le bâtiment avant l’arrivée des pompiers. Le point de"
    " rassemblement se trouve devant le portail.\n\n## Extincteurs\n\n"
    "Un extincteur contient 6 litres de mousse. Le service technique contrôle"
    " chaque extincteur au moins une fois par an. La mousse est le produit"
    " qui étouffe le feu. Le service technique informe la direction dans un"
    " délai de 3 jours.\n";

static const char spanish[] =
    "# Protección contra incendios\n\n## Alarma\n\n"
    "La alarma se comprueba cada 14 días. Un guía de evacuación es una"
    " persona que cuenta a los empleados de su planta durante la alarma. Los"
    " empleados no pueden usar los ascensores. El punto de encuentro está"
    " delante de la puerta principal.\n\n## Extintores\n\n"
    "Un extintor contiene 6 litros de espuma. El servicio técnico revisa"
    " cada extintor al menos una vez al año. La espuma es el producto que"
    " ahoga el fuego. El servicio técnico informa a la dirección en un plazo"
    " de 3 días.\n";

static const char russian[] =
    "# Пожарная безопасность\n\n## Тревога\n\n"
    "Сигнал тревоги проверяют каждые 14 дней. Сотрудники покидают здание по"
    " ближайшей лестнице. Двери здания нельзя запирать на ключ во время"
    " тревоги. Место сбора сотрудников находится перед воротами завода.\n\n"
    "## Огнетушители\n\n"
    "Огнетушитель содержит 6 литров пены. Техническая служба проверяет"
    " огнетушитель каждые 12 месяцев. Сотрудники сообщают о повреждениях в"
    " техническую службу. Пена тушит огонь быстрее воды.\n";

static const char chinese[] =
    "# 消防安全\n\n## 警报\n\n"
    "警报系统每14天检查一次。员工应从最近的楼梯离开大楼。集合地点在工厂大门前。"
    "警报期间不得锁门。\n\n## 灭火器\n\n"
    "每个灭火器装有6升泡沫。技术部门每12个月检查灭火器。员工发现损坏时通知技术部门。\n";

static void
check_language(struct arena *a, const char *name, const char *text,
    const char *lang, const char *word)
{
	struct pipeline_result r, again;

	CHECK(build(a, name, text, &r));
	CHECK_STR(r.knowledge.lang, lang);
	CHECK(r.nquizzes >= 1);
	check_course(a, &r);
	CHECK(strstr(document(a, &r), word) != NULL);
	CHECK(build(a, name, text, &again));
	CHECK(strcmp(document(a, &r), document(a, &again)) == 0);
}

/* --- shapes --------------------------------------------------------------- */

static const char *
many(struct arena *a, size_t n, const char *head, size_t words)
{
	struct buf *b = buf_new(a);
	size_t i, j;

	buf_puts(b, "# Book\n\n");
	for (i = 0; i < n; i++) {
		buf_printf(b, "%s Topic %zu\n\n", head, i);
		for (j = 0; j < words / 10; j++)
			buf_printf(b,
			    "The valve number %zu of pump %zu closes after %zu"
			    " full turns. ",
			    j, i, j + i + 3);
		buf_puts(b, "\n\n");
	}
	return buf_str(b);
}

static void
check_shapes(struct arena *a)
{
	struct pipeline_result r;

	CHECK(build(a, "many.md", many(a, 300, "##", 60), &r));
	check_course(a, &r);
	CHECK(build(a, "deep.md", many(a, 60, "####", 400), &r));
	check_course(a, &r);
	CHECK(build(a, "long.md", many(a, 1, "##", 6000), &r));
	check_course(a, &r);
	CHECK(r.outline.nlessons > 3);
	CHECK(build(a, "x.txt", "One line of text, not more than that.", &r));
	check_course(a, &r);
	CHECK(r.outline.nlessons == 1);
	CHECK_STR(r.knowledge.title, "x.txt");
	/* A list of contents goes; a document below that heading stays. */
	CHECK(build(a, "c.md",
	    "# Book\n\n## Contents\n\n- first entry\n- second entry\n\n"
	    "### Valves\n\nThe valve closes after three full turns of the"
	    " wheel.\n\n## License\n\n### Terms\n\nNobody warrants a thing"
	    " in this text.\n",
	    &r));
	CHECK(strstr(document(a, &r), "three full turns") != NULL);
	CHECK(strstr(document(a, &r), "second entry") == NULL);
	CHECK(strstr(document(a, &r), "warrants") == NULL);
}

/* No headings: topics are found, and their titles are words of the text. */
static void
check_topics(struct arena *a)
{
	struct pipeline_result r;
	struct buf *b = buf_new(a);
	size_t i;

	for (i = 0; i < 12; i++)
		buf_printf(b,
		    "The pump house stands by the river. The pump"
		    " lifts water %zu metres. A pump needs oil after"
		    " %zu hours, and the pump warden fills it in.\n\n",
		    10 + i, 100 + i);
	for (i = 0; i < 12; i++)
		buf_printf(b,
		    "The archive keeps letters for %zu years. An"
		    " archive box holds %zu letters. The archive"
		    " clerk sorts the letters by their date.\n\n",
		    20 + i, 200 + i);
	CHECK(build(a, "plain.txt", buf_str(b), &r));
	check_course(a, &r);
	CHECK(r.knowledge.nchunks >= 2);
	CHECK(strstr(r.knowledge.chunks[0].topic, "ump") != NULL);
	CHECK(strstr(r.knowledge.chunks[r.knowledge.nchunks - 1].topic,
		  "rchive") != NULL);
}

int
main(void)
{
	struct arena *a = arena_new();

	check_handbook(a);
	check_language(a, "de.md", german, "de", "Nach dieser Lektion");
	check_language(a, "fr.md", french, "fr", "Après cette leçon");
	check_language(a, "es.md", spanish, "es", "Después de esta lección");
	check_language(a, "ru.md", russian, "ru", "огнетушитель");
	check_language(a, "zh.md", chinese, "zh", "灭火器");
	check_shapes(a);
	check_topics(a);
	arena_free(a);
	return test_done();
}
