/*
 * The player for everyone: no automatic accessibility finding on any of its
 * pages, the whole course by keyboard alone, small screens, other directions
 * and languages, no script, paper.
 */
import { findings as broken, shot } from "./kit/browser.mjs";
import { RIGHT, answer, checkSession, course, done, is, launch, next, ok,
    openBrowser, pack, pick, serve, withPackage } from "./scorm/host.mjs";

const fire = course("fire");
const browser = await openBrowser();

async function findings(frame, what) {
	is(await broken(frame), [], what + ": no accessibility finding");
}

const wide = (frame) => frame.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth);

/* --- every page, three sizes, light and dark --------------------------------- */

const sizes = [[390, 844], [820, 1180], [1440, 900]];

await withPackage(fire, ["attempts=2"], async (site) => {
	for (const size of sizes)
		for (const scheme of ["light", "dark"])
			await everyPage(site, size, scheme);
});

async function everyPage(site, size, scheme) {
	const s = await launch(site, { size, scheme });
	const name = `${size[0]}-${scheme}`;
	const look = async (what) => {
		await findings(s.frame(), `${what} ${name}`);
		await s.shot(`${what}-${name}`);
	};
	await look("lesson");
	await next(s);
	await answer(s, "q1", 0);
	await s.sco.locator("#q1 .out").scrollIntoViewIfNeeded();
	await look("question");
	await s.sco.locator("#next").click();
	await s.sco.locator("#next").click();
	await s.sco.locator("#next").click();
	await look("exam-before");
	await s.sco.locator(".above .primary").click();
	for (const q of [0, 1, 2])
		await pick(s, "x" + q, RIGHT[q]);
	await look("exam");
	await s.sco.locator(".below .primary").click();
	await look("ask");
	await s.sco.locator(".ask .primary").click();
	await s.sco.locator("#exam-result").waitFor();
	await look("result");
	await next(s);
	await look("summary");
	if (await s.sco.locator("#menu").isVisible()) {
		await s.sco.locator("#menu").click();
		await look("menu");
		await s.page.keyboard.press("Escape");
		is(await s.frame().evaluate(() => document.activeElement.id), "menu",
		    "Escape closes the menu and gives the focus back");
	}
	is(await wide(s.frame()), 0, name + ": nothing sticks out");
	await s.sco.locator("#leave").click();
	await look("left");
	is(s.errors, [], name + ": no error");
	await s.close();
}

/* --- by keyboard alone ---------------------------------------------------------- */

await withPackage(fire, [], async (site) => {
	const s = await launch(site);
	const frame = s.frame();
	const at = (css) => frame.evaluate((c) =>
	    document.activeElement.matches(c), css);
	const tabTo = async (css) => {
		for (let i = 0; i < 80; i++) {
			if (await at(css))
				return true;
			await s.page.keyboard.press("Tab");
		}
		return ok(false, "Tab reaches " + css);
	};
	const seen = await frame.evaluate(() =>
	    document.activeElement.textContent);
	is(seen, "Know your building", "the focus starts at the heading");
	await tabTo("#q0 input");
	const ring = await frame.evaluate(() => getComputedStyle(
	    document.activeElement.closest(".option")).outlineWidth);
	ok(parseFloat(ring) >= 2, "the focus is visible: " + ring);
	await s.page.keyboard.press("ArrowDown");
	await s.page.keyboard.press("Enter");
	ok(/Right/.test(await s.sco.locator("#q0 .out").textContent()),
	    "arrows choose, Enter checks");
	for (let i = 0; i < 4; i++) {
		await tabTo("#next");
		await s.page.keyboard.press("Enter");
		ok(await at(".current h1"), "the focus moves to the new heading");
	}
	await tabTo(".above .primary");
	await s.page.keyboard.press("Enter");
	for (const q of [0, 1, 2, 3]) {
		await tabTo(`#x${q} input`);
		await s.page.keyboard.press("Space");
		for (let i = 0; i < RIGHT[q]; i++)
			await s.page.keyboard.press("ArrowDown");
	}
	await tabTo(".below .primary");
	await s.page.keyboard.press("Enter");
	await s.sco.locator("#exam-result").waitFor();
	ok(await at("#exam-result"), "the result takes the focus");
	is((await s.cmi())["cmi.core.lesson_status"], "passed",
	    "passed without a pointer");
	await s.page.keyboard.press("Alt+ArrowLeft");
	is(await s.sco.locator(".current h1").textContent(),
	    "At the assembly point", "Alt and arrows turn pages");
	await tabTo("#shortcuts input");
	await s.page.keyboard.press("Space");
	await frame.evaluate(() => document.querySelector(".current h1").focus());
	is(await s.sco.locator("#shortcuts input").isChecked(), false,
	    "which can be switched off");
	await tabTo("#leave");
	await s.page.keyboard.press("Enter");
	ok(await at("h1"), "leaving ends at a heading");
	await s.page.evaluate(() => document.getElementById("sco").remove());
	await checkSession(s, "keyboard");
	await s.close();
});

