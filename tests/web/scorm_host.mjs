/*
 * SCORM 1.2 packages at work: Chromium, scorm-again, and in front of it a
 * recorder as strict as the standard. Each journey is what a learner or a host
 * does; what counts is the calls that were made and what the host then knows.
 */
import { RIGHT, answer, checkSession, course, done, h1, is, launch, next,
    nextSession, noticed, ok, openBrowser, pick, readAll, sets, sitExam,
    withPackage } from "./scorm/host.mjs";

const fire = course("fire");
const noExam = course("fire");
noExam.assessmentSettings.enableFinalExam = false;
const plain = course("fire");
plain.assessmentSettings = { enableEmbeddedKnowledgeChecks: false,
	enableFinalExam: false };

await openBrowser();

/* --- through the course, with a pass ------------------------------------- */

await withPackage(fire, [], async (site) => {
	const s = await launch(site);
	is((await s.cmi())["cmi.core.lesson_status"], "incomplete",
	    "a first launch is incomplete at once");
	is((await s.committed())["cmi.core.lesson_status"], "incomplete",
	    "and committed");
	is(await h1(s), "Know your building", "the first lesson is shown");
	await answer(s, "q0", 1);
	ok(/Right/.test(await s.sco.locator("#q0 .out").textContent()),
	    "a right answer is said in words");
	await readAll(s);
	is(await h1(s), "Final exam", "after the lessons comes the exam");
	is((await s.cmi())["cmi.core.lesson_status"], "incomplete",
	    "lessons alone do not complete");
	await sitExam(s, RIGHT);
	const cmi = await s.cmi();
	is([cmi["cmi.core.lesson_status"], cmi["cmi.core.score.raw"],
	    cmi["cmi.core.score.min"], cmi["cmi.core.score.max"]],
	    ["passed", "100", "0", "100"], "all right: passed with 100");
	is(await sets(s, "cmi.core.lesson_status"), ["incomplete", "passed"],
	    "status is written when it changes, only then");
	const last = await s.away();
	is(last["cmi.core.exit"], "suspend", "exit is suspend, so that answers stay");
	ok(/^\d{4}:\d\d:\d\d\.\d\d$/.test(last["cmi.core.session_time"]),
	    "session time is sent");
	is([0, 1, 2, 3, 4].map((n) => last[`cmi.interactions.${n}.student_response`]),
	    ["b", "b", "f", "a", "b"], "one record per answer, keys by position");
	is([0, 1, 2].map((n) => last[`cmi.interactions.${n}.weighting`]),
	    ["0", "1", "1"], "a check beside an exam carries no weight");
	is([last["cmi.interactions.2.type"],
	    last["cmi.interactions.2.correct_responses.0.pattern"]],
	    ["true-false", "f"], "true and false have a type of their own");
	is([last["cmi.objectives.0.id"], last["cmi.objectives.0.status"],
	    last["cmi.objectives.1.status"], last["cmi.objectives.1.score.raw"]],
	    ["o-exits", "completed", "passed", "100"], "objectives are reported");
	await checkSession(s, "through the course");
	await s.close();

	/* again: nothing is taken back, everything can be looked at */
	const t = await launch(site, { cmi: nextSession(last) });
	await t.sco.locator("#nav a[href='#exam']").click();
	ok(await t.sco.locator("#x0 input").nth(1).isChecked(),
	    "the answers of the exam are back");
	is(await t.sco.locator(".above .primary").count(), 0,
	    "passed: no further attempt is offered");
	await t.away();
	is(await sets(t, "cmi.core.lesson_status"), [], "status is not written again");
	is(await sets(t, "cmi.core.score.raw"), [], "nor a lower score");
	await checkSession(t, "second visit");
	await t.close();
});

/* --- failing, trying again, best attempt --------------------------------- */

