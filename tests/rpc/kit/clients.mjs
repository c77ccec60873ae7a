// The official Connect clients for every service, made from the contracts
// (build/tests/es), in each protocol and codec that we speak.
import path from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';

const FILES = ['ai_generation', 'auth', 'billing', 'common', 'company', 'course', 'health', 'invitation',
	'notification', 'sme', 'target_audience', 'team', 'tenant', 'tenant_settings', 'user'];

const es = path.resolve(process.env.BUILD, 'tests/es/mirai/v1');
const modules = await Promise.all(FILES.map((name) => import(path.join(es, `${name}_pb.js`))));

// Everything the contracts export: messages' schemas, enums, services.
export const contracts = Object.assign({}, ...modules);

// "UserService" -> its description.
export const services = Object.fromEntries(Object.values(contracts)
	.filter((c) => c?.kind === 'service').map((c) => [c.name, c]));

// Clients of all services at base, by service name; headers go with each call.
// form: 'connect', 'connect-json' or 'grpc-web'.
export function clients(base, form = 'connect', headers = {}) {
	const make = form === 'grpc-web' ? createGrpcWebTransport : createConnectTransport;
	const transport = make({
		baseUrl: base, httpVersion: '1.1', useBinaryFormat: form !== 'connect-json',
		interceptors: [(next) => (req) => {
			for (const [name, value] of Object.entries(headers)) req.header.set(name, value);
			return next(req);
		}],
	});
	return Object.fromEntries(Object.entries(services).map(([name, s]) => [name, createClient(s, transport)]));
}

export const bearer = (token) => ({ authorization: `Bearer ${token}` });
