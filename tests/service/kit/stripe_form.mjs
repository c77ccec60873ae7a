// Stripe's form encoding, read as strictly as Stripe does: names nest by
// brackets, every parameter must be known, have its type and come once. A
// refusal is thrown in Stripe's own shape.

export class Refusal extends Error {
	constructor(status, error) {
		super(error.message);
		this.status = status;
		this.error = { type: 'invalid_request_error', ...error };
	}
}

export const invalid = (message, param, code) =>
	new Refusal(400, { message, ...(param && { param }), ...(code && { code }) });

export const missing = (kind, id, param = 'id', status = 404) =>
	new Refusal(status, { code: 'resource_missing', message: `No such ${kind}: '${id}'`, param });

// --- from text to a tree ---------------------------------------------------------

function decode(s) {
	try {
		return decodeURIComponent(s.replaceAll('+', ' '));
	} catch {
		throw invalid('Invalid encoding of a parameter');
	}
}

// "a[b][0]" is ['a', 'b', '0'].
function keysOf(name) {
	const m = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
	if (m === null)
		throw invalid(`Invalid name of a parameter: ${name}`, name, 'parameter_unknown');
	return [m[1], ...[...m[2].matchAll(/\[([^[\]]*)\]/g)].map((k) => k[1])];
}

function put(tree, name, value) {
	const keys = keysOf(name);
	const last = keys.pop();
	for (const k of keys) {
		tree[k] ??= Object.create(null);
		tree = tree[k];
		if (typeof tree === 'string')
			throw invalid(`Invalid hash: ${name}`, name);
	}
	if (last in tree)
		throw invalid(`A parameter was given twice: ${name}`, name);
	tree[last] = value;
}

export function parseForm(text) {
	const tree = Object.create(null);
	for (const pair of text === '' ? [] : text.split('&')) {
		const [name, ...value] = pair.split('=');
		if (value.length !== 1)
			throw invalid(`A parameter without value: ${name}`, name);
		put(tree, decode(name), decode(value[0]));
	}
	return tree;
}

// --- types -----------------------------------------------------------------------
// A type is a function (value, name) => value that throws a Refusal. A struct is
// an object of types; those marked required must be there.

export const text = (max = 5000) => (v, name) => {
	if (typeof v !== 'string')
		throw invalid(`Invalid string: ${name}`, name);
	if ([...v].length > max)
		throw invalid(`Invalid string: ${name} must be at most ${max} characters`, name);
	return v;
};

export const integer = (min, max) => (v, name) => {
	if (!/^-?\d{1,15}$/.test(v))
		throw invalid(`Invalid integer: ${v}`, name, 'parameter_invalid_integer');
	const n = Number(v);
	if (n < min || n > max)
		throw invalid(`This value must be between ${min} and ${max}.`, name,
			'parameter_invalid_integer');
	return n;
};

export const boolean = (v, name) => {
	if (v !== 'true' && v !== 'false')
		throw invalid(`Invalid boolean: ${v}`, name);
	return v === 'true';
};

export const oneOf = (...all) => (v, name) => {
	if (!all.includes(v))
		throw invalid(`Invalid ${name}: must be one of ${all.join(', ')}`, name);
	return v;
};

export const email = (v, name) => {
	if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text(512)(v, name)))
		throw invalid(`Invalid email address: ${v}`, name, 'email_invalid');
	return v;
};

export const url = (v, name) => {
	if (!/^https?:\/\/[^\s]+$/.test(text()(v, name)))
		throw invalid('Not a valid URL', name, 'url_invalid');
	return v;
};

export const metadata = (v, name) => {
	if (typeof v !== 'object')
		throw invalid(`Invalid hash: ${name}`, name);
	if (Object.keys(v).length > 50)
		throw invalid('Metadata can have at most 50 keys', name);
	for (const [key, value] of Object.entries(v)) {
		if (key.length > 40 || key === '')
			throw invalid('Metadata keys have at most 40 characters', `${name}[${key}]`);
		text(500)(value, `${name}[${key}]`);
	}
	return { ...v };
};

export const required = (type) => Object.assign((v, name) => type(v, name), { required: true });

export const struct = (members) => (v, name) => {
	if (typeof v !== 'object')
		throw invalid(`Invalid hash: ${name}`, name);
	const full = (key) => name === '' ? key : `${name}[${key}]`;
	for (const key of Object.keys(v))
		if (!Object.hasOwn(members, key))
			throw invalid(`Received unknown parameter: ${full(key)}`, full(key),
				'parameter_unknown');
	const out = {};
	for (const [key, type] of Object.entries(members)) {
		if (v[key] !== undefined)
			out[key] = type(v[key], full(key));
		else if (type.required)
			throw invalid(`Missing required param: ${full(key)}.`, full(key),
				'parameter_missing');
	}
	return out;
};

// Elements by their numbers from 0, without a gap.
export const list = (type) => (v, name) => {
	if (typeof v !== 'object' || Object.keys(v).some((k, i) => k !== String(i)))
		throw invalid(`Invalid array: ${name}`, name);
	return Object.entries(v).map(([k, e]) => type(e, `${name}[${k}]`));
};

export const read = (members, tree) => struct(members)(tree, '');