await withPackage(fire, ["attempts=2"], async (site) => {
	const s = await launch(site);
	await readAll(s);
	await sitExam(s, { 0: 1, 1: 0, 2: 1 });
	let cmi = await s.cmi();
	is([cmi["cmi.core.lesson_status"], cmi["cmi.core.score.raw"]],
	    ["incomplete", "25"], "failed with attempts left: incomplete, score sent");
	ok(!("cmi.interactions.3.student_response" in cmi),
	    "an unanswered question is recorded without response");
	is(cmi["cmi.interactions.3.result"], "wrong", "and as wrong");
	ok(!/Right answer/.test(await s.sco.locator("#x1 .out").textContent()),
	    "the right answer stays hidden while attempts are left");
	await sitExam(s, { 0: 0 });
	cmi = await s.away();
	is([cmi["cmi.core.lesson_status"], cmi["cmi.core.score.raw"]],
	    ["failed", "25"], "attempts used up: failed, the best score stands");
	await checkSession(s, "two attempts");
	const t = await launch(site, { cmi: nextSession(cmi) });
	await t.sco.locator("#nav a[href='#exam']").click();
	ok(/used up/.test(await t.sco.locator("#exam").textContent()),
	    "no third attempt");
	ok(/Right answer/.test(await t.sco.locator("#x1 .out").textContent()),
	    "now the right answers are shown");
	await t.away();
	await checkSession(t, "after the last attempt");
	await s.close();
	await t.close();
});

/* --- leaving in the middle ----------------------------------------------- */

await withPackage(fire, [], async (site) => {
	const s = await launch(site);
	await next(s);
	await answer(s, "q1", 0);
	ok(/Not right/.test(await s.sco.locator("#q1 .out").textContent()) &&
	    /Right answer: False/.test(await s.sco.locator("#q1 .out").textContent()),
	    "a wrong answer is said in words, with the right one");
	await next(s);
	const killed = await s.committed();
	is(killed["cmi.core.lesson_location"], "3/1",
	    "a killed tab loses nothing: the lesson is committed");
	const left = await s.away();
	await checkSession(s, "left in the middle");
	await s.close();

	for (const [state, what] of [[left, "left"], [killed, "killed"]]) {
		const t = await launch(site, { cmi: nextSession({ ...state,
		    "cmi.core.exit": "suspend" }) });
		is(await h1(t), "The first minute", what + ": goes on in lesson 3");
		is(await t.sco.locator("#progress-text").textContent(), "2 of 5 done",
		    what + ": done lessons are known");
		await t.sco.locator("#nav a").nth(1).click();
		ok(await t.sco.locator("#q1 input").nth(0).isChecked() &&
		    /Not right/.test(await t.sco.locator("#q1 .out").textContent()),
		    what + ": the answer and its verdict are back");
		is(await t.sco.locator("#q1 .check").count(), 0,
		    what + ": it cannot be given twice");
		await t.away();
		await checkSession(t, what);
		await t.close();
	}

	/* in the middle of the exam */
	const e = await launch(site);
	await e.sco.locator("#nav a[href='#exam']").click();
	await e.sco.locator(".above .primary").click();
	await pick(e, "x0", 1);
	await pick(e, "x1", 0);
	const half = await e.away();
	const f = await launch(site, { cmi: nextSession(half) });
	is(await h1(f), "Final exam", "a running exam goes on");
	is([await f.sco.locator("#x0 input").nth(1).isChecked(),
	    await f.sco.locator("#x1 input").nth(0).isChecked()], [true, true],
	    "with the answers given so far");
	ok(!(await sets(e, "cmi.core.score.raw")).length, "and without a score");
	await pick(f, "x1", 1);
	await pick(f, "x2", 0);
	await pick(f, "x3", 1);
	await f.sco.locator(".below .primary").click();
	const end = await f.away();
	is(end["cmi.core.score.raw"], "100", "handed in after the break");
	await checkSession(f, "exam over two sessions");
	await e.close();
	await f.close();

	/* a new attempt of the host starts afresh */
	const n = await launch(site, { cmi: { "cmi.suspend_data":
	    end["cmi.suspend_data"] } });
	is(await h1(n), "Know your building", "ab-initio: state is not read");
	ok(!(await n.calls()).some((c) => c.name === "LMSGetValue" &&
	    c.args[0] === "cmi.suspend_data"), "not even asked for");
	await n.away();
	await checkSession(n, "new attempt");
	await n.close();
});

