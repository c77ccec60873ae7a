/*
 * A SCORM 1.2 run-time environment as strict as the standard (RTE 1.2, 3.3 and
 * 3.4) in front of a lenient one: every call is written down; a call that a
 * strict host would refuse becomes a violation. Faults can be switched on.
 * Runs in the host's window; the test reads window.lms.
 */
(function () {
"use strict";

const DECIMAL = /^-?\d{0,10}(\.\d{1,10})?$/;
const SPAN = /^\d{2,4}:[0-5]\d:[0-5]\d(\.\d{1,2})?$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,2})?$/;

const text = (max) => (v) => v.length <= max;
const oneOf = (...words) => (v) => words.includes(v);
const identifier = (v) => /^[A-Za-z0-9._:/-]{1,255}$/.test(v);
const score = (v) => v === "" || (DECIMAL.test(v) && +v >= 0 && +v <= 100);
const decimal = (v) => v !== "" && DECIMAL.test(v);
const none = () => false;

const STATUS = ["passed", "completed", "failed", "incomplete", "browsed"];
const TYPES = ["true-false", "choice", "fill-in", "matching", "performance",
	"likert", "sequencing", "numeric"];

/* CMIFeedback depends on the interaction's type. */
const FEEDBACK = {
	"true-false": /^[01tf]$/,
	choice: /^(\{[a-z0-9](,[a-z0-9])*\}|[a-z0-9](,[a-z0-9])*)$/,
	"fill-in": /^[\s\S]{0,255}$/,
	matching: /^[a-z0-9]\.[a-z0-9](,[a-z0-9]\.[a-z0-9])*$/,
	sequencing: /^[a-z0-9](,[a-z0-9])*$/,
	numeric: /^-?\d{0,10}(\.\d{1,10})?$/,
	likert: /^[a-z0-9]?$/,
	performance: /^[\s\S]{0,255}$/,
};

/* Element, access, value; "N" stands for an index. */
const MODEL = [
	["cmi.core._children", "r"], ["cmi.core.student_id", "r"],
	["cmi.core.student_name", "r"], ["cmi.core.credit", "r"],
	["cmi.core.entry", "r"], ["cmi.core.total_time", "r"],
	["cmi.core.lesson_mode", "r"], ["cmi.core.score._children", "r"],
	["cmi.core.lesson_location", "rw", text(255)],
	["cmi.core.lesson_status", "rw", oneOf(...STATUS)],
	["cmi.core.score.raw", "rw", score], ["cmi.core.score.min", "rw", score],
	["cmi.core.score.max", "rw", score],
	["cmi.core.exit", "w", oneOf("time-out", "suspend", "logout", "")],
	["cmi.core.session_time", "w", (v) => SPAN.test(v)],
	["cmi.suspend_data", "rw", text(4096)], ["cmi.launch_data", "r"],
	["cmi.comments", "rw", text(4096)], ["cmi.comments_from_lms", "r"],
	["cmi.objectives._children", "r"], ["cmi.objectives._count", "r"],
	["cmi.objectives.N.id", "rw", identifier],
	["cmi.objectives.N.score._children", "r"],
	["cmi.objectives.N.score.raw", "rw", score],
	["cmi.objectives.N.score.min", "rw", score],
	["cmi.objectives.N.score.max", "rw", score],
	["cmi.objectives.N.status", "rw", oneOf("not attempted", ...STATUS)],
	["cmi.student_data._children", "r"],
	["cmi.student_data.mastery_score", "r"],
	["cmi.student_data.max_time_allowed", "r"],
	["cmi.student_data.time_limit_action", "r"],
	["cmi.student_preference._children", "r"],
	["cmi.student_preference.audio", "rw", none],
	["cmi.student_preference.language", "rw", text(255)],
	["cmi.student_preference.speed", "rw", none],
	["cmi.student_preference.text", "rw", none],
	["cmi.interactions._children", "r"], ["cmi.interactions._count", "r"],
	["cmi.interactions.N.id", "w", identifier],
	["cmi.interactions.N.objectives._count", "r"],
	["cmi.interactions.N.objectives.N.id", "w", identifier],
	["cmi.interactions.N.time", "w", (v) => TIME.test(v)],
	["cmi.interactions.N.type", "w", oneOf(...TYPES)],
	["cmi.interactions.N.correct_responses._count", "r"],
	["cmi.interactions.N.correct_responses.N.pattern", "w", "feedback"],
	["cmi.interactions.N.weighting", "w", decimal],
	["cmi.interactions.N.student_response", "w", "feedback"],
	["cmi.interactions.N.result", "w", (v) => decimal(v) ||
	    oneOf("correct", "wrong", "unanticipated", "neutral")(v)],
	["cmi.interactions.N.latency", "w", (v) => SPAN.test(v)],
].map(([name, access, check]) => ({ name, access, check,
	re: new RegExp("^" + name.replace(/\./g, "\\.").replace(/N/g, "(\\d+)") +
	    "$") }));

class Recorder {
	/*
	 * inner: the lenient API. o: { cmi: values the session starts with,
	 * unknown: [elements answered with 401], refuse: { element or
	 * "element=value": code }, deaf: sets are "true" and forgotten }
	 */
	constructor(inner, o) {
		this.inner = inner;
		this.o = o;
		this.cmi = Object.assign({}, o.cmi);
		this.calls = [];
		this.violations = [];
		this.state = "new";
		this.code = "0";
		this.failCommit = Boolean(o.failCommit);
		this.committed = Object.assign({}, this.cmi);
		for (const f of ["LMSInitialize", "LMSFinish", "LMSGetValue",
			"LMSSetValue", "LMSCommit", "LMSGetLastError",
			"LMSGetErrorString", "LMSGetDiagnostic"])
			this[f] = (...args) => this.note(f, args);
	}

