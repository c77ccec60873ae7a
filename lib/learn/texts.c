/*
 * One row per text, one column per language, sorted by key. {n}, {m} and
 * {text} are filled in where the text is used.
 */
#include "learn/texts.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

struct row {
	const char *key;
	const char *text[TEXTS__MAX];
};

static const struct row rows[] = {
	{ "about",
	    { "About this course", "Über diesen Kurs", "À propos de ce cours",
		"Acerca de este curso" } },
	{ "all_done",
	    { "You have finished every lesson.",
		"Sie haben alle Lektionen abgeschlossen.",
		"Vous avez terminé toutes les leçons.",
		"Ha terminado todas las lecciones." } },
	{ "answered", { "Answered", "Beantwortet", "Répondu", "Respondida" } },
	{ "attempts_left",
	    { "Attempts left: {n}", "Verbleibende Versuche: {n}",
		"Tentatives restantes : {n}", "Intentos restantes: {n}" } },
	{ "browse",
	    { "Preview: everything is open and nothing is recorded.",
		"Vorschau: Alles ist offen, nichts wird aufgezeichnet.",
		"Aperçu : tout est ouvert et rien n’est "
		"enregistré.",
		"Vista previa: todo está abierto y no se registra nada." } },
	{ "check",
	    { "Check answer", "Antwort prüfen", "Vérifier la réponse",
		"Comprobar respuesta" } },
	{ "choose",
	    { "Choose an answer first.", "Wählen Sie zuerst eine Antwort.",
		"Choisissez d’abord une réponse.",
		"Elija primero una respuesta." } },
	{ "close", { "Close", "Schließen", "Fermer", "Cerrar" } },
	{ "complete",
	    { "Course completed", "Kurs abgeschlossen", "Cours terminé",
		"Curso completado" } },
	{ "contents", { "Contents", "Inhalt", "Sommaire", "Contenido" } },
	{ "continue", { "Continue", "Weiter", "Continuer", "Continuar" } },
	{ "course_progress",
	    { "Course progress", "Kursfortschritt", "Progression du cours",
		"Progreso del curso" } },
	{ "done", { "Done", "Erledigt", "Terminé", "Hecho" } },
	{ "exam_again",
	    { "Start a new attempt", "Neuen Versuch starten",
		"Commencer une nouvelle tentative", "Empezar otro intento" } },
	{ "exam_confirm",
	    { "Unanswered questions: {n}. They count as wrong. Hand in anyway?",
		"Unbeantwortete Fragen: {n}. Sie zählen als falsch. "
		"Trotzdem abgeben?",
		"Questions sans réponse : {n}. Elles comptent comme "
		"fausses. Remettre quand même ?",
		"Preguntas sin responder: {n}. Cuentan como incorrectas. "
		"¿Entregar de todos modos?" } },
	{ "exam_hand_in",
	    { "Hand in answers", "Antworten abgeben", "Remettre les réponses",
		"Entregar respuestas" } },
	{ "exam_intro",
	    { "Questions: {n}. You pass with {m} %.",
		"Fragen: {n}. Sie bestehen mit {m} %.",
		"Questions : {n}. Vous réussissez avec {m} %.",
		"Preguntas: {n}. Aprueba con un {m} %." } },
	{ "exam_no_attempts",
	    { "All attempts are used up.", "Alle Versuche sind verbraucht.",
		"Toutes les tentatives sont épuisées.",
		"Se han agotado los intentos." } },
	{ "exam_start",
	    { "Start the exam", "Prüfung starten", "Commencer l’examen",
		"Empezar el examen" } },
	{ "failed",
	    { "Not passed", "Nicht bestanden", "Non réussi", "No aprobado" } },
	{ "final_exam",
	    { "Final exam", "Abschlussprüfung", "Examen final",
		"Examen final" } },
	{ "finish", { "Finish", "Abschließen", "Terminer", "Terminar" } },
	{ "hand_in_cancel",
	    { "Back to the questions", "Zurück zu den Fragen",
		"Retour aux questions", "Volver a las preguntas" } },
	{ "incomplete",
	    { "In progress", "In Bearbeitung", "En cours", "En curso" } },
	{ "knowledge_check",
	    { "Knowledge check", "Wissensfrage", "Vérification des acquis",
		"Comprobación de conocimientos" } },
	{ "leave",
	    { "Save and leave", "Speichern und verlassen",
		"Enregistrer et quitter", "Guardar y salir" } },
	{ "left",
	    { "Your progress is saved. You can close this page.",
		"Ihr Fortschritt ist gespeichert. Sie können diese Seite "
		"schließen.",
		"Votre progression est enregistrée. Vous pouvez fermer "
		"cette page.",
		"Su progreso está guardado. Puede cerrar esta "
		"página." } },
	{ "left_title",
	    { "See you next time", "Bis zum nächsten Mal", "À la prochaine",
		"Hasta la próxima" } },
	{ "left_unsaved",
	    { "You can close this page. The last changes could not be saved.",
		"Sie können diese Seite schließen. Die letzten "
		"Änderungen konnten nicht gespeichert werden.",
		"Vous pouvez fermer cette page. Les derniers changements "
		"n’ont pas pu être enregistrés.",
		"Puede cerrar esta página. Los últimos cambios no "
		"se pudieron guardar." } },
	{ "left_untracked",
	    { "You can close this page.", "Sie können diese Seite schließen.",
		"Vous pouvez fermer cette page.",
		"Puede cerrar esta página." } },
	{ "lesson_of",
	    { "Lesson {n} of {m}", "Lektion {n} von {m}", "Leçon {n} sur {m}",
		"Lección {n} de {m}" } },
	{ "lessons", { "Lessons", "Lektionen", "Leçons", "Lecciones" } },
	{ "lessons_open",
	    { "Lessons still open", "Noch offene Lektionen",
		"Leçons encore ouvertes", "Lecciones pendientes" } },
	{ "locked",
	    { "Locked until the lessons before it are done",
		"Gesperrt, bis die Lektionen davor erledigt sind",
		"Verrouillé tant que les leçons "
		"précédentes ne sont pas terminées",
		"Bloqueada hasta terminar las lecciones anteriores" } },
	{ "new_window",
	    { "opens in a new window", "öffnet ein neues Fenster",
		"ouvre une nouvelle fenêtre", "abre una ventana nueva" } },
	{ "next", { "Next", "Weiter", "Suivant", "Siguiente" } },
	{ "no_host",
	    { "No learning platform was found. You can go through the course, but "
	      "progress and results are not recorded.",
		"Es wurde keine Lernplattform gefunden. Sie können den Kurs "
		"durcharbeiten, aber Fortschritt und Ergebnisse werden nicht "
		"aufgezeichnet.",
		"Aucune plateforme de formation n’a été "
		"trouvée. Vous pouvez suivre le cours, mais la progression "
		"et les résultats ne sont pas enregistrés.",
		"No se encontró ninguna plataforma de aprendizaje. Puede "
		"seguir el curso, pero el progreso y los resultados no se "
		"registran." } },
	{ "no_script",
	    { "Scripts are switched off: the course and its questions can be read, "
	      "but answers are not checked and nothing is recorded.",
		"Skripte sind ausgeschaltet: Kurs und Fragen sind lesbar, aber "
		"Antworten werden nicht geprüft und nichts wird "
		"aufgezeichnet.",
		"Les scripts sont désactivés : le cours et ses "
		"questions sont lisibles, mais les réponses ne sont pas "
		"vérifiées et rien n’est "
		"enregistré.",
		"Los scripts están desactivados: el curso y sus preguntas se "
		"pueden leer, pero las respuestas no se comprueban y no se registra "
		"nada." } },
	{ "objectives",
	    { "What you will learn", "Was Sie lernen", "Ce que vous apprendrez",
		"Lo que aprenderá" } },
	{ "other_tab",
	    { "This course was opened in another window. This one has stopped.",
		"Dieser Kurs wurde in einem anderen Fenster geöffnet. "
		"Dieses hier wurde angehalten.",
		"Ce cours a été ouvert dans une autre "
		"fenêtre. Celle-ci est arrêtée.",
		"Este curso se abrió en otra ventana. Esta se ha "
		"detenido." } },
	{ "passed", { "Passed", "Bestanden", "Réussi", "Aprobado" } },
	{ "previous", { "Previous", "Zurück", "Précédent", "Anterior" } },
	{ "progress_of",
	    { "{n} of {m} done", "{n} von {m} erledigt", "{n} sur {m} terminés",
		"{n} de {m} hechas" } },
	{ "question_of",
	    { "Question {n} of {m}", "Frage {n} von {m}",
		"Question {n} sur {m}", "Pregunta {n} de {m}" } },
	{ "required",
	    { "Answer needed to finish the lesson",
		"Antwort nötig, um die Lektion abzuschließen",
		"Réponse nécessaire pour terminer la "
		"leçon",
		"Respuesta necesaria para terminar la lección" } },
	{ "required_open",
	    { "One question of this lesson still needs an answer.",
		"Eine Frage dieser Lektion braucht noch eine Antwort.",
		"Une question de cette leçon attend encore une "
		"réponse.",
		"Una pregunta de esta lección aún necesita "
		"respuesta." } },
	{ "result",
	    { "Your result", "Ihr Ergebnis", "Votre résultat",
		"Su resultado" } },
	{ "review",
	    { "Review: answers are shown and nothing is recorded.",
		"Rückblick: Antworten werden angezeigt, nichts wird "
		"aufgezeichnet.",
		"Relecture : les réponses sont affichées et rien "
		"n’est enregistré.",
		"Repaso: se muestran las respuestas y no se registra nada." } },
	{ "right", { "Right", "Richtig", "Juste", "Correcto" } },
	{ "right_answer",
	    { "Right answer: {text}", "Richtige Antwort: {text}",
		"Bonne réponse : {text}", "Respuesta correcta: {text}" } },
	{ "save_failed",
	    { "Your progress is not being saved at the moment. You can go on.",
		"Ihr Fortschritt wird gerade nicht gespeichert. Sie können "
		"weitermachen.",
		"Votre progression n’est pas enregistrée "
		"pour le moment. Vous pouvez continuer.",
		"Su progreso no se está guardando en este momento. Puede "
		"continuar." } },
	{ "save_ok",
	    { "Progress is saved again.",
		"Der Fortschritt ist wieder gespeichert.",
		"La progression est de nouveau enregistrée.",
		"El progreso se guarda de nuevo." } },
	{ "score", { "Score", "Punkte", "Score", "Puntuación" } },
	{ "section_of",
	    { "Section {n}", "Abschnitt {n}", "Section {n}", "Sección {n}" } },
	{ "shortcuts",
	    { "Keyboard shortcuts: Alt + arrow keys",
		"Tastenkürzel: Alt + Pfeiltasten",
		"Raccourcis clavier : Alt + flèches",
		"Atajos de teclado: Alt + flechas" } },
	{ "skip",
	    { "Skip to content", "Zum Inhalt springen", "Aller au contenu",
		"Ir al contenido" } },
	{ "state_bad",
	    { "Your earlier place in the course could not be read, so it starts at "
	      "the beginning. Results already recorded are kept.",
		"Ihr früherer Stand war nicht lesbar, der Kurs beginnt von "
		"vorn. Bereits gemeldete Ergebnisse bleiben erhalten.",
		"Votre position précédente n’a pas "
		"pu être lue : le cours reprend au début. Les "
		"résultats déjà enregistrés sont "
		"conservés.",
		"No se pudo leer su posición anterior y el curso empieza "
		"desde el principio. Los resultados ya registrados se "
		"conservan." } },
	{ "state_old",
	    { "The course has changed since your last visit, so it starts at the "
	      "beginning. Results already recorded are kept.",
		"Der Kurs wurde seit Ihrem letzten Besuch geändert und beginnt "
		"von vorn. Bereits gemeldete Ergebnisse bleiben erhalten.",
		"Le cours a changé depuis votre dernière visite et "
		"reprend au début. Les résultats déjà "
		"enregistrés sont conservés.",
		"El curso ha cambiado desde su última visita y empieza desde "
		"el principio. Los resultados ya registrados se conservan." } },
	{ "summary", { "Summary", "Abschluss", "Bilan", "Resumen" } },
	{ "to_pass",
	    { "You pass with {n} %.", "Sie bestehen mit {n} %.",
		"Vous réussissez avec {n} %.", "Aprueba con un {n} %." } },
	{ "try_again",
	    { "Try again", "Noch einmal", "Réessayer", "Intentar de nuevo" } },
	{ "wrong",
	    { "Not right", "Nicht richtig", "Pas juste", "Incorrecto" } },
};

