// A Gemini on loopback, as strict as the real one about what it is sent. As a
// command:
//
//	node tests/ai/kit/gemini.mjs --port N [--key KEY]
import { pathToFileURL } from 'node:url';
import { Model, checkSchema, demand, serve } from './model.mjs';

const WORDS = ['description', 'enum', 'required', 'minItems', 'maxItems', 'minimum', 'maximum',
	'format', 'title', 'prefixItems', 'anyOf', 'additionalProperties'];

const STATUS = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED',
	404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 503: 'UNAVAILABLE',
	504: 'DEADLINE_EXCEEDED' };

const only = (o, ...keys) => {
	demand(typeof o === 'object' && o !== null, 'an object was expected');
	for (const k of Object.keys(o))
		demand(keys.includes(k), `Unknown name "${k}"`);
};

const textOf = (content) => {
	demand(Array.isArray(content.parts) && content.parts.length > 0, 'parts is empty');
	for (const p of content.parts) {
		only(p, 'text');
		demand(typeof p.text === 'string' && p.text !== '', 'a part without text');
	}
	return content.parts.map((p) => p.text).join('');
};

export class Gemini extends Model {
	constructor(options = {}) {
		super(options);
		this.model = options.model ?? 'gemini-test';
		this.badKey = false;
	}

	// What was asked: { system, user, schema, output }.
	read(req, body) {
		demand(req.method === 'POST', 'method', 405);
		demand(!req.url.includes('?'), 'a query in the address');
		demand(!req.url.includes(this.key), 'the key in the address');
		demand(req.url === `/v1beta/models/${this.model}:generateContent`,
			`models/${req.url} is not found`, 404);
		demand(req.headers['content-type'] === 'application/json', 'content-type');
		demand(req.headers.authorization === undefined, 'authorization beside the key');
		demand(req.headers['x-goog-api-key'] === this.key, 'API key not valid.');
		return this.#question(JSON.parse(body));
	}

	#question(b) {
		only(b, 'contents', 'systemInstruction', 'generationConfig', 'safetySettings');
		demand(b.contents.length === 1 && b.contents[0].role === 'user', 'contents');
		only(b.contents[0], 'role', 'parts');
		const config = b.generationConfig ?? {};
		only(config, 'maxOutputTokens', 'responseMimeType', 'responseJsonSchema', 'temperature');
		demand(Number.isInteger(config.maxOutputTokens) && config.maxOutputTokens > 0,
			'maxOutputTokens');
		const schema = config.responseJsonSchema ?? null;
		if (schema !== null) {
			demand(config.responseMimeType === 'application/json', 'responseMimeType');
			checkSchema(schema, WORDS);
		}
		return { user: textOf(b.contents[0]), schema, output: config.maxOutputTokens,
			system: b.systemInstruction === undefined ? null : textOf(b.systemInstruction) };
	}

	answer(text, end) {
		if (end === 'unsafe')
			return { promptFeedback: { blockReason: 'SAFETY' },
				usageMetadata: { totalTokenCount: this.tokens } };
		const half = Math.floor(text.length / 2);
		return {
			candidates: [{
				content: { role: 'model', parts: [{ text: 'Let me think.', thought: true },
					{ text: text.slice(0, half) }, { text: text.slice(half) }] },
				finishReason: { done: 'STOP', length: 'MAX_TOKENS' }[end] ?? end,
				index: 0,
			}],
			usageMetadata: { promptTokenCount: 1, totalTokenCount: this.tokens },
			modelVersion: this.model,
		};
	}

	refusal(status, message) {
		const details = [];
		if (message.startsWith('API key not valid'))
			details.push({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
				reason: 'API_KEY_INVALID', domain: 'googleapis.com' });
		if (status === 429 && this.retryDelay !== undefined)
			details.push({ '@type': 'type.googleapis.com/google.rpc.RetryInfo',
				retryDelay: this.retryDelay });
		return { error: { code: status, message, status: STATUS[status] ?? 'UNKNOWN', details } };
	}
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
	await serve(class extends Gemini {
		constructor(o) { super({ ...o, model: process.env.GEMINI_MODEL ?? 'gemini-2.5-flash' }); }
	}, process.argv.slice(2), 'GEMINI_BASE_URL');