	note(name, args) {
		const began = performance.now();
		for (const a of args)
			if (typeof a !== "string")
				this.violate(name + ": an argument is no string");
		const result = this["do" + name.slice(3)](...args);
		this.calls.push({ name, args, result, code: this.code,
			ms: performance.now() - began });
		return result;
	}

	violate(text) {
		this.violations.push(text);
	}

	answer(code, value) {
		this.code = code;
		return value;
	}

	running(name) {
		if (this.state === "running")
			return true;
		this.violate(name + " while " + this.state);
		this.code = "301";
		return false;
	}

	doInitialize(arg) {
		if (arg !== "" || arguments.length !== 1)
			this.violate("LMSInitialize takes an empty string");
		if (this.o.already) {
			this.state = "running";
			return this.answer("101", "false");
		}
		if (this.state !== "new")
			this.violate("LMSInitialize twice");
		this.state = "running";
		if (this.inner.LMSInitialize("") !== "true")
			this.violate("scorm-again refused LMSInitialize");
		return this.answer("0", "true");
	}

	doFinish(arg) {
		if (arg !== "" || arguments.length !== 1)
			this.violate("LMSFinish takes an empty string");
		if (!this.running("LMSFinish"))
			return "false";
		this.state = "finished";
		if (!this.o.already)
			this.inner.LMSFinish("");
		if (!this.failCommit)
			this.committed = Object.assign({}, this.cmi);
		return this.answer("0", "true");
	}

	doCommit(arg) {
		if (arg !== "" || arguments.length !== 1)
			this.violate("LMSCommit takes an empty string");
		if (!this.running("LMSCommit"))
			return "false";
		if (this.failCommit)
			return this.answer("101", "false");
		this.committed = Object.assign({}, this.cmi);
		return this.answer("0", "true");
	}

	find(name) {
		for (const e of MODEL) {
			const m = e.re.exec(name);
			if (m)
				return { e, at: m.slice(1).map(Number) };
		}
		return null;
	}

	count(prefix) {
		let n = 0;
		while (Object.keys(this.cmi).some((k) => k.startsWith(prefix + n + ".")))
			n++;
		return n;
	}

	doGetValue(name) {
		if (!this.running("LMSGetValue"))
			return "";
		const found = this.find(name);
		if (!found) {
			this.violate("LMSGetValue of unknown " + name);
			return this.answer("201", "");
		}
		if (this.isUnknown(name))
			return this.answer("401", "");
		if (!found.e.access.includes("r")) {
			this.violate("LMSGetValue of write-only " + name);
			return this.answer("404", "");
		}
		if (/_count$/.test(name))
			return this.answer("0",
			    String(this.count(name.slice(0, -"_count".length))));
		if (/_children$/.test(name))
			return this.answer("0", "id,score,status");
		if (found.at.length &&
		    found.at[0] >= this.count(name.slice(0, name.search(/\d/)))) {
			this.violate("LMSGetValue past the end: " + name);
			return this.answer("201", "");
		}
		return this.answer("0", this.cmi[name] || "");
	}

	isUnknown(name) {
		return (this.o.unknown || []).some((p) => name.startsWith(p));
	}

	doSetValue(name, value) {
		if (!this.running("LMSSetValue"))
			return "false";
		if (arguments.length !== 2)
			this.violate("LMSSetValue takes two arguments");
		const found = this.find(name);
		if (!found) {
			this.violate("LMSSetValue of unknown " + name);
			return this.answer("201", "false");
		}
		if (this.isUnknown(name))
			return this.answer("401", "false");
		const code = (this.o.refuse || {})[name + "=" + value] ||
		    (this.o.refuse || {})[name];
		if (code)
			return this.answer(code, "false");
		if (!this.checkSet(found, name, value))
			return this.answer("405", "false");
		if (this.o.deaf)
			return this.answer("0", "true");
		this.cmi[name] = value;
		if (!this.o.already && this.inner.LMSSetValue(name, value) !== "true")
			this.violate("scorm-again refused " + name + " = " + value);
		return this.answer("0", "true");
	}

	checkSet({ e, at }, name, value) {
		const before = this.violations.length;
		if (!e.access.includes("w"))
			this.violate("LMSSetValue of read-only " + name);
		else if (e.check === "feedback")
			this.checkFeedback(name, at[0], value);
		else if (!e.check(value))
			this.violate(name + " cannot be \"" + value + "\"");
		let prefix = "";
		name.split(/\d+/).slice(0, -1).forEach((part, i) => {
			prefix += part;
			const n = this.count(prefix);
			if (at[i] > n)
				this.violate("gap in " + prefix + ": " + name);
			if (at[i] === n && i === 0 && !/\d\.id$/.test(name))
				this.violate(prefix + n + " begins without id: " + name);
			prefix += at[i];
		});
		return this.violations.length === before;
	}

	checkFeedback(name, n, value) {
		const type = this.cmi["cmi.interactions." + n + ".type"];
		if (!type)
			this.violate(name + " before the type");
		else if (!FEEDBACK[type].test(value) || value === "")
			this.violate(name + " cannot be \"" + value + "\" for " + type);
	}

	doGetLastError() {
		return this.code;
	}

	doGetErrorString(code) {
		return this.o.already && code === "101" ? "Already initialized" :
		    "error " + code;
	}

	doGetDiagnostic() {
		return "";
	}
}

window.Recorder = Recorder;
})();
