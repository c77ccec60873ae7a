/*
 * Packages in a browser: builds a package, serves it beside a host page, and
 * launches it there as a learning management system would.
 */
import { createServer } from "node:http";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from
    "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { launchBrowser, shot } from "../kit/browser.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
export const top = path.resolve(here, "../../..");
export const BUILD = path.resolve(top, process.env.BUILD || "build");
export const modules = path.join(top, "tests/node_modules");
const work = mkdtempSync(path.join(process.env.TEST_DIR || tmpdir(), "scorm-"));

let count = 0, failed = 0;

export function ok(cond, what) {
	count++;
	if (!cond)
		failed++;
	console.log((cond ? "ok " : "not ok ") + count + " - " + what);
	return cond;
}

export function is(got, want, what) {
	const same = JSON.stringify(got) === JSON.stringify(want);
	if (!ok(same, what)) {
		console.log("#   got: " + JSON.stringify(got));
		console.log("#  want: " + JSON.stringify(want));
	}
	return same;
}

export const course = (name) => JSON.parse(readFileSync(
    path.join(here, "../courses", name + ".json"), "utf8"));

let made = 0;

/* Runs the exporter; { dir, zip, status, out }. dir only when it worked. */
export function pack(doc, ...options) {
	const base = path.join(work, "p" + ++made);
	writeFileSync(base + ".json", JSON.stringify(doc));
	const r = spawnSync(path.join(BUILD, "tests/web/package"),
	    [base + ".json", base + ".zip", ...options], { encoding: "utf8" });
	const p = { zip: base + ".zip", json: base + ".json", status: r.status,
		out: r.stdout + r.stderr };
	if (r.status === 0) {
		p.dir = base;
		mkdirSync(base);
		execFileSync("unzip", ["-q", p.zip, "-d", base]);
	}
	return p;
}

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript",
	css: "text/css", json: "application/json", xml: "text/xml" };

const FIXED = {
	"/host.html": path.join(here, "host.html"),
	"/recorder.js": path.join(here, "recorder.js"),
	"/scorm12.js": path.join(modules, "scorm-again/dist/scorm12.js"),
};

/* Serves one package below /course/ and the host's own files. */
export async function serve(p) {
	const missing = [];
	const server = createServer((req, res) => {
		const url = new URL(req.url, "http://x").pathname;
		const file = FIXED[url] || (url.startsWith("/course/") ?
		    path.join(p.dir, path.normalize(url.slice(8))) : null);
		try {
			const body = readFileSync(file);
			res.setHeader("Content-Type",
			    TYPES[file.split(".").pop()] || "application/octet-stream");
			res.end(body);
		} catch (e) {
			if (url !== "/favicon.ico")
				missing.push(url);
			res.statusCode = 404;
			res.end();
		}
	});
	await new Promise((r) => server.listen(0, "127.0.0.1", r));
	return { url: "http://127.0.0.1:" + server.address().port, missing,
		close: () => new Promise((r) => {
			server.close(r);
			server.closeAllConnections();
		}) };
}

let browser;

export async function openBrowser() {
	browser = await launchBrowser();
	return browser;
}

export async function done() {
	if (browser)
		await browser.close();
	rmSync(work, { recursive: true, force: true });
	console.log("1.." + count);
	process.exit(failed ? 1 : 0);
}

const FRESH = { "cmi.core.student_id": "learner-1",
	"cmi.core.student_name": "Doe, Jane", "cmi.core.credit": "credit",
	"cmi.core.entry": "ab-initio", "cmi.core.lesson_mode": "normal",
	"cmi.core.lesson_status": "not attempted" };

/* What the host gives to the next session of the same attempt. */
export function nextSession(cmi) {
	const next = Object.assign({}, cmi, { "cmi.core.entry":
		cmi["cmi.core.exit"] === "suspend" ? "resume" : "" });
	delete next["cmi.core.exit"];
	delete next["cmi.core.session_time"];
	for (const k of Object.keys(next))
		if (k.startsWith("cmi.interactions."))
			delete next[k];
	return next;
}

/*
 * Launches the package. o: Recorder's options, and size, scheme, forced,
 * motion, locale, script (false: off), ready (false: do not wait), clock (true:
 * time can be moved on; "still": and moves on only then).
 */