/* --- opening alone, leaving by the button -------------------------------- */

await withPackage({ ...plain, content: { sections: [{ id: "s", name: "",
    lessons: [{ id: "one", title: "One", blocks: [{ id: "b", type: 2, order: 1,
	content: "<p>Short.</p>" }] }] }] } }, [], async (site) => {
	const s = await launch(site, { size: [1280, 1400] });
	await s.page.waitForTimeout(400);
	/* The word of the player's own scrolling may come late. */
	await s.frame().evaluate(() => document.dispatchEvent(new Event("scroll")));
	await s.away();
	is((await s.cmi())["cmi.core.lesson_status"], "incomplete",
	    "opening and closing a short lesson completes nothing");
	await checkSession(s, "opened and closed");
	await s.close();
	const t = await launch(site);
	await next(t);
	const cmi = await t.cmi();
	is(cmi["cmi.core.lesson_status"], "completed", "finishing it does");
	ok(!("cmi.core.score.raw" in cmi), "an unscored course sends no score");
	await t.sco.locator("#leave").click();
	ok(/close this page/.test(await t.sco.locator("main").textContent()),
	    "the leave button says that the page can be closed");
	await t.page.evaluate(() => document.getElementById("sco").remove());
	await checkSession(t, "left by button");
	await t.close();
	const l = await launch(site, { cmi: { "cmi.core.lesson_status": "completed",
	    "cmi.core.entry": "resume", "cmi.suspend_data": "nonsense" } });
	ok(/could not be read/.test(await noticed(l)), "an unreadable state is told");
	await l.away();
	is((await l.cmi())["cmi.core.lesson_status"], "completed",
	    "and the host's status is kept");
	await checkSession(l, "unreadable state");
	await l.close();
});

/* --- the mark, exactly and a hair below ---------------------------------- */

function weighted(...points) {
	const doc = course("fire");
	const block = doc.content.sections[0].lessons[0].blocks.at(-1);
	const quiz = JSON.parse(block.content);
	doc.assessmentSettings.enableEmbeddedKnowledgeChecks = false;
	doc.content.sections = [{ id: "s", name: "S", lessons: [{ id: "l",
	    title: "L", blocks: points.map((n, i) => ({ id: "w" + i, type: 4,
		order: i + 1, content: JSON.stringify({ ...quiz, points: n,
		    question: "Question " + i }) })) }] }];
	return doc;
}

async function sits(points, right, options, cmi = {}) {
	let got;
	await withPackage(weighted(...points), options, async (site) => {
		const s = await launch(site, { cmi });
		await next(s);
		await sitExam(s, Object.fromEntries(points.map((_, i) =>
		    [i, right.includes(i) ? 1 : 0])));
		got = await s.away();
		await checkSession(s, points.join("+"));
		await s.close();
	});
	return [got["cmi.core.lesson_status"], got["cmi.core.score.raw"]];
}

const all = [0, 1, 2, 3, 4];
const one = ["attempts=1"];
is(await sits([1, 1, 1, 1, 1], [0, 1, 2, 3], one), ["passed", "80"],
    "exactly the mark passes");
is(await sits([79.99, 20.01], [0], one), ["failed", "79.99"],
    "one hundredth below fails");
is(await sits([1, 1, 1], [0, 1], ["attempts=1", "mark=67"]), ["failed", "66.66"],
    "rounded down when below the mark");
is(await sits([1, 1, 1], [0, 1], one, { "cmi.student_data.mastery_score":
    "66.66" }), ["passed", "66.67"], "the host's mark replaces the package's");
for (const bad of ["-1", "101", "x", ""])
	is(await sits([1, 1, 1, 1, 1], [0, 1, 2], one,
	    { "cmi.student_data.mastery_score": bad }), ["failed", "60"],
	    `a mastery score of "${bad}" is none`);
