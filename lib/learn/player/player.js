/*
 * The player: moves through the lessons of one page, judges its questions and
 * keeps the learner's state with whoever hosts it. It holds no words; those
 * and the course come as data in the page. Parts, top down: the host adapters,
 * the state text, what counts as done, saving, the view.
 */
(function () {
"use strict";

const root = document.documentElement;
root.classList.add("js");

const NONE = -1;
const OPEN = 0, ANSWERED = 1, WRONG = 2, RIGHT = 3;

/* --- SCORM 1.2 ------------------------------------------------------------- */

const RANK = { "not attempted": 0, browsed: 0, incomplete: 1, failed: 2,
	completed: 3, passed: 4 };

/* 1234567 ms as HHHH:MM:SS.SS */
function timespan(ms, hourDigits) {
	const cs = Math.round(ms / 10), pad = (n, w) => String(n).padStart(w, "0");
	return pad(Math.min(Math.floor(cs / 360000), 9999), hourDigits) + ":" +
	    pad(Math.floor(cs / 6000) % 60, 2) + ":" +
	    pad(Math.floor(cs / 100) % 60, 2) + "." + pad(cs % 100, 2);
}

class Scorm12 {
	constructor() {
		this.limit = 4096;
		this.off = {};		/* elements the host does not know */
		this.sent = {};		/* element -> value the host took */
		this.status = "";
		this.score = NONE;	/* the host's, never lowered */
		this.objectives = null;	/* id -> { n, status } */
		this.nobjectives = 0;
		this.ninteractions = NONE;
		this.queue = [];
	}

	/* Resolves to false when there is no host after five seconds. */
	async find() {
		for (let i = 0; i < 50; i++) {
			this.api = apiNear(window) || apiAbove(() => window.opener) ||
			    apiAbove(() => window.top.opener);
			if (this.api)
				return this.initialize();
			await sleep(100);
		}
		return false;
	}

	initialize() {
		if (this.call("LMSInitialize", "") === "true")
			return true;
		this.shared = this.error() === "101" &&
		    /already/i.test(this.call("LMSGetErrorString", "101") + " " +
			this.call("LMSGetDiagnostic", "101"));
		return this.shared;
	}

	learner() {
		return this.get("cmi.core.student_id");
	}

	call(name, ...args) {
		try {
			const v = this.api[name](...args);
			return v === undefined || v === null ? "" : String(v);
		} catch (e) {
			console.warn(name, args[0], e);
			return "";
		}
	}

	error() {
		return this.call("LMSGetLastError");
	}

	get(name) {
		if (this.off[name])
			return "";
		const value = this.call("LMSGetValue", name);
		if (value === "") {
			const code = this.error();
			if (code === "401")
				this.off[name] = true;
			else if (code !== "0" && code !== "")
				console.warn("LMSGetValue", name, code);
		}
		return value;
	}

	/* True when the host has the value or does not know the element. */
	set(name, value) {
		if (this.off[name] || this.sent[name] === value)
			return true;
		if (this.call("LMSSetValue", name, value) === "true") {
			this.sent[name] = value;
			return true;
		}
		this.code = this.error();
		if (this.code === "401") {
			this.off[name] = true;
			return true;
		}
		console.warn("LMSSetValue", name, value, this.code);
		return false;
	}

	read() {
		const core = (name) => this.get("cmi.core." + name);
		const h = { name: core("student_name") };
		h.mode = core("lesson_mode") || "normal";
		h.credit = core("credit") || "credit";
		const entry = core("entry");
		this.status = core("lesson_status");
		if (!(this.status in RANK))
			this.status = "";
		if (entry !== "ab-initio") {
			h.location = core("lesson_location");
			h.state = this.get("cmi.suspend_data");
		}
		h.launch = this.get("cmi.launch_data");
		h.mark = this.get("cmi.student_data.mastery_score");
		h.language = this.get("cmi.student_preference.language");
		if (data.scored)
			this.score = decimal(core("score.raw"), 0, 100);
		h.status = this.status;
		return h;
	}

	/* What is written in the first place; lists go on where they stood. */
	begin() {
		const n = this.get("cmi.interactions._count");
		if (/^\d+$/.test(n))
			this.ninteractions = +n;
		if (data.objectives.length && this.get("cmi.objectives._children"))
			this.readObjectives();
		if (!RANK[this.status])
			this.setStatus("incomplete");
	}

	readObjectives() {
		const n = this.get("cmi.objectives._count");
		this.objectives = {};
		this.nobjectives = /^\d+$/.test(n) ? +n : 0;
		for (let i = 0; i < this.nobjectives; i++) {
			const at = "cmi.objectives." + i;
			const id = this.get(at + ".id");
			if (id)
				this.objectives[id] = { n: i,
					status: this.get(at + ".status") };
		}
	}

	browse() {
		if (!RANK[this.status])
			this.set("cmi.core.lesson_status", "browsed");
	}

	setStatus(status) {
		if ((RANK[this.status] || 0) >= RANK[status])
			return true;
		if (status === "passed" && this.refused)
			return this.setStatus("completed");
		const ok = this.set("cmi.core.lesson_status", status);
		if (!ok && status === "passed" && this.code === "405") {
			this.refused = true;
			return this.setStatus("completed");
		}
		if (ok)
			this.status = status;
		return ok;
	}

	setScore(raw) {
		if (raw <= this.score)
			return true;
		const ok = this.set("cmi.core.score.min", "0") &
		    this.set("cmi.core.score.max", "100") &
		    this.set("cmi.core.score.raw", String(raw));
		if (ok)
			this.score = raw;
		return Boolean(ok);
	}

	setObjective(o) {
		if (!this.objectives)
			return;
		let known = this.objectives[o.id];
		if (!known) {
			known = { n: this.nobjectives, status: "" };
			if (!this.set("cmi.objectives." + known.n + ".id", o.id))
				return;
			this.nobjectives++;
			this.objectives[o.id] = known;
		}
		const at = "cmi.objectives." + known.n;
		if (o.score !== undefined) {
			this.set(at + ".score.min", "0");
			this.set(at + ".score.max", "100");
			this.set(at + ".score.raw", String(o.score));
		}
		if ((RANK[known.status] || 0) < RANK[o.status] &&
		    this.set(at + ".status", o.status))
			known.status = o.status;
	}

	/* One record; false when it has to be tried again. */
	putInteraction(r) {
		const at = "cmi.interactions." + this.ninteractions + ".";
		if (!this.set(at + "id", r.id))
			return false;
		if (this.off[at + "id"]) {
			this.ninteractions = NONE;
			return true;
		}
		r.objectives.forEach((id, i) =>
			this.set(at + "objectives." + i + ".id", id));
		this.set(at + "time", timespan(r.time, 2));
		this.set(at + "type", r.type);
		this.set(at + "correct_responses.0.pattern", r.pattern);
		this.set(at + "weighting", String(r.weight));
		if (r.response !== "")
			this.set(at + "student_response", r.response);
		this.set(at + "result", r.right ? "correct" : "wrong");
		this.set(at + "latency", timespan(r.latency, 4));
		this.ninteractions++;
		return true;
	}

	putInteractions() {
		while (this.queue.length && this.ninteractions !== NONE) {
			const r = this.queue[0];
			if (!this.putInteraction(r) && ++r.tries < 3)
				return;
			this.queue.shift();
		}
	}

	/* Everything that changed, then the commit. */
	write(w) {
		let ok = this.set("cmi.core.lesson_location", w.location);
		ok = this.set("cmi.suspend_data", w.state) && ok;
		if (w.raw !== undefined)
			ok = this.setScore(w.raw) && ok;
		ok = this.setStatus(w.status) && ok;
		w.objectives.forEach((o) => this.setObjective(o));
		this.putInteractions();
		this.set("cmi.core.session_time", timespan(w.time, 4));
		return this.call("LMSCommit", "") === "true" && ok;
	}

	/* A host that says "true" to all: does it still know what was said? */
	alive() {
		const name = "cmi.core.lesson_location";
		if (this.off[name] || this.sent[name] === undefined ||
		    this.get(name) === this.sent[name])
			return true;
		this.sent = {};
		return false;
	}

	/* Before the last write(): answers can be looked at again later. */
	suspend() {
		this.set("cmi.core.exit", "suspend");
	}

	/* Nothing is called after it. */
	close() {
		return this.call("LMSFinish", "") === "true";
	}
}

function apiOf(w) {
	try {
		const api = w.API;
		return api && ["LMSInitialize", "LMSFinish", "LMSGetValue",
			"LMSSetValue", "LMSCommit", "LMSGetLastError"].every((f) =>
			    api[f]) ? api : null;
	} catch (e) {
		return null;	/* another origin */
	}
}

function apiNear(w) {
	for (let i = 0; w && i < 500; i++) {
		const api = apiOf(w);
		if (api)
			return api;
		let up = null;
		try {
			up = w.parent;
		} catch (e) {
			return null;
		}
		if (up === w)
			return null;
		w = up;
	}
	return null;
}

function apiAbove(opener) {
	try {
		return apiNear(opener());
	} catch (e) {
		return null;
	}
}

/* --- no host: this browser, or nothing ------------------------------------- */

class Local {
	constructor(keeps) {
		this.key = keeps ? "mirai:" + data.id : null;
		this.limit = 65536;
		this.queue = [];
	}

	async find() {
		return true;
	}

	read() {
		let saved = {};
		try {
			saved = JSON.parse(localStorage.getItem(this.key)) || {};
		} catch (e) {
			this.key = this.key && null;
		}
		this.status = saved.status || "";
		return { mode: "normal", state: saved.state || "",
			status: this.status };
	}

	learner() {
		return "";
	}

	begin() {}
	browse() {}

	write(w) {
		this.queue = [];
		if ((RANK[this.status] || 0) < RANK[w.status])
			this.status = w.status;
		if (!this.key)
			return true;
		try {
			localStorage.setItem(this.key, JSON.stringify({
				state: w.state, status: this.status }));
			return true;
		} catch (e) {
			return false;
		}
	}

	alive() {
		return true;
	}

	suspend() {}

	close() {
		return true;
	}
}

const runtimes = {
	scorm12: () => new Scorm12(),
	local: () => new Local(true),
	none: () => new Local(false),
};

/* --- helpers ---------------------------------------------------------------- */

function sleep(ms) {
	return new Promise((done) => setTimeout(done, ms));
}

/* The number a host wrote, or NONE. */
function decimal(s, min, max) {
	const n = /^-?\d+(\.\d+)?$/.test(s || "") ? +s : NaN;
	return n >= min && n <= max ? n : NONE;
}

function say(key, n, m) {
	return data.ui[key].replace("{n}", n).replace("{m}", m).replace("{text}", n);
}

/* el("p", "class", "text" or child, ...) */
function el(name, cls, ...inside) {
	const e = document.createElement(name);
	if (cls)
		e.className = cls;
	e.append(...inside.filter((x) => x !== null));
	return e;
}

/* An element with words of the player, which may be in another language. */
function ui(name, cls, ...inside) {
	const e = el(name, cls, ...inside);
	if (root.lang.slice(0, 2).toLowerCase() !== data.lang) {
		e.lang = data.lang;
		e.dir = "ltr";
	}
	return e;
}

function button(cls, text, onclick) {
	const b = ui("button", cls, text);
	b.type = "button";
	b.onclick = onclick;
	return b;
}

const byId = (id) => document.getElementById(id);

/* --- the course and where the learner is in it ------------------------------ */

let data;		/* the page's data block */
let host;
let lessons, exam, units;	/* indexes: lessons, then the exam, the summary */
let perLesson, checks, paper;	/* slots: one per question shown */
let mark;		/* hundredths of a percent */
let mode = "normal";
let here = NONE;
let done, reached;
let attempts, best, running;
let completed, passed, failed;

function reset() {
	lessons = data.lessons.length;
	exam = data.exam ? lessons : NONE;
	units = lessons + (data.exam ? 1 : 0);
	const slot = (q, name) => ({ q: data.questions[q], n: q, name, state: OPEN,
		answer: NONE, shown: Date.now() });
	perLesson = data.lessons.map((l) => l.q.map((q) => slot(q, "q")));
	checks = perLesson.flat();
	paper = data.exam ? Object.keys(data.questions).map((q) =>
		slot(+q, "x")) : [];
	done = new Array(lessons).fill(false);
	reached = new Array(lessons).fill(false);
	attempts = 0;
	best = NONE;
	running = completed = passed = failed = false;
}

const scoredSlots = () => !data.scored ? [] : data.exam ? paper : checks;
const slotsOf = (i) => i < lessons ? perLesson[i] : i === exam ? paper : [];
const sum = (slots) => slots.reduce((n, s) => n + s.q.points, 0);
const earned = () => sum(scoredSlots().filter((s) => s.state === RIGHT));
const exhausted = () => data.attempts > 0 && attempts >= data.attempts;

/* The best of all attempts, in hundredths of points; NONE before the first. */
function score() {
	if (data.exam || checks.every((s) => s.state === OPEN))
		return best;
	return Math.max(best, earned());
}

/* Integers only, so that the mark itself passes and a hair below does not. */
function reaches(points) {
	const possible = sum(scoredSlots());
	return possible > 0 && points * 10000 >= mark * possible;
}

/* Percent with two decimals, rounded to the side of the decision. */
function raw(points) {
	const possible = sum(scoredSlots());
	const r = points * 10000 / possible;
	return (reaches(points) ? Math.round(r) : Math.floor(r)) / 100;
}

function unitsDone() {
	return done.filter(Boolean).length + (data.exam && attempts > 0 ? 1 : 0);
}

function percent() {
	if (completed)
		return 100;
	return Math.min(99, Math.floor(100 * unitsDone() / Math.max(units, 1)));
}

function isCompleted() {
	const sat = !data.exam || attempts > 0;
	switch (data.completion) {
	case "pass":
		return data.scored ? passed : done.every(Boolean);
	case "percent":
		return sat && 100 * unitsDone() >= data.percent * units;
	default:
		return sat && done.every(Boolean);
	}
}

function status() {
	const byLessons = data.completion === "lessons" ||
	    data.completion === "percent";
	if (!data.scored)
		return completed ? "completed" : "incomplete";
	if (completed && passed)
		return "passed";
	if (completed && byLessons)
		return "completed";
	return failed ? "failed" : "incomplete";
}

/* Facts are only ever added. */
function decide() {
	if (mode !== "normal")
		return;
	if (data.scored && score() !== NONE && reaches(score()))
		passed = true;
	if (data.scored && !passed && exhausted())
		failed = true;
	if (isCompleted())
		completed = true;
}

/* --- the state text ---------------------------------------------------------- */

const DIGITS =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function number(n, width) {
	let s = "";
	for (; width > 0; width--, n = Math.floor(n / 64))
		s = DIGITS[n % 64] + s;
	return s;
}

function parse(s) {
	let n = 0;
	for (const c of s)
		n = n * 64 + DIGITS.indexOf(c);
	return n;
}

/* Values of 1 or 2 bits, 6 bits to a character. */
function pack(values, bits) {
	const per = 6 / bits;
	let s = "";
	for (let i = 0; i < values.length; i += per) {
		let n = 0;
		for (let k = 0; k < per; k++)
			n |= (+values[i + k] || 0) << (k * bits);
		s += DIGITS[n];
	}
	return s;
}

function unpack(s, bits) {
	const values = [];
	for (const c of s)
		for (let k = 0; k < 6; k += bits)
			values.push(DIGITS.indexOf(c) >> k & ((1 << bits) - 1));
	return values;
}

function checksum(s) {
	let h = 0x811c9dc5;
	for (let i = 0; i < s.length; i++)
		h = Math.imul(h ^ s.charCodeAt(i), 0x01000193) >>> 0;
	return number((h ^ h >>> 24) & 0xffffff, 4);
}

function stateText() {
	const slots = checks.concat(paper);
	const facts = completed | passed << 1 | failed << 2 | running << 3;
	const fields = [data.fp,
		number(Math.max(here, 0), 2) + number(currentBlock(), 2),
		pack(done, 1), pack(slots.map((s) => s.state), 2),
		number(attempts, 2) + number(best + 1, 5) + number(facts, 1)];
	const answers = slots.map((s) => DIGITS[s.answer + 1]).join("")
	    .replace(/A+$/, "");
	const seal = (f) => {
		const body = f.join(".");
		return "M1." + checksum(body) + "." + body;
	};
	const whole = seal(fields.concat(answers));
	return whole.length <= host.limit ? whole : seal(fields.concat(""));
}

/* The fields of a state text, or null when it is not one of ours. */
function readState(text) {
	if (!/^M1\.[\w-]{4}\.[\w.-]+$/.test(text) ||
	    checksum(text.slice(8)) !== text.slice(3, 7))
		return null;
	const f = text.slice(8).split(".");
	return f.length !== 6 ? null : { fp: f[0], lesson: parse(f[1].slice(0, 2)),
		block: parse(f[1].slice(2)), done: unpack(f[2], 1),
		slots: unpack(f[3], 2), attempts: parse(f[4].slice(0, 2)),
		best: parse(f[4].slice(2, 7)) - 1, facts: parse(f[4].slice(7)),
		answers: f[5] };
}

function takeFacts(s) {
	completed = Boolean(s.facts & 1);
	passed = Boolean(s.facts & 2);
	failed = Boolean(s.facts & 4);
}

function takeSlot(slot, s, i) {
	slot.state = s.slots[i] || OPEN;
	slot.answer = i < s.answers.length ? DIGITS.indexOf(s.answers[i]) - 1 : NONE;
	if (slot.answer >= slot.q.keys.length)
		slot.answer = NONE;
}

function takeState(s) {
	takeFacts(s);
	done = done.map((_, i) => s.done[i] === 1);
	checks.concat(paper).forEach((slot, i) => takeSlot(slot, s, i));
	attempts = s.attempts;
	best = s.best;
	running = Boolean(s.facts & 8) && data.exam;
	return { lesson: Math.min(s.lesson, units), block: s.block };
}

/* A state of an earlier version: positions are looked up in its table. */
function convertState(s, old) {
	takeFacts(s);
	old.l.forEach((now, i) => {
		if (now >= 0 && s.done[i] === 1)
			done[now] = true;
	});
	const move = (slots, base) => old.q.forEach((now, i) => {
		const slot = slots.find((x) => x.n === now);
		if (slot && now >= 0)
			takeSlot(slot, s, base + i);
	});
	if (old.checks)
		move(checks, 0);
	const base = old.checks ? old.q.length : 0;
	const same = old.q.length === paper.length && old.q.every((q) => q >= 0);
	if (old.exam && data.exam) {
		attempts = s.attempts;
		best = same ? s.best : NONE;
		running = same && Boolean(s.facts & 8);
		if (same)
			move(paper, base);
	}
	const now = old.l[s.lesson];
	return { lesson: now >= 0 ? now : 0, block: 0 };
}

/* Where to go on; tells the learner when that is the beginning. */
function resume(h) {
	const first = { lesson: 0, block: 0 };
	if (!h.state) {
		const at = /^(\d+)\/(\d+)$/.exec(h.location || "");
		const start = /(?:^|&)start=(\d+)/.exec(h.launch || "");
		const n = at ? +at[1] - 1 : start ? +start[1] - 1 : 0;
		return n > 0 && n < units ? { lesson: n, block: 0 } : first;
	}
	const s = readState(h.state);
	if (!s) {
		notice("state", say("state_bad"));
		return first;
	}
	if (s.fp === data.fp)
		return takeState(s);
	const old = data.earlier.find((e) => e.fp === s.fp);
	if (old)
		return convertState(s, old);
	takeFacts(s);
	notice("state", say("state_old"));
	return first;
}

/* --- time -------------------------------------------------------------------- */

const IDLE = 10 * 60 * 1000;
let spent = 0, ticked = Date.now(), active = Date.now();

function tick() {
	const now = Date.now();
	if (!document.hidden && now - active < IDLE)
		spent += Math.max(0, Math.min(now - ticked, IDLE));
	ticked = now;
}

/* --- saving ------------------------------------------------------------------ */

const DELAYS = [1, 2, 5, 15, 60];
let dirty = false, ended = false, failures = 0, timer = 0;

function written() {
	const w = { status: status(), time: spent, state: stateText(),
		location: (Math.max(here, 0) + 1) + "/" + (currentBlock() + 1),
		objectives: objectiveResults() };
	if (data.scored && score() !== NONE)
		w.raw = raw(score());
	return w;
}

function changed(now) {
	dirty = true;
	if (now)
		save();
}

function save() {
	if (ended || !host || mode !== "normal")
		return true;
	clearTimeout(timer);
	tick();
	const ok = host.write(written()) && (failures === 0 || host.alive());
	dirty = !ok;
	if (ok && failures > 0) {
		notice("save", say("save_ok"));
		setTimeout(() => failures === 0 && notice("save", null), 6000);
	}
	failures = ok ? 0 : failures + 1;
	if (!ok)
		saveFailed();
	return ok;
}

function saveFailed() {
	const wait = DELAYS[Math.min(failures - 1, DELAYS.length - 1)];
	timer = setTimeout(save, wait * 1000);
	if (failures === 1)
		notice("save", say("save_failed"), button("", say("try_again"), save));
}

/* The host may say "true" and forget: once a minute it is asked. */
function probe() {
	if (ended || mode !== "normal" || failures > 0 || host.alive())
		return;
	failures = 1;
	saveFailed();
}

/* Ends the session, once; true when everything was taken. */
function end() {
	if (ended || !host)
		return true;
	if (mode !== "review")
		host.suspend();
	const ok = save();
	ended = true;
	clearTimeout(timer);
	return host.close() && ok;
}

function leave() {
	const ok = end();
	if (data.back) {
		location.href = data.back;
		return;
	}
	if (window === window.top && window.opener)
		window.close();
	stop(say("left_title"), host instanceof Local && !host.key ?
	    say("left_untracked") : say(ok ? "left" : "left_unsaved"));
}

/* The end of this page's life: one message, no way on. */
function stop(title, text) {
	root.classList.add("stopped");
	const head = ui("h1", "", title);
	head.tabIndex = -1;
	byId("main").replaceChildren(ui("article", "lesson current over", head,
		ui("p", "", text)));
	byId("nav").hidden = byId("menu").hidden = true;
	document.querySelector(".foot").hidden = true;
	byId("notices").replaceChildren();
	head.focus();
}

/*
 * The newer of two windows goes on; the older saves and ends its session,
 * unless both talk to one: that is the newer's now.
 */
async function claim(taker) {
	if (!window.BroadcastChannel)
		return;
	const self = Math.random();
	const channel = new BroadcastChannel(["mirai", data.id, data.fp,
		taker.learner()].join(":"));
	let other = null;
	const answer = new Promise((r) => { other = r; });
	channel.onmessage = (e) => {
		if (e.data.bye === self)
			other();
		if (!e.data.hello || ended || !host)
			return;
		if (e.data.shared) {
			save();
			ended = true;
			clearTimeout(timer);
		} else {
			end();
		}
		channel.postMessage({ bye: e.data.hello });
		stop(say("left_title"), say("other_tab"));
	};
	channel.postMessage({ hello: self, shared: taker.shared });
	await Promise.race([answer, sleep(60)]);
}

/* --- records ----------------------------------------------------------------- */

function record(slot, judged) {
	const now = new Date();
	const q = slot.q, key = (i) => i === NONE ? "" : q.keys[i];
	host.queue.push({ id: q.id, type: q.type, pattern: key(q.right),
		response: key(slot.answer), right: slot.state === RIGHT,
		weight: judged ? q.points / 100 : 0, tries: 0,
		time: ((now.getHours() * 60 + now.getMinutes()) * 60 +
		    now.getSeconds()) * 1000,
		latency: Date.now() - slot.shown,
		objectives: q.o.map((i) => data.objectives[i]) });
}

/* Status and score of each objective, from its lessons and questions. */
function objectiveResults() {
	return data.objectives.map((id, i) => {
		const asked = scoredSlots().filter((s) => s.q.o.includes(i));
		const read = data.lessons.map((l, n) => n).filter((n) =>
			data.lessons[n].o.includes(i));
		const open = data.exam ? attempts === 0 || running :
		    asked.some((s) => s.state === OPEN);
		if (asked.length && sum(asked) > 0) {
			if (open)
				return { id, status: "incomplete" };
			const got = sum(asked.filter((s) => s.state === RIGHT));
			const all = sum(asked);
			return { id, score: Math.floor(got * 10000 / all) / 100,
				status: got * 10000 >= mark * all ? "passed" :
				    "failed" };
		}
		const ready = read.length ? read.every((n) => done[n]) :
		    done.every(Boolean);
		return { id, status: ready ? "completed" : "incomplete" };
	});
}

/* --- notices ----------------------------------------------------------------- */

const notices = new Map();

/* One per key, in the live region; text null takes it away. */
function notice(key, text, action) {
	const old = notices.get(key);
	if (old)
		old.remove();
	notices.delete(key);
	if (text === null)
		return;
	const p = ui("div", "notice " + key, el("p", "", text));
	if (action)
		p.append(action);
	if (key === "state" || key === "save")
		p.append(dismiss(key));
	notices.set(key, p);
	byId("notices").append(p);
}

function dismiss(key) {
	const b = button("dismiss", "\u00d7", () => {
		notice(key, null);
		heading().focus();
	});
	b.setAttribute("aria-label", say("close"));
	return b;
}

/* --- lessons on screen ------------------------------------------------------- */

let banner;		/* sticks to the top, with the notices */
let pages = [];		/* articles: lessons, exam, summary */
let links = [];		/* in the navigation, without the summary */
let acted = false, endSeen = false, arrived = 0, own = 0;
let watcher;

const heading = () => (pages[here] || document).querySelector("h1");

function isOpen(i) {
	if (!data.sequential || mode !== "normal" || i >= units || done[i] ||
	    completed)
		return true;
	for (let k = 0; k < i; k++)
		if (!done[k])
			return false;
	return true;
}

/* Index of the first block in view. */
function currentBlock() {
	if (here < 0 || here >= lessons)
		return 0;
	const blocks = [...pages[here].children];
	const i = blocks.findIndex((b) => b.getBoundingClientRect().bottom >
	    banner.offsetHeight + 8);
	return Math.min(Math.max(i, 0), 4000);
}

function go(i, block) {
	if (i < 0 || i > units || !isOpen(i))
		return;
	closeMenu(false);
	if (i === units)
		drawSummary();
	prepare(i);
	if (here >= 0)
		pages[here].classList.remove("current");
	here = i;
	pages[i].classList.add("current");
	arrived = Date.now();
	acted = endSeen = false;
	watchEnd();
	const at = block > 1 && pages[i].children[block];
	if (at)
		at.scrollIntoView();
	else
		window.scrollTo(0, 0);
	heading().focus({ preventScroll: true });
	draw();
	own = window.scrollY;
	changed(true);
}

/* Sets up what a page asks, the first time; latency counts from here. */
function prepare(i) {
	const fresh = slotsOf(i).filter((s) => !s.form);
	fresh.forEach(setUpQuestion);
	if (i === exam && fresh.length)
		drawExam();
	(i === exam ? fresh : slotsOf(i)).forEach((s) => { s.shown = Date.now(); });
}

function watchEnd() {
	if (watcher)
		watcher.disconnect();
	if (here >= lessons)
		return;
	watcher = new IntersectionObserver((seen) => {
		endSeen = seen[seen.length - 1].isIntersecting;
		reachEnd();
	});
	watcher.observe(pages[here].querySelector(".end"));
}

/* The end in view counts once the learner did something in the lesson. */
function reachEnd() {
	if (here < lessons && here >= 0 && endSeen && acted)
		reach(here);
}

const missing = (i) => slotsOf(i).filter((s) => s.q.required && s.state === OPEN);

function reach(i) {
	if (mode !== "normal")
		return;
	reached[i] = true;
	if (done[i] || missing(i).length)
		return;
	done[i] = true;
	decide();
	draw();
	changed(true);
}

function next() {
	if (here < lessons) {
		reach(here);
		if (missing(here).length && !isOpen(here + 1)) {
			notice("need", say("required_open"));
			missing(here)[0].form.querySelector("input").focus();
			return;
		}
	}
	notice("need", null);
	go(here + 1);
}

const title = (i) => i === units ? say("summary") : i === exam ?
    say("final_exam") : pages[i].querySelector("h1").textContent;

/* Text only: an element that goes away under the pointer takes its click along. */
function drawTurn(id, i, key) {
	const b = byId(id);
	b.hidden = i < 0 || i > units;
	if (b.hidden)
		return;
	b.children[0].textContent = say(key);
	b.children[1].textContent = key === "finish" ? "" : title(i);
}

function drawLink(a, i) {
	const finished = i < lessons ? done[i] : attempts > 0 && !running;
	const locked = !isOpen(i);
	a.classList.toggle("done", finished);
	a.classList.toggle("locked", locked);
	a.toggleAttribute("aria-disabled", locked);
	if (locked)
		a.setAttribute("aria-disabled", "true");
	if (i === here)
		a.setAttribute("aria-current", "page");
	else
		a.removeAttribute("aria-current");
	a.querySelector(".state").textContent = locked ? say("locked") :
	    finished ? say("done") : "";
}

function draw() {
	links.forEach(drawLink);
	drawTurn("previous", here - 1, "previous");
	drawTurn("next", here + 1, here === units - 1 ? "finish" : "next");
	const bar = byId("progress");
	bar.value = percent();
	bar.textContent = percent() + " %";
	byId("progress-text").textContent = say("progress_of", unitsDone(), units);
	document.title = (here < units ? title(here) + " \u2013 " : "") + courseTitle;
}

let courseTitle = document.title;

/* --- questions ---------------------------------------------------------------- */

const inputs = (slot) => [...slot.form.querySelectorAll("input")];

function setUpQuestion(slot) {
	const form = slot.form = byId(slot.name + slot.n);
	const out = ui("div", "out");
	out.setAttribute("role", "status");
	if (slot.name === "q" && mode === "normal")
		form.append(checkButton());
	form.append(out);
	form.onsubmit = (e) => {
		e.preventDefault();
		if (slot.name === "q" && mode === "normal")
			check(slot);
	};
	form.onchange = () => {
		out.replaceChildren();
		if (slot.name === "x")
			pick(slot);
	};
	fill(slot);
}

function checkButton() {
	const b = ui("button", "check", say("check"));
	b.type = "submit";
	return b;
}

/* Puts a saved answer back on screen. */
function fill(slot) {
	inputs(slot).forEach((x, i) => { x.checked = i === slot.answer; });
	if (slot.name === "q" && (slot.state !== OPEN || mode === "review"))
		judge(slot, true);
}

function check(slot) {
	const answer = inputs(slot).findIndex((x) => x.checked);
	if (slot.state !== OPEN)
		return;
	if (answer === NONE) {
		slot.form.querySelector(".out").replaceChildren(
		    el("p", "choose", say("choose")));
		inputs(slot)[0].focus();
		return;
	}
	slot.answer = answer;
	slot.state = answer === slot.q.right ? RIGHT : WRONG;
	record(slot, scoredSlots().includes(slot));
	if (data.scored && !data.exam && checks.every((s) => s.state !== OPEN)) {
		attempts++;
		best = Math.max(best, earned());
	}
	judge(slot, true);
	decide();
	if (reached[here] || endSeen)
		reach(here);
	changed(true);
	draw();
}

/* Shows right and wrong by text and icon, next to the question. */
function judge(slot, tell) {
	const form = slot.form, q = slot.q, right = slot.state === RIGHT;
	const submit = form.querySelector(".check");
	form.classList.add("judged");
	if (submit)
		submit.remove();
	inputs(slot).forEach((x, i) => {
		x.disabled = true;
		const label = x.parentNode;
		label.classList.toggle("right", i === q.right &&
		    (tell || right));
		label.classList.toggle("wrong", i === slot.answer && !right);
	});
	const out = form.querySelector(".out");
	out.className = "out " + (slot.state === OPEN ? "" : right ? "yes" : "no");
	out.replaceChildren(...verdict(slot, tell));
}

function verdict(slot, tell) {
	const q = slot.q, right = slot.state === RIGHT, parts = [];
	const text = (i) => inputs(slot)[i].parentNode.textContent.trim();
	const course = (s) => {
		const p = el("p", "", s);
		p.lang = root.lang;
		p.dir = root.dir;
		return p;
	};
	if (slot.state !== OPEN)
		parts.push(el("p", "verdict", say(right ? "right" : "wrong")));
	if (slot.state !== OPEN && (right ? q.yes : q.no))
		parts.push(course(right ? q.yes : q.no));
	if (tell && !right)
		parts.push(course(say("right_answer", text(q.right))));
	if (tell && q.why)
		parts.push(course(q.why));
	return parts;
}

/* --- the exam ------------------------------------------------------------------ */

/* An answer of a running exam: kept, judged when handed in. */
function pick(slot) {
	if (!running || mode !== "normal")
		return;
	slot.answer = inputs(slot).findIndex((x) => x.checked);
	slot.state = slot.answer === slot.q.right ? RIGHT : WRONG;
	changed(true);
}

function startExam() {
	running = true;
	paper.forEach((s) => {
		s.state = OPEN;
		s.answer = NONE;
		s.shown = Date.now();
		const form = s.form;
		form.classList.remove("judged");
		form.querySelector(".out").replaceChildren();
		inputs(s).forEach((x) => {
			x.disabled = x.checked = false;
			x.parentNode.classList.remove("right", "wrong");
		});
	});
	drawExam();
	draw();
	changed(true);
	inputs(paper[0])[0].focus();
}

async function handIn() {
	const open = paper.filter((s) => s.state === OPEN);
	if (open.length && !(await confirm(say("exam_confirm", open.length)))) {
		inputs(open[0])[0].focus();
		return;
	}
	running = false;
	attempts++;
	best = Math.max(best, earned());
	paper.forEach((s) => {
		record(s, true);
		if (s.state === OPEN)
			s.state = WRONG;
	});
	decide();
	drawExam();
	draw();
	changed(true);
	window.scrollTo(0, 0);
	byId("exam-result").focus();
}

/* A question in a modal window; the focus comes back by itself. */
function confirm(text) {
	const d = ui("dialog", "ask", el("p", "", text));
	const buttons = el("div", "buttons");
	d.setAttribute("aria-label", say("final_exam"));
	d.append(buttons);
	document.body.append(d);
	return new Promise((answer) => {
		const say2 = (v) => () => d.close(v);
		buttons.append(button("", say("hand_in_cancel"), say2("")),
		    button("primary", say("exam_hand_in"), say2("yes")));
		d.onclose = () => {
			d.remove();
			answer(d.returnValue === "yes");
		};
		d.showModal();
	});
}

/* What stands above and below the questions. */
function drawExam() {
	const page = pages[exam], above = el("div", "above"), below = el("div", "below");
	const sheet = page.querySelector(".paper");
	const shown = running || mode !== "normal" || attempts > 0;
	page.querySelectorAll(".above, .below").forEach((x) => x.remove());
	if (mode === "normal" && !running) {
		if (attempts > 0)
			above.append(result("exam-result", earned()));
		above.append(...again(attempts ? "exam_again" : "exam_start", startExam));
	}
	if (running)
		below.append(button("primary", say("exam_hand_in"), handIn));
	sheet.hidden = !shown;
	sheet.before(above);
	sheet.after(below);
	if (mode === "review" || (mode === "normal" && attempts > 0 && !running))
		paper.forEach((s) => judge(s, passed || exhausted() ||
		    mode === "review"));
}

/* The button for one more attempt, where there is one. */
function again(key, action) {
	const parts = [];
	if (passed)
		return parts;
	if (exhausted())
		return [el("p", "", say("exam_no_attempts"))];
	if (data.attempts > 0)
		parts.push(el("p", "", say("attempts_left", data.attempts - attempts)));
	parts.push(button("primary", say(key), action));
	return parts;
}

/* A score with its verdict; can take the focus. */
function result(id, points) {
	const ok = reaches(points);
	const box = ui("div", "result " + (ok ? "yes" : "no"),
	    el("p", "figure", raw(points).toLocaleString(data.lang) + "\u00a0%"),
	    el("div", "", el("p", "verdict", say(ok ? "passed" : "failed")),
		el("p", "", say("to_pass", mark / 100))));
	box.id = id;
	box.tabIndex = -1;
	box.setAttribute("role", "group");
	box.setAttribute("aria-label", say("result"));
	return box;
}

/* --- the summary ---------------------------------------------------------------- */

/* All checks once more, the best round counts. */
function newRound() {
	checks.forEach((s) => {
		s.state = OPEN;
		s.answer = NONE;
		const form = s.form;
		if (!form)
			return;
		form.classList.remove("judged");
		const out = form.querySelector(".out");
		out.className = "out";
		out.replaceChildren();
		out.before(checkButton());
		inputs(s).forEach((x) => {
			x.disabled = x.checked = false;
			x.parentNode.classList.remove("right", "wrong");
		});
	});
	go(Math.max(data.lessons.findIndex((l) => l.q.length), 0));
}

function openList() {
	const list = el("ul", "open");
	done.forEach((d, i) => {
		if (d)
			return;
		const a = el("a", "", title(i));
		a.href = "#" + data.lessons[i].el;
		list.append(el("li", "", a));
	});
	if (data.exam && !passed && !exhausted()) {
		const a = ui("a", "", title(exam));
		a.href = "#exam";
		list.append(el("li", "", a));
	}
	return list;
}

function drawSummary() {
	const page = pages[units], head = ui("h1", "", say("summary"));
	const state = { completed: "complete" }[status()] || status();
	head.tabIndex = -1;
	page.replaceChildren(el("p", "eyebrow", courseTitle), head,
	    ui("p", "badge " + state, say(state)));
	if (data.scored && score() !== NONE)
		page.append(result("best-result", score()));
	const list = openList();
	if (list.children.length)
		page.append(ui("h2", "", say("lessons_open")), list);
	else
		page.append(ui("p", "", say("all_done")));
	if (data.scored && !data.exam && attempts > 0 && mode === "normal" &&
	    checks.every((s) => s.state !== OPEN))
		page.append(el("div", "again", ...again("exam_again", newRound)));
}

/* --- menu, keys, links ------------------------------------------------------------ */

const narrow = () => getComputedStyle(byId("menu")).display !== "none";

function openMenu() {
	root.classList.add("menu-open");
	byId("menu").setAttribute("aria-expanded", "true");
	(links[here] || links[0]).focus();
}

function closeMenu(focus) {
	if (!root.classList.contains("menu-open"))
		return;
	root.classList.remove("menu-open");
	byId("menu").setAttribute("aria-expanded", "false");
	if (focus)
		byId("menu").focus();
}

function onKey(e) {
	const on = byId("shortcuts").querySelector("input").checked;
	if (e.key === "Escape")
		closeMenu(true);
	if (!on || !e.altKey || e.ctrlKey || e.metaKey || ended ||
	    !/^Arrow(Left|Right)$/.test(e.key))
		return;
	e.preventDefault();
	if ((e.key === "ArrowRight") === (root.dir !== "rtl")) {
		if (here < units)
			next();
	} else {
		go(here - 1);
	}
}

function onClick(e) {
	const a = e.target.closest("a[href^='#']");
	const i = a ? pages.findIndex((p) => p.id === a.hash.slice(1)) : NONE;
	if (i === NONE || ended)
		return;
	e.preventDefault();
	go(i);
}

function onActivity(e) {
	tick();
	active = Date.now();
	if (e.type === "scroll" && (Date.now() - arrived < 400 ||
	    window.scrollY === own))
		return;		/* our own scrolling, or the word of it */
	acted = true;
	reachEnd();
}

/* Links to elsewhere must not replace the course. */
function setUpLinks() {
	document.querySelectorAll(".text a[href]").forEach((a) => {
		a.target = "_blank";
		a.rel = "noopener noreferrer";
		a.append(ui("span", "hidden", " (" + say("new_window") + ")"));
	});
	document.querySelectorAll(".text table").forEach((t) => {
		const box = el("div", "scroll");
		t.replaceWith(box);
		box.append(t);
		box.tabIndex = 0;
		box.setAttribute("role", "group");
		if (t.caption)
			box.setAttribute("aria-label", t.caption.textContent);
	});
	document.querySelectorAll(".text pre").forEach((p) => { p.tabIndex = 0; });
}

/* --- start -------------------------------------------------------------------------- */

function setUpPages() {
	banner = document.querySelector(".top");
	pages = data.lessons.map((l) => byId(l.el));
	pages.forEach((p) => p.append(el("div", "end")));
	if (data.exam)
		pages.push(byId("exam"));
	const last = ui("article", "lesson summary");
	last.id = "summary";
	byId("main").append(last);
	pages.push(last);
	links = [...document.querySelectorAll("#nav a")];
	setUpLinks();
	new ResizeObserver(() => root.style.setProperty("--top",
	    banner.offsetHeight + "px")).observe(banner);
}

function setUpControls() {
	byId("menu").hidden = byId("meter").hidden = false;
	byId("shortcuts").hidden = false;
	byId("leave").hidden = host instanceof Local && !host.key && !data.back &&
	    !window.opener;
	byId("menu").onclick = () =>
		root.classList.contains("menu-open") ? closeMenu(true) : openMenu();
	["previous", "next"].forEach((id) => byId(id).replaceChildren(
	    ui("span", "dir"), el("span", "what")));
	byId("previous").onclick = () => go(here - 1);
	byId("next").onclick = next;
	byId("leave").onclick = leave;
	document.addEventListener("click", onClick);
	["focusin", "pointerdown"].forEach((type) =>
		document.querySelector(".stage").addEventListener(type, () =>
			closeMenu(false)));
	document.addEventListener("keydown", onKey);
	["keydown", "pointerdown", "wheel", "touchmove", "scroll"].forEach((type) =>
		window.addEventListener(type, onActivity,
		    { passive: true, capture: true }));
	window.addEventListener("resize", () => narrow() || closeMenu(false));
}

function setUpSaving() {
	setInterval(tick, 1000);
	setInterval(() => dirty && failures === 0 && save(), 30000);
	setInterval(probe, 60000);
	document.addEventListener("visibilitychange", () => {
		tick();
		if (document.hidden)
			save();
		ticked = Date.now();
	});
	window.addEventListener("pagehide", end);
	window.addEventListener("pageshow", (e) => e.persisted && location.reload());
}

/* Host settings that change how the course behaves. */
function setMode(h) {
	mode = h.mode === "browse" || h.mode === "review" ? h.mode : "normal";
	const given = decimal(h.mark, 0, 100);
	mark = Math.round((given === NONE ? data.mark : given) * 100);
	if (mode !== "normal")
		notice("mode", say(mode));
}

async function start() {
	data = JSON.parse(byId("mirai").textContent);
	reset();
	setUpPages();
	pages[0].classList.add("current");
	host = null;
	let found = (runtimes[data.runtime] || runtimes.none)();
	const ok = await found.find();
	if (!ok) {
		found = runtimes.none();
		notice("host", say("no_host"));
	}
	await claim(found);
	const h = found.read();
	setMode(h);
	host = found;
	const at = resume(h);
	if (mode === "normal")
		host.begin();
	else if (mode === "browse")
		host.browse();
	setUpControls();
	setUpSaving();
	pages[0].classList.remove("current");
	go(isOpen(at.lesson) ? at.lesson : 0, at.block);
	root.classList.add("ready");
}

document.addEventListener("DOMContentLoaded", start);
})();