export async function launch(site, o = {}) {
	const { size = [1280, 800], scheme = "light", script = true, ready = true,
		clock = false, context: shared, ...rest } = o;
	const context = shared || await browser.newContext({ colorScheme: scheme,
		viewport: { width: size[0], height: size[1] },
		javaScriptEnabled: script });
	const page = await context.newPage();
	if (clock)
		await page.clock.install();
	if (clock === "still" && !ready)
		await stand(page);
	const errors = [];
	page.on("pageerror", (e) => errors.push(String(e)));
	page.on("console", (m) => m.type() === "error" &&
	    errors.push(m.text()));
	rest.cmi = Object.assign({}, FRESH, rest.cmi);
	await page.goto(site.url + "/host.html#" +
	    encodeURIComponent(JSON.stringify(rest)));
	const sco = page.frameLocator("#sco");
	const s = { page, context, sco, errors,
		calls: () => page.evaluate(() => window.lms.calls),
		violations: () => page.evaluate(() => window.lms.violations),
		cmi: () => page.evaluate(() => window.lms.cmi),
		committed: () => page.evaluate(() => window.lms.committed),
		frame: () => page.frames().find((f) => f.url().includes("/course/")),
		/* As closing or leaving does: pagehide in the course's window. */
		async away() {
			await page.evaluate(() => {
				document.getElementById("sco").src = "about:blank";
			});
			await page.waitForFunction(() =>
			    window.lms.state === "finished");
			return page.evaluate(() => window.lms.committed);
		},
		shot: (name) => shot(page, name),
		close: () => context.close() };
	if (ready)
		await page.waitForFunction(() => {
			const d = document.getElementById("sco").contentDocument;
			return d && d.documentElement.classList.contains("ready");
		});
	if (clock === "still" && ready)
		await stand(page);
	return s;
}

/* The clock of a page stands, an hour later, and moves on when it is told to. */
async function stand(page) {
	const now = await page.evaluate(() => Date.now());
	await page.clock.pauseAt(now + 3600 * 1000);
}

/* Checks that hold for every session that has ended. */
export async function checkSession(s, what) {
	const calls = await s.calls();
	const names = calls.map((c) => c.name);
	is(await s.violations(), [], what + ": no call a strict host would refuse");
	is(names[0], "LMSInitialize", what + ": LMSInitialize comes first");
	is(names.filter((n) => n === "LMSInitialize").length, 1,
	    what + ": one LMSInitialize");
	is(names.filter((n) => n === "LMSFinish").length, 1,
	    what + ": one LMSFinish");
	is(names[names.length - 1], "LMSFinish", what + ": nothing after it");
	is(s.errors, [], what + ": no script or policy error");
}

/* --- what learners do -------------------------------------------------------- */

export async function withPackage(doc, options, run) {
	const p = pack(doc, ...options);
	if (!ok(p.status === 0, "package is built: " + options.join(" ")))
		return;
	const site = await serve(p);
	await run(site, p);
	is(site.missing, [], "no file is missing");
	await site.close();
}

export const next = (s) => s.sco.locator("#next").click();
export const h1 = (s) => s.sco.locator(".current h1").textContent();
export const noticed = (s) => s.sco.locator("#notices").textContent();
export const pick = (s, id, n) => s.sco.locator(`#${id} input`).nth(n).check();
export const sets = async (s, name) => (await s.calls()).filter((c) =>
    c.name === "LMSSetValue" && c.args[0] === name).map((c) => c.args[1]);

export async function answer(s, id, n) {
	await pick(s, id, n);
	await s.sco.locator(`#${id} .check`).click();
}

export async function sitExam(s, answers) {
	await s.sco.locator("#nav a[href='#exam']").click();
	await s.sco.locator(".above .primary").click();
	for (const [q, n] of Object.entries(answers))
		await pick(s, "x" + q, n);
	await s.sco.locator(".below .primary").click();
	const sure = s.sco.locator(".ask .primary");
	if (await sure.count())
		await sure.click();
	await s.sco.locator("#exam-result").waitFor();
}

export async function readAll(s, n = 4) {
	for (let i = 0; i < n; i++)
		await next(s);
}

/* The right options of courses/fire.json. */
export const RIGHT = { 0: 1, 1: 1, 2: 0, 3: 1 };
