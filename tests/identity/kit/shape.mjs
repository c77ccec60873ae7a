// Holds values against the types that the official client declares: each
// member known to its type, each required one there, of the type it says.
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';

const home = path.dirname(createRequire(import.meta.url).resolve('@ory/client'));
const file = path.join(home, 'api.d.ts');
const program = ts.createProgram([file], { strict: true, noResolve: true, types: [] });
const checker = program.getTypeChecker();

const declared = new Map(checker
	.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)))
	.map((s) => [s.name, checker.getDeclaredTypeOfSymbol(s)]));

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

// What is text to the types and more to who reads it (N-9, N-10).
function textFault(name, value) {
	if (/_at$/.test(name) && !TIME.test(value))
		return [`${value} is no time in UTC`];
	if (name === 'id' && /-.*-.*-.*-/.test(value) && !UUID4.test(value))
		return [`${value} is no UUIDv4`];
	return [];
}

function typeOf(symbol) {
	return checker.getTypeOfSymbol(symbol);
}

function objectFaults(type, value, at) {
	if (value === null || typeof value !== 'object' || Array.isArray(value))
		return [`${at}: no object`];
	if (type.flags & ts.TypeFlags.NonPrimitive)
		return [];
	const members = new Map(checker.getPropertiesOfType(type).map((s) => [s.name, s]));
	const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
	const faults = [];
	for (const [name, symbol] of members) {
		if (!(name in value) && !(symbol.flags & ts.SymbolFlags.Optional))
			faults.push(`${at}.${name}: missing`);
	}
	for (const [name, member] of Object.entries(value)) {
		if (members.has(name))
			faults.push(...faultsOf(typeOf(members.get(name)), member, `${at}.${name}`, name));
		else if (index !== undefined)
			faults.push(...faultsOf(index, member, `${at}.${name}`, name));
		else
			faults.push(`${at}.${name}: not known`);
	}
	return faults;
}

// Of several types the one that fits, else the nearest one's faults. What is
// there is never undefined.
function unionFaults(type, value, at, name) {
	const all = type.types.filter((t) => !(t.flags & ts.TypeFlags.Undefined));
	let least = null;
	for (const one of all) {
		const faults = faultsOf(one, value, at, name);
		if (least === null || faults.length < least.length)
			least = faults;
	}
	if (least.length > 0 && all.every((t) => t.isStringLiteral()))
		return [`${at}: ${JSON.stringify(value)} is none of its values`];
	return least;
}

function faultsOf(type, value, at, name) {
	if (type.flags & ts.TypeFlags.Any)
		return [];
	if (type.flags & ts.TypeFlags.Null)
		return value === null ? [] : [`${at}: not null`];
	if (type.flags & ts.TypeFlags.BooleanLike)
		return typeof value === 'boolean' ? [] : [`${at}: no boolean`];
	if (type.isUnion())
		return unionFaults(type, value, at, name);
	if (type.isStringLiteral())
		return value === type.value ? [] : [`${at}: not ${type.value}`];
	if (type.flags & ts.TypeFlags.String)
		return typeof value === 'string' ? textFault(name, value).map((f) => `${at}: ${f}`)
			: [`${at}: no text`];
	if (type.flags & ts.TypeFlags.Number)
		return typeof value === 'number' ? [] : [`${at}: no number`];
	if (checker.isArrayType(type)) {
		const [of] = checker.getTypeArguments(type);
		return Array.isArray(value)
			? value.flatMap((v, i) => faultsOf(of, v, `${at}[${i}]`, name)) : [`${at}: no list`];
	}
	return objectFaults(type, value, at);
}

// What is wrong with a value as one of that name; nothing: it is one.
export function faults(name, value) {
	if (!declared.has(name))
		throw new Error(`the client knows no ${name}`);
	return faultsOf(declared.get(name), value, name, name);
}
