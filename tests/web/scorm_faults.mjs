/*
 * SCORM 1.2 packages with hosts that differ: browse and review mode, elements
 * that are missing or refused, lost networks, no host at all, two windows,
 * states that are long or of another version. Set-up as in scorm_host.mjs.
 */
import { RIGHT, answer, checkSession, course, done, h1, is, launch, next,
    nextSession, noticed, ok, openBrowser, pack, readAll, sets, sitExam,
    withPackage } from "./scorm/host.mjs";

const fire = course("fire");

await openBrowser();

/* --- modes --------------------------------------------------------------- */

await withPackage(fire, ["sequential=1"], async (site) => {
	const b = await launch(site, { cmi: { "cmi.core.lesson_mode": "browse" } });
	is(await b.sco.locator("#nav a[aria-disabled=true]").count(), 0,
	    "browse: everything is open");
	await b.sco.locator("#nav a").nth(2).click();
	is(await b.sco.locator("#q2 .check").count(), 0, "nothing is judged");
	await b.away();
	is(await sets(b, "cmi.core.lesson_status"), ["browsed"],
	    "and the status says browsed");
	ok(!(await b.calls()).some((c) => c.name === "LMSSetValue" &&
	    /score|interactions|objectives|suspend/.test(c.args[0])),
	    "nothing else is reported");
	await checkSession(b, "browse");
	await b.close();

	const s = await launch(site);
	await answer(s, "q0", 0);
	const left = await s.away();
	const r = await launch(site, { cmi: { ...nextSession(left),
	    "cmi.core.lesson_mode": "review" } });
	is(await r.sco.locator("#nav a[aria-disabled=true]").count(), 0,
	    "review: all lessons are open");
	ok(await r.sco.locator("#q0 input").nth(0).isChecked() &&
	    await r.sco.locator("#q0 input").nth(0).isDisabled(),
	    "answers are shown, read-only");
	await r.sco.locator("#nav a").nth(3).click();
	ok(/Right answer/.test(await r.sco.locator("#q3 .out").textContent()),
	    "the right ones too");
	await r.away();
	ok(!(await r.calls()).some((c) => c.name === "LMSSetValue"),
	    "nothing is written");
	await checkSession(r, "review");
	await s.close();
	await r.close();
});

/* --- hosts that misbehave ------------------------------------------------ */

await withPackage(fire, [], async (site) => {
	const u = await launch(site, { unknown: ["cmi.interactions",
	    "cmi.objectives", "cmi.core.score", "cmi.student_data",
	    "cmi.core.lesson_location"] });
	await readAll(u);
	await sitExam(u, RIGHT);
	is(await u.sco.locator("#notices > *").allTextContents(), [],
	    "a host without optional elements: no message");
	const known = await u.away();
	is(known["cmi.core.lesson_status"], "passed", "passed all the same");
	is((await u.calls()).filter((c) => c.code === "401" &&
	    c.name === "LMSSetValue").length, 3,
	    "each unknown element is tried once: location, score.min, .max");
	await checkSession(u, "optional elements missing");
	await u.close();

	const p = await launch(site, { refuse: {
	    "cmi.core.lesson_status=passed": "405" } });
	await readAll(p);
	await sitExam(p, RIGHT);
	is((await p.away())["cmi.core.lesson_status"], "completed",
	    "passed refused with 405: completed instead");
	is((await sets(p, "cmi.core.lesson_status")).filter((v) =>
	    v === "passed").length, 1, "asked once");
	await checkSession(p, "passed refused");
	await p.close();

	const f = await launch(site, { failCommit: true, clock: "still" });
	ok(/not being saved/.test(await noticed(f)),
	    "a failed save is told, politely");
	await next(f);
	is(await h1(f), "Extinguishers and what they are for", "the learner goes on");
	await f.page.evaluate(() => { window.lms.failCommit = false; });
	await f.sco.locator("#notices button", { hasText: "Try again" }).click();
	ok(/saved again/.test(await noticed(f)), "Try again: saved");
	is((await f.committed())["cmi.core.lesson_location"], "2/1",
	    "nothing was lost");
	await f.away();
	await checkSession(f, "lost network");
	await f.close();

	const w = await launch(site, { failCommit: true, clock: "still" });
	await w.page.evaluate(() => { window.lms.failCommit = false; });
	let seconds = 0;
	while (seconds < 60 && !/saved again/.test(await noticed(w))) {
		await w.page.clock.runFor(1000);
		seconds++;
	}
	ok(seconds > 0 && seconds < 60, "it is also tried without being asked");
	await w.away();
	await w.close();

	const a = await launch(site, { already: true });
	await next(a);
	is(await h1(a), "Extinguishers and what they are for",
	    "already initialised: goes on");
	await a.away();
	await a.close();
});

/* --- no host ------------------------------------------------------------- */

