/*
 * The phrases, one row each, one column per language.
 */
#include "ai/phrases.h"

#include <string.h>

#include "base/buf.h"

/* clang-format off */
static const char *const phrases[PH__MAX][LANG__MAX] = {
	[PH_OPEN] = {
		[LANG_EN] = "“",
		[LANG_DE] = "„",
		[LANG_FR] = "« ",
		[LANG_ES] = "«",
	},
	[PH_CLOSE] = {
		[LANG_EN] = "”",
		[LANG_DE] = "“",
		[LANG_FR] = " »",
		[LANG_ES] = "»",
	},
	[PH_AND] = {
		[LANG_EN] = " and ",
		[LANG_DE] = " und ",
		[LANG_FR] = " et ",
		[LANG_ES] = " y ",
	},
	[PH_AFTER] = {
		[LANG_EN] = "After this lesson you can:",
		[LANG_DE] = "Nach dieser Lektion können Sie:",
		[LANG_FR] = "Après cette leçon, vous saurez :",
		[LANG_ES] = "Después de esta lección podrá:",
	},
	[PH_KEY_POINTS] = {
		[LANG_EN] = "Key points",
		[LANG_DE] = "Das Wichtigste",
		[LANG_FR] = "Points clés",
		[LANG_ES] = "Puntos clave",
	},
	[PH_OVERVIEW] = {
		[LANG_EN] = "Overview",
		[LANG_DE] = "Überblick",
		[LANG_FR] = "Vue d’ensemble",
		[LANG_ES] = "Visión general",
	},
	[PH_PART] = {
		[LANG_EN] = "Part %s",
		[LANG_DE] = "Teil %s",
		[LANG_FR] = "Partie %s",
		[LANG_ES] = "Parte %s",
	},
	[PH_NEXT] = {
		[LANG_EN] = "Next: %s",
		[LANG_DE] = "Weiter mit: %s",
		[LANG_FR] = "Suite : %s",
		[LANG_ES] = "A continuación: %s",
	},
	[PH_END] = {
		[LANG_EN] = "This was the last lesson of the course.",
		[LANG_DE] = "Das war die letzte Lektion des Kurses.",
		[LANG_FR] = "C’était la dernière leçon du cours.",
		[LANG_ES] = "Esta fue la última lección del curso.",
	},
	[PH_ABOUT] = {
		[LANG_EN] = "This course was extracted automatically from %s. All statements are sentences of the document; the questions were derived from them without a language model. Please have a subject-matter expert review it before use.",
		[LANG_DE] = "Dieser Kurs wurde automatisch aus %s extrahiert. Alle Aussagen sind Sätze des Dokuments; die Fragen wurden ohne Sprachmodell daraus abgeleitet. Bitte vor dem Einsatz fachlich prüfen lassen.",
		[LANG_FR] = "Ce cours a été extrait automatiquement de %s. Toutes les affirmations sont des phrases du document ; les questions en ont été tirées sans modèle de langage. Faites-le relire par un expert avant de l’utiliser.",
		[LANG_ES] = "Este curso se extrajo automáticamente de %s. Todas las afirmaciones son frases del documento; las preguntas se derivaron de ellas sin modelo de lenguaje. Pida a un experto que lo revise antes de usarlo.",
	},
	[PH_CONDENSED] = {
		[LANG_EN] = "This lesson is an excerpt: %s of %s sentences of the source were kept.",
		[LANG_DE] = "Diese Lektion ist ein Auszug: %s von %s Sätzen der Quelle wurden übernommen.",
		[LANG_FR] = "Cette leçon est un extrait : %s phrases sur %s de la source ont été conservées.",
		[LANG_ES] = "Esta lección es un extracto: se conservaron %s de %s frases de la fuente.",
	},
	[PH_OUTCOME] = {
		[LANG_EN] = "Know the content of %s and answer questions about it correctly.",
		[LANG_DE] = "Den Inhalt von %s kennen und Fragen dazu richtig beantworten.",
		[LANG_FR] = "Connaître le contenu de %s et répondre correctement aux questions qui s’y rapportent.",
		[LANG_ES] = "Conocer el contenido de %s y responder correctamente a preguntas sobre él.",
	},
	[PH_SECTION] = {
		[LANG_EN] = "Covers: %s.",
		[LANG_DE] = "Behandelt: %s.",
		[LANG_FR] = "Contenu : %s.",
		[LANG_ES] = "Contenido: %s.",
	},
	[PH_LESSON] = {
		[LANG_EN] = "Topics: %s.",
		[LANG_DE] = "Themen: %s.",
		[LANG_FR] = "Thèmes : %s.",
		[LANG_ES] = "Temas: %s.",
	},
	[PH_TRUE] = {
		[LANG_EN] = "True",
		[LANG_DE] = "Richtig",
		[LANG_FR] = "Vrai",
		[LANG_ES] = "Verdadero",
	},
	[PH_FALSE] = {
		[LANG_EN] = "False",
		[LANG_DE] = "Falsch",
		[LANG_FR] = "Faux",
		[LANG_ES] = "Falso",
	},
	[PH_SOURCE] = {
		[LANG_EN] = "From the text: %s",
		[LANG_DE] = "Aus dem Text: %s",
		[LANG_FR] = "Extrait du texte : %s",
		[LANG_ES] = "Del texto: %s",
	},
	[PH_Q_MISSING] = {
		[LANG_EN] = "Which term completes this statement? %s",
		[LANG_DE] = "Welcher Begriff vervollständigt diese Aussage? %s",
		[LANG_FR] = "Quel terme complète cette affirmation ? %s",
		[LANG_ES] = "¿Qué término completa esta afirmación? %s",
	},
	[PH_Q_NUMBER] = {
		[LANG_EN] = "Which figure is missing? %s",
		[LANG_DE] = "Welche Angabe fehlt? %s",
		[LANG_FR] = "Quelle donnée manque ? %s",
		[LANG_ES] = "¿Qué dato falta? %s",
	},
	[PH_Q_TERM] = {
		[LANG_EN] = "Which term is described here? %s",
		[LANG_DE] = "Welcher Begriff wird hier beschrieben? %s",
		[LANG_FR] = "Quel terme est décrit ici ? %s",
		[LANG_ES] = "¿Qué término se describe aquí? %s",
	},
	[PH_Q_TRUE] = {
		[LANG_EN] = "According to the text, is this statement true or false? %s",
		[LANG_DE] = "Ist diese Aussage laut Text richtig oder falsch? %s",
		[LANG_FR] = "D’après le texte, cette affirmation est-elle vraie ou fausse ? %s",
		[LANG_ES] = "Según el texto, ¿es verdadera o falsa esta afirmación? %s",
	},
	[PH_Q_LIST] = {
		[LANG_EN] = "Which of these does the text list here? %s",
		[LANG_DE] = "Was davon zählt der Text hier auf? %s",
		[LANG_FR] = "Lequel de ces éléments le texte énumère-t-il ici ? %s",
		[LANG_ES] = "¿Cuál de estos elementos enumera aquí el texto? %s",
	},
	[PH_Q_STEP] = {
		[LANG_EN] = "Which step comes directly after this one? %s",
		[LANG_DE] = "Welcher Schritt folgt direkt auf diesen? %s",
		[LANG_FR] = "Quelle étape suit directement celle-ci ? %s",
		[LANG_ES] = "¿Qué paso sigue directamente a este? %s",
	},
	[PH_Q_CELL] = {
		[LANG_EN] = "According to the table: %s – %s?",
		[LANG_DE] = "Laut Tabelle: %s – %s?",
		[LANG_FR] = "D’après le tableau : %s – %s ?",
		[LANG_ES] = "Según la tabla: %s – %s?",
	},
	[PH_E_LIST] = {
		[LANG_EN] = "The text lists: %s",
		[LANG_DE] = "Der Text nennt: %s",
		[LANG_FR] = "Le texte énumère : %s",
		[LANG_ES] = "El texto enumera: %s",
	},
	[PH_E_STEP] = {
		[LANG_EN] = "Order in the text: %s → %s",
		[LANG_DE] = "Reihenfolge im Text: %s → %s",
		[LANG_FR] = "Ordre dans le texte : %s → %s",
		[LANG_ES] = "Orden en el texto: %s → %s",
	},
	[PH_E_CELL] = {
		[LANG_EN] = "Row in the table: %s",
		[LANG_DE] = "Zeile der Tabelle: %s",
		[LANG_FR] = "Ligne du tableau : %s",
		[LANG_ES] = "Fila de la tabla: %s",
	},
	[PH_O_EXPLAIN] = {
		[LANG_EN] = "Explain the main points of %s",
		[LANG_DE] = "Die wichtigsten Punkte zu %s erläutern",
		[LANG_FR] = "Expliquer les points essentiels de %s",
		[LANG_ES] = "Explicar los puntos principales de %s",
	},
	[PH_O_FIGURES] = {
		[LANG_EN] = "State the figures and limits given for %s",
		[LANG_DE] = "Die Zahlen und Grenzwerte zu %s nennen",
		[LANG_FR] = "Citer les chiffres et limites indiqués pour %s",
		[LANG_ES] = "Indicar las cifras y los límites de %s",
	},
	[PH_O_DEFINE] = {
		[LANG_EN] = "Define %s",
		[LANG_DE] = "%s definieren",
		[LANG_FR] = "Définir %s",
		[LANG_ES] = "Definir %s",
	},
	[PH_O_DEFINE2] = {
		[LANG_EN] = "Define %s and %s",
		[LANG_DE] = "%s und %s definieren",
		[LANG_FR] = "Définir %s et %s",
		[LANG_ES] = "Definir %s y %s",
	},
	[PH_O_LIST] = {
		[LANG_EN] = "Name the points listed under %s",
		[LANG_DE] = "Die unter %s aufgezählten Punkte nennen",
		[LANG_FR] = "Nommer les éléments énumérés sous %s",
		[LANG_ES] = "Nombrar los puntos enumerados en %s",
	},
	[PH_O_STEPS] = {
		[LANG_EN] = "Name the steps of %s in the right order",
		[LANG_DE] = "Die Schritte von %s in der richtigen Reihenfolge nennen",
		[LANG_FR] = "Nommer les étapes de %s dans le bon ordre",
		[LANG_ES] = "Nombrar los pasos de %s en el orden correcto",
	},
	[PH_O_TABLE] = {
		[LANG_EN] = "Look up %s in the table by %s",
		[LANG_DE] = "%s in der Tabelle nach %s nachschlagen",
		[LANG_FR] = "Trouver %s dans le tableau selon %s",
		[LANG_ES] = "Consultar %s en la tabla según %s",
	},
	[PH_O_TERMS] = {
		[LANG_EN] = "Say what the document states about %s and %s",
		[LANG_DE] = "Wiedergeben, was das Dokument zu %s und %s sagt",
		[LANG_FR] = "Restituer ce que le document dit de %s et de %s",
		[LANG_ES] = "Decir lo que el documento establece sobre %s y %s",
	},
	[PH_O_ANSWER] = {
		[LANG_EN] = "Answer questions about %s correctly",
		[LANG_DE] = "Fragen zu %s richtig beantworten",
		[LANG_FR] = "Répondre correctement aux questions sur %s",
		[LANG_ES] = "Responder correctamente a preguntas sobre %s",
	},
	[PH_O_NAMES] = {
		[LANG_EN] = "State what %s and %s stand for",
		[LANG_DE] = "Angeben, wofür %s und %s stehen",
		[LANG_FR] = "Indiquer ce que signifient %s et %s",
		[LANG_ES] = "Indicar qué significan %s y %s",
	},
};
/* clang-format on */

const char *
phrases_get(enum lang lang, enum phrase which)
{
	return phrases[which][lang == LANG_NONE ? LANG_EN : lang];
}

char *
phrases_fill(struct arena *a, enum lang lang, enum phrase which, const char *x,
    const char *y)
{
	const char *p = phrases_get(lang, which), *slot;
	struct buf b = BUF_INIT;
	char *out;

	while ((slot = strstr(p, "%s")) != NULL) {
		buf_put(&b, p, (size_t)(slot - p));
		buf_puts(&b, x);
		x = y;
		p = slot + 2;
	}
	buf_puts(&b, p);
	out = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return out;
}

char *
phrases_quote(struct arena *a, enum lang lang, const char *s)
{
	return arena_printf(a, "%s%s%s", phrases_get(lang, PH_OPEN), s,
	    phrases_get(lang, PH_CLOSE));
}