/* --- narrow, enlarged, spaced, other colours -------------------------------------- */

await withPackage(fire, [], async (site) => {
	for (const size of [[320, 256], [320, 640]]) {
		const s = await launch(site, { size });
		for (let i = 0; i < 5; i++) {
			is(await wide(s.frame()), 0, size.join("x") +
			    `: page ${i + 1} needs no horizontal scrolling`);
			await s.sco.locator("#next").click();
		}
		await s.close();
	}
	const t = await launch(site, { size: [390, 844] });
	await t.frame().evaluate(() => {
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(`* { line-height: 1.5 !important;
		    letter-spacing: .12em !important; word-spacing: .16em !important }
		    p { margin-bottom: 2em !important } html { font-size: 200% }`);
		document.adoptedStyleSheets = [sheet];
	});
	is(await wide(t.frame()), 0, "text spacing and 200 % text fit");
	await t.shot("spaced-390");
	const small = await t.frame().evaluate(() => [...document.querySelectorAll(
	    "button, a, input, summary, label")].filter((e) => {
		const r = e.getBoundingClientRect();
		return r.width && (r.width < 24 || r.height < 24) &&
		    !e.closest("p, label, .skip") ;
	}).map((e) => e.outerHTML.slice(0, 60)));
	is(small, [], "targets are at least 24 pixels");
	await t.close();
	const context = await browser.newContext({ forcedColors: "active",
		reducedMotion: "reduce", viewport: { width: 1280, height: 800 } });
	const f = await launch(site, { context });
	await answer(f, "q0", 0);
	await f.shot("forced-colors");
	const moving = await f.frame().evaluate(() => [...document.querySelectorAll(
	    "*")].some((e) => parseFloat(getComputedStyle(e).transitionDuration)));
	is(moving, false, "reduced motion: nothing moves");
	await f.close();
});

/* --- right to left, other languages ------------------------------------------------- */

const arabic = JSON.parse(JSON.stringify(fire).replaceAll("Fire safety",
    "السلامة من الحرائق").replaceAll("Know your building", "اعرف مبناك"));

await withPackage(arabic, ["language=ar"], async (site) => {
	const s = await launch(site, { size: [1440, 900] });
	is(await s.frame().evaluate(() => document.documentElement.dir), "rtl",
	    "Arabic runs from right to left");
	const [nav, main] = await s.frame().evaluate(() => ["nav", "main"].map((n) =>
	    document.querySelector(n).getBoundingClientRect().left));
	ok(nav > main, "the list of lessons is on the right");
	is(await s.sco.locator("#next .dir").getAttribute("lang"), "en",
	    "words of the player name their own language");
	await findings(s.frame(), "right to left");
	await s.shot("rtl-1440");
	await s.close();
});