await withPackage(fire, [], async (site) => {
	for (const o of [{ noApi: true }, { broken: true }]) {
		const s = await launch(site, { ...o, ready: false, clock: "still" });
		is(await h1(s), "Know your building", "no host: readable at once");
		is(await s.sco.locator("#next").isVisible(), false,
		    "one is waited for");
		await s.page.clock.runFor(5000);
		await s.page.clock.resume();
		await s.sco.locator("#next").waitFor();
		ok(/not recorded/.test(await noticed(s)), "after five seconds it says so");
		await answer(s, "q0", 1);
		await next(s);
		is(await h1(s), "Extinguishers and what they are for",
		    "and can be used");
		is(s.errors, [], "without an error");
		await s.close();
	}
});

/* --- two windows --------------------------------------------------------- */

await withPackage(fire, [], async (site) => {
	const s = await launch(site);
	await next(s);
	const t = await launch(site, { context: s.context });
	await s.sco.getByText("opened in another window").waitFor();
	is((await s.committed())["cmi.core.lesson_location"], "2/1",
	    "the older window saved");
	await checkSession(s, "older window");
	await next(t);
	await t.away();
	await checkSession(t, "newer window");
	await s.close();
});

/* --- long states and other versions -------------------------------------- */

function long(lessons, questions) {
	const doc = course("fire");
	const quiz = JSON.parse(doc.content.sections[0].lessons[0].blocks.at(-1)
	    .content);
	doc.assessmentSettings.enableFinalExam = false;
	doc.content.sections = [{ id: "s", name: "All", lessons:
	    Array.from({ length: lessons }, (_, i) => ({ id: "l" + i,
		title: "Lesson " + (i + 1), blocks:
		    Array.from({ length: questions }, (_, k) => ({ id: `q${i}-${k}`,
			type: 4, order: k + 1, content: JSON.stringify({ ...quiz,
			    question: `Question ${i} ${k}` }) })) })) }];
	return doc;
}

await withPackage(long(200, 55), [], async (site) => {
	const s = await launch(site);
	await answer(s, "q0", 1);
	await s.sco.locator("#nav a").nth(199).click();
	await answer(s, "q10999", 0);
	const left = await s.away();
	const state = left["cmi.suspend_data"];
	ok(state.length <= 4096, "200 lessons, 11000 questions: " + state.length +
	    " characters of 4096");
	await checkSession(s, "longest state");
	const t = await launch(site, { cmi: nextSession(left) });
	is(await h1(t), "Lesson 200", "position is kept");
	ok(/Not right/.test(await t.sco.locator("#q10999 .out").textContent()),
	    "and verdicts, where answers had to be dropped");
	await t.away();
	await checkSession(t, "longest state, second visit");
	await s.close();
	await t.close();
});

{
	const changed = course("fire");
	changed.version = 8;
	changed.content.sections[0].lessons.reverse();
	changed.content.sections[1].lessons.push({ id: "new", title: "New",
	    blocks: [{ id: "n", type: 2, content: "<p>x</p>", order: 1 }] });
	const old = pack(fire);
	let left;
	await withPackage(fire, [], async (site) => {
		const s = await launch(site);
		await answer(s, "q0", 0);
		await next(s);
		left = await s.away();
		await s.close();
	});
	await withPackage(changed, ["earlier=" + old.json], async (site) => {
		const s = await launch(site, { cmi: nextSession(left) });
		is(await h1(s), "Extinguishers and what they are for",
		    "a state of an earlier version: the lesson is found");
		is(await s.sco.locator("#progress-text").textContent(),
		    "1 of 6 done", "what was done stays done");
		await s.sco.locator("#nav a").nth(1).click();
		ok(await s.sco.locator("#q1 input").nth(0).isChecked(),
		    "and the answers have moved along");
		await s.away();
		await checkSession(s, "earlier version");
		await s.close();
	});
	await withPackage(changed, [], async (site) => {
		const s = await launch(site, { cmi: nextSession(left) });
		ok(/has changed/.test(await noticed(s)), "an unknown version is told");
		is(await s.sco.locator("#progress-text").textContent(),
		    "0 of 6 done", "and starts afresh");
		await s.away();
		await checkSession(s, "unknown version");
		await s.close();
	});
}

/* --- time ---------------------------------------------------------------- */

await withPackage(fire, [], async (site) => {
	const s = await launch(site, { cmi: {}, clock: true });
	await s.page.clock.runFor(60 * 1000);
	await next(s);
	await s.page.clock.runFor(11 * 60 * 1000);
	await s.page.clock.fastForward(49 * 60 * 1000);
	await s.sco.locator("#previous").click();
	const span = (await s.cmi())["cmi.core.session_time"].split(":").map(Number);
	const minutes = span[0] * 60 + span[1];
	ok(minutes >= 10 && minutes <= 12,
	    `a minute and an hour away count as 11 minutes: ${span.join(":")}`);
	await s.close();
});

await done();
