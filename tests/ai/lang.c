/*
 * Languages: lists in order, detection, words, sentences, folding.
 */
#include "ai/lang.h"

#include <stdlib.h>
#include <string.h>

#include "ai/lang_list.h"
#include "base/buf.h"
#include "tests/test.h"

static void
check_lists(void)
{
	size_t i;
	int l, w;
	bool ok = true;

	for (l = 1; l < LANG__MAX; l++) {
		for (w = 0; w < LANG_LIST__MAX; w++) {
			for (i = 1; i <
			     lang_list_size((enum lang)l, (enum lang_list)w);
			     i++)
				ok = ok &&
				    strcmp(lang_list_at((enum lang)l,
					       (enum lang_list)w, i - 1),
					lang_list_at((enum lang)l,
					    (enum lang_list)w, i)) < 0;
		}
		CHECK(lang_list_size((enum lang)l, LANG_LIST_STOP) > 150);
	}
	CHECK(ok);
}

static const char *
detect(const char *s)
{
	return lang_detect(s, strlen(s));
}

static void
check_detect(void)
{
	CHECK_STR(detect("The works council represents the employees and it is"
			 " elected every four years."),
	    "en");
	CHECK_STR(detect("Der Betriebsrat vertritt die Beschäftigten und wird"
			 " alle vier Jahre gewählt."),
	    "de");
	CHECK_STR(detect("Le comité représente les salariés et il est élu tous"
			 " les quatre ans."),
	    "fr");
	CHECK_STR(detect("El comité representa a los empleados y es elegido"
			 " cada cuatro años."),
	    "es");
	CHECK_STR(detect("Совет представляет работников и избирается каждые"
			 " четыре года."),
	    "ru");
	CHECK_STR(detect("Рада представляє працівників і обирається кожні"
			 " чотири роки її членами."),
	    "uk");
	CHECK_STR(detect("員工每年有三十天的年假。"), "zh");
	CHECK_STR(detect("従業員は年に三十日の休暇があります。"), "ja");
	CHECK_STR(detect("직원은 일 년에 삼십 일의 휴가가 있습니다."), "ko");
	CHECK_STR(detect("qwrt zxcv bnmp"), "und");
	CHECK_STR(detect("x"), "und");
	CHECK_STR(detect(""), "und");
	CHECK_STR(detect("Il personale deve lasciare l'edificio dalle uscite"
			 " più vicine quando suona l'allarme generale."),
	    "und");
}

static char *
words(struct arena *a, enum lang lang, const char *s)
{
	struct lang_word *w;
	struct buf *b = buf_new(a);
	size_t i, n = lang_words(a, lang, s, strlen(s), &w);

	for (i = 0; i < n; i++)
		buf_printf(b, "%s%s", i > 0 ? "|" : "", w[i].norm);
	return arena_strdup(a, buf_str(b));
}

static char *
sentences(struct arena *a, enum lang lang, const char *s)
{
	struct lang_cut *c;
	struct buf *b = buf_new(a);
	size_t i, n = lang_sentences(a, lang, s, strlen(s), &c);

	for (i = 0; i < n; i++)
		buf_printf(b, "%s%.*s", i > 0 ? "|" : "", (int)c[i].len,
		    s + c[i].start);
	return arena_strdup(a, buf_str(b));
}

static void
check_words(struct arena *a)
{
	CHECK_STR(words(a, LANG_EN,
		      "Self-service costs 3,800.50 euros: don't!"),
	    "self-service|costs|3,800.50|euros|don't");
	CHECK_STR(words(a, LANG_FR, "L'employé d’usine qu'il aime"),
	    "l|employé|d|usine|qu|il|aime");
	CHECK_STR(words(a, LANG_DE, "Über ÄRZTE, 6:30 Uhr"),
	    "über|ärzte|6:30|uhr");
	CHECK_STR(words(a, LANG_NONE, "ПРИВЕТ, Мир Ёлка"), "привет|мир|ёлка");
	CHECK_STR(words(a, LANG_NONE, "カメラを使用する"),
	    "カメラ|を|使用|する");
	CHECK_STR(words(a, LANG_EN, "\xff\xfe broken \xe2\x82"), "broken");
	CHECK_STR(words(a, LANG_EN, ""), "");
	CHECK_STR(words(a, LANG_EN, "see ASN.1 in /usr/share"),
	    "see|asn.1|in|usr/share");
}

static void
check_sentences(struct arena *a)
{
	CHECK_STR(
	    sentences(a, LANG_EN,
		"Ask Dr. Reyes, e.g. on Monday. He costs 4.50 euros! Really?"),
	    "Ask Dr. Reyes, e.g. on Monday.|He costs 4.50 euros!|Really?");
	CHECK_STR(sentences(a, LANG_EN,
		      "He said: \"Stop.\" Then J. Smith left."),
	    "He said: \"Stop.\"|Then J. Smith left.");
	CHECK_STR(sentences(a, LANG_DE,
		      "Am 3. Mai, z. B. mittags. Danach nicht."),
	    "Am 3. Mai, z. B. mittags.|Danach nicht.");
	CHECK_STR(sentences(a, LANG_FR,
		      "Voir p. 3 ou M. Dupont. « Oui. » Fin."),
	    "Voir p. 3 ou M. Dupont.|« Oui.|» Fin.");
	CHECK_STR(sentences(a, LANG_ES, "Vea el art. 5. ¿Y usted? Sí."),
	    "Vea el art. 5.|¿Y usted?|Sí.");
	CHECK_STR(sentences(a, LANG_NONE, "第一句。第二句！"),
	    "第一句。|第二句！");
	CHECK_STR(sentences(a, LANG_EN, "no end"), "no end");
	CHECK_STR(sentences(a, LANG_EN, ""), "");
}

static void
check_rest(void)
{
	CHECK(lang_of("de-AT") == LANG_DE && lang_of("den") == LANG_NONE);
	CHECK(lang_fold(0xc4) == 0xe4 && lang_fold(0x416) == 0x436);
	CHECK(lang_fold(0x3a9) == 0x3c9 && lang_fold(0xd7) == 0xd7);
	CHECK(lang_is_letter(0x4e2d) && !lang_is_letter(0x3002));
	CHECK(lang_count("two words", 9) == 2);
	CHECK(lang_count("中文字符", strlen("中文字符")) == 2);
	CHECK(lang_minutes(0) == 1 && lang_minutes(1800) == 10);
	CHECK(lang_is_rtl("ar") && !lang_is_rtl("en"));
}

int
main(void)
{
	struct arena *a = arena_new();

	check_lists();
	check_detect();
	check_words(a);
	check_sentences(a);
	check_rest();
	arena_free(a);
	return test_done();
}