is(await sits([1, 1, 1, 1, 1], [], one), ["failed", "0"], "0 of n");
is(await sits([1, 1, 1, 1, 1], all, ["attempts=1", "mark=100"]),
    ["passed", "100"], "n of n");

/* --- options ------------------------------------------------------------- */

await withPackage(fire, ["completion=pass"], async (site) => {
	const s = await launch(site, { cmi: { "cmi.student_data.mastery_score":
	    "80" } });
	await sitExam(s, RIGHT);
	is((await s.away())["cmi.core.lesson_status"], "passed",
	    "passing alone completes");
	await checkSession(s, "completion by pass");
	await s.close();
});

await withPackage(fire, ["completion=lessons"], async (site) => {
	const s = await launch(site);
	await readAll(s);
	is((await s.cmi())["cmi.core.lesson_status"], "incomplete",
	    "lessons: an attempt at the exam belongs to it");
	await sitExam(s, { 0: 1 });
	is((await s.away())["cmi.core.lesson_status"], "completed",
	    "its result does not");
	await checkSession(s, "completion by lessons");
	await s.close();
});

await withPackage(plain, ["completion=50"], async (site) => {
	const s = await launch(site);
	await next(s);
	is((await s.cmi())["cmi.core.lesson_status"], "incomplete", "25 of 50 %");
	await next(s);
	is((await s.cmi())["cmi.core.lesson_status"], "completed", "50 of 50 %");
	await s.away();
	await checkSession(s, "completion by percent");
	await s.close();
});

await withPackage(fire, ["sequential=1"], async (site) => {
	const s = await launch(site);
	is(await s.sco.locator("#nav a[aria-disabled=true]").count(), 4,
	    "sequential: the rest is locked");
	await s.sco.locator("#nav a").nth(2).click({ force: true });
	is(await h1(s), "Know your building", "a locked lesson does not open");
	await next(s);
	is(await h1(s), "Extinguishers and what they are for", "the next one does");
	await s.sco.locator("#nav a").nth(0).click();
	is(await h1(s), "Know your building", "done lessons stay open");
	await s.away();
	await checkSession(s, "sequential");
	await s.close();
});

await withPackage(noExam, [], async (site) => {
	const s = await launch(site);
	for (const n of [1, 1, 0, 0]) {
		const q = await s.frame().evaluate(() =>
		    document.querySelector(".current form").id);
		await answer(s, q, n);
		await next(s);
	}
	let cmi = await s.cmi();
	is([cmi["cmi.core.lesson_status"], cmi["cmi.core.score.raw"]],
	    ["incomplete", "75"], "checks are scored when there is no exam");
	await s.sco.locator(".again .primary").click();
	for (const n of [1, 1, 0, 1]) {
		const q = await s.frame().evaluate(() =>
		    document.querySelector(".current form").id);
		await answer(s, q, n);
		await next(s);
	}
	cmi = await s.away();
	is([cmi["cmi.core.lesson_status"], cmi["cmi.core.score.raw"]],
	    ["passed", "100"], "a second round may pass");
	await checkSession(s, "scored checks");
	await s.close();
});

await withPackage(fire, ["per_lesson=1"], async (site) => {
	const s = await launch(site, { page: "lessons/002.html" });
	is(await h1(s), "Extinguishers and what they are for", "one lesson, one SCO");
	await next(s);
	is((await s.away())["cmi.core.lesson_status"], "completed",
	    "completed by its lesson");
	await checkSession(s, "lesson SCO");
	await s.close();
	const e = await launch(site, { page: "exam.html" });
	await sitExam(e, RIGHT);
	const cmi = await e.away();
	is([cmi["cmi.core.lesson_status"], cmi["cmi.core.score.raw"]],
	    ["passed", "100"], "the exam is the last SCO");
	await checkSession(e, "exam SCO");
	await e.close();
});

await done();