static const char *const tags[TEXTS__MAX] = {
	[TEXTS_EN] = "en",
	[TEXTS_DE] = "de",
	[TEXTS_FR] = "fr",
	[TEXTS_ES] = "es",
};

/* The primary language subtag of tag is this one. */
static bool
is_primary(const char *tag, const char *lang)
{
	size_t n;

	n = strlen(lang);
	return strncasecmp(tag, lang, n) == 0 &&
	    (tag[n] == '\0' || tag[n] == '-' || tag[n] == '_');
}

enum texts_lang
texts_lang(const char *tag)
{
	int i;

	if (tag != NULL)
		for (i = 0; i < TEXTS__MAX; i++)
			if (is_primary(tag, tags[i]))
				return (enum texts_lang)i;
	return TEXTS_EN;
}

const char *
texts_tag(enum texts_lang lang)
{
	assert(lang < TEXTS__MAX);
	return tags[lang];
}

bool
texts_is_rtl(const char *tag)
{
	static const char *const rtl[] = { "ar", "ckb", "dv", "fa", "he", "ps",
		"sd", "ug", "ur", "yi" };
	size_t i;

	if (tag != NULL)
		for (i = 0; i < NITEMS(rtl); i++)
			if (is_primary(tag, rtl[i]))
				return true;
	return false;
}

const char *
texts_get(enum texts_lang lang, const char *key)
{
	size_t lo, hi, mid;
	int cmp;

	assert(lang < TEXTS__MAX);
	for (lo = 0, hi = NITEMS(rows); lo < hi;) {
		mid = lo + (hi - lo) / 2;
		cmp = strcmp(key, rows[mid].key);
		if (cmp == 0)
			return rows[mid].text[lang];
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	assert(false && "a text of the player");
	return "";
}

const char *
texts_at(enum texts_lang lang, unsigned i)
{
	return i < NITEMS(rows) ? rows[i].text[lang] : NULL;
}

void
texts_put_json(struct buf *b, enum texts_lang lang)
{
	size_t i;

	buf_putc(b, '{');
	for (i = 0; i < NITEMS(rows); i++)
		buf_printf(b, "%s\"%s\":\"%s\"", i > 0 ? "," : "", rows[i].key,
		    rows[i].text[lang]);
	buf_putc(b, '}');
}