for (const [lang, word] of [["de", "Weiter"], ["fr", "Suivant"],
	["es", "Siguiente"], ["de-AT", "Weiter"], ["it", "Next"]])
	await withPackage(fire, ["language=" + lang], async (site) => {
		const s = await launch(site);
		is(await s.sco.locator("#next .dir").textContent(), word,
		    "language " + lang);
		is(await s.frame().evaluate(() => document.documentElement.lang),
		    lang, "lang says " + lang);
		await findings(s.frame(), lang);
		await s.close();
	});

/* --- without script, on paper, from a disk -------------------------------------------- */

await withPackage(fire, [], async (site, p) => {
	const context = await browser.newContext({ javaScriptEnabled: false,
		viewport: { width: 1280, height: 800 } });
	const page = await context.newPage();
	await page.goto(site.url + "/course/index.html");
	const text = await page.locator("main").innerText();
	ok(["Two ways out", "Water is the right choice", "The first minute",
	    "Final exam"].every((t) => text.includes(t)),
	    "without script: texts and questions can be read");
	ok(/Scripts are switched off/.test(text), "and it says what is missing");
	await shot(page, "no-script");
	await page.goto(site.url + "/course/lessons/002.html");
	ok(await page.getByText("Class F: cooking oil").isVisible(),
	    "each lesson is a page of its own");
	await page.locator("a[rel=next]").click();
	ok(page.url().endsWith("/lessons/003.html"), "with a way on");
	await shot(page, "plain-lesson");
	await context.close();

	const paper = await browser.newPage();
	await paper.goto(site.url + "/course/index.html");
	await paper.emulateMedia({ media: "print" });
	ok(await paper.getByText("Dial 112").isVisible() &&
	    await paper.locator("#x3").isVisible() &&
	    !(await paper.locator("nav").isVisible()),
	    "on paper: everything, without the controls");
	await paper.close();

	const disk = await browser.newPage();
	const errors = [];
	disk.on("console", (m) => m.type() === "error" && errors.push(m.text()));
	disk.on("pageerror", (e) => errors.push(String(e)));
	await disk.clock.install();
	await disk.goto("file://" + p.dir + "/index.html");
	await disk.clock.runFor(5000);	/* as long as a host is waited for */
	await disk.locator("#next").waitFor();
	await disk.locator("#next").click();
	is(await disk.locator(".current h1").textContent(),
	    "Extinguishers and what they are for", "opened from a disk it works");
	is(errors, [], "without an error");
	await findings(disk.mainFrame(), "from a disk");
	await shot(disk, "from-disk");
	await disk.close();
});

/* --- images and links of elsewhere -------------------------------------------------------- */

const linked = course("fire");
linked.content.sections[0].lessons[0].blocks[0].content =
    '<figure><img src="https://images.example/plan.png"><figcaption>Plan' +
    '</figcaption></figure><p onclick="x()">Safe<script>alert(1)</script></p>';
{
	const p = pack(linked);
	ok(/no alternative text/.test(p.out), "an image without text is warned of");
	ok(/fetched from another site/.test(p.out), "and one from elsewhere");
	const site = await serve(p);
	const s = await launch(site);
	await s.frame().evaluate(() => new Promise((r) => setTimeout(r, 100)));
	ok(!s.errors.some((e) => /Content Security Policy/.test(e)),
	    "the policy lets linked images through");
	ok(!(await s.frame().content()).includes("onclick"),
	    "handlers never reach the page");
	await s.close();
	await site.close();
}
await withPackage(fire, [], async (site) => {
	const s = await launch(site);
	await next(s);
	const a = s.sco.locator(".current .text a").first();
	is([await a.getAttribute("target"), await a.getAttribute("rel")],
	    ["_blank", "noopener noreferrer"], "links leave the course alone");
	const blocked = await s.frame().evaluate(() => new Promise((r) => {
		document.addEventListener("securitypolicyviolation", (e) =>
			r(e.effectiveDirective));
		const x = document.createElement("script");
		x.textContent = "window.hacked = 1";
		document.body.append(x);
		setTimeout(() => r("none"), 60000);
	}));
	ok(/script-src/.test(blocked), "the policy refuses inline script");
	await s.close();
});

await done();
