// A server of chat completions on loopback, strict like the real one, or with
// the limits of a smaller server. As a command:
//
//	node tests/ai/kit/openai.mjs --port N [--key KEY]
import { pathToFileURL } from 'node:url';
import { Model, Refused, checkSchema, demand, serve } from './model.mjs';

const WORDS = ['description', 'enum', 'required', 'additionalProperties', 'minItems', 'maxItems',
	'minimum', 'maximum', 'pattern', 'format'];

const only = (o, ...keys) => {
	for (const k of Object.keys(o))
		demand(keys.includes(k), `Unrecognized request argument supplied: ${k}`);
};

const expected = (e) => Object.assign(e, { expected: true });

export class OpenAI extends Model {
	// key null: asks for none. schemas false: knows json_object only. newLimit:
	// takes max_completion_tokens only. fence: wraps JSON as small models do.
	constructor(options = {}) {
		super(options);
		this.model = options.model ?? 'model-test';
		this.schemas = options.schemas ?? true;
		this.newLimit = options.newLimit ?? false;
		this.fence = options.fence ?? false;
	}

	get url() {
		return `${this.base}/v1`;
	}

	read(req, body) {
		demand(req.method === 'POST', 'method', 405);
		demand(req.url === '/v1/chat/completions', `no route ${req.url}`, 404);
		demand(req.headers['content-type'] === 'application/json', 'content-type');
		demand(req.headers['x-goog-api-key'] === undefined, 'a key of somebody else');
		if (this.key === null)
			demand(req.headers.authorization === undefined, 'a key that was not asked for');
		else
			demand(req.headers.authorization === `Bearer ${this.key}`,
				'Incorrect API key provided', 401);
		return this.#question(JSON.parse(body));
	}

	#limit(b) {
		const [good, bad] = this.newLimit ? ['max_completion_tokens', 'max_tokens']
			: ['max_tokens', 'max_completion_tokens'];
		if (bad in b)
			throw expected(new Refused(400, `Unsupported parameter: '${bad}' is not supported` +
				` with this model. Use '${good}' instead.`));
		demand(Number.isInteger(b[good]) && b[good] > 0, good);
		return b[good];
	}

	#schema(format, system) {
		if (format === undefined)
			return null;
		if (format.type === 'json_object') {
			demand(/json/i.test(system ?? ''), "'messages' must contain the word 'json'");
			return JSON.parse(system.slice(system.indexOf('\n{') + 1));
		}
		demand(format.type === 'json_schema', 'response_format.type');
		if (!this.schemas)
			throw expected(new Refused(400, 'response_format of type json_schema is not supported'));
		only(format, 'type', 'json_schema');
		const { name, strict, schema } = format.json_schema;
		demand(/^[A-Za-z0-9_-]{1,64}$/.test(name), 'json_schema.name');
		demand(strict === true, 'json_schema.strict');
		checkSchema(schema, WORDS, (s, at) => {
			if (s.type !== 'object')
				return;
			demand(s.additionalProperties === false, `${at}: additionalProperties must be false`);
			demand(JSON.stringify([...s.required].sort()) ===
				JSON.stringify(Object.keys(s.properties).sort()),
			`${at}: required must name every property`);
		});
		return schema;
	}

	#question(b) {
		only(b, 'model', 'messages', 'max_tokens', 'max_completion_tokens', 'response_format',
			'stream', 'temperature');
		demand(b.model === this.model, `model ${b.model} not found`, 404);
		demand(b.stream === false, 'stream');
		const output = this.#limit(b);
		for (const m of b.messages) {
			only(m, 'role', 'content');
			demand(typeof m.content === 'string' && m.content !== '', 'content');
		}
		const of = (role) => b.messages.filter((m) => m.role === role).map((m) => m.content);
		demand(of('user').length === 1 && of('system').length <= 1 &&
			of('user').length + of('system').length === b.messages.length, 'messages');
		const system = of('system')[0] ?? null;
		return { system, user: of('user')[0], schema: this.#schema(b.response_format, system), output };
	}

	answer(text, end) {
		const refusal = end === 'unsafe' ? 'I cannot help with that.' : null;
		const content = this.fence && text.startsWith('{')
			? `<think>Hm, {"a": 1}?</think>\n\n\`\`\`json\n${text}\n\`\`\`\n` : text;
		return {
			id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: this.model,
			choices: [{
				index: 0,
				message: { role: 'assistant', content: refusal === null ? content : null, refusal },
				finish_reason: { done: 'stop', unsafe: 'stop' }[end] ?? end,
				logprobs: null,
			}],
			usage: { prompt_tokens: 1, completion_tokens: this.tokens - 1, total_tokens: this.tokens },
		};
	}

	refusal(status, message) {
		return { error: { message, type: 'invalid_request_error', param: null, code: null } };
	}
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
	await serve(class extends OpenAI {
		constructor(o) {
			super({ ...o, key: o.key ?? null, model: process.env.OPENAI_MODEL ?? 'gpt-4o-mini' });
		}
	}, process.argv.slice(2), 'OPENAI_BASE_URL');
