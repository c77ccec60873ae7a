// An administrator by client certificate: lighttpd verifies it against the
// site's own authority and says so; a certificate of anybody else is nothing.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { is, main, ok, startAdmin, until } from './kit/server.mjs';
import { freePort } from '../ports.mjs';

const dir = process.env.TEST_DIR;
const file = (name) => path.join(dir, name);
const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

function authority(name) {
	openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
		'-subj', `/CN=${name}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`));
}

function certificate(name, issuer) {
	openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`,
		'-keyout', file(`${name}.key`), '-out', file(`${name}.csr`));
	openssl('x509', '-req', '-in', file(`${name}.csr`), '-CA', file(`${issuer}.pem`), '-CAkey',
		file(`${issuer}.key`), '-CAcreateserial', '-days', '1', '-out', file(`${name}.pem`));
	return { key: fs.readFileSync(file(`${name}.key`)), cert: fs.readFileSync(file(`${name}.pem`)) };
}

// TLS in front of the program that the kit started.
async function startTls(svc) {
	const port = await freePort();
	fs.writeFileSync(file('tls.conf'), [
		'server.modules = ("mod_openssl", "mod_fastcgi")',
		`server.document-root = "${dir}"`,
		'server.bind = "127.0.0.1"', `server.port = ${port}`,
		'ssl.engine = "enable"', `ssl.pemfile = "${file('server.pem')}"`,
		`ssl.privkey = "${file('server.key')}"`,
		`ssl.verifyclient.ca-file = "${file('site.pem')}"`,
		'ssl.verifyclient.activate = "enable"', 'ssl.verifyclient.enforce = "disable"',
		`fastcgi.server = ("/" => (("socket" => "${svc.socketPath.replace(/web$/, 'fcgi')}",`,
		'  "check-local" => "disable", "fix-root-scriptname" => "enable")))', ''].join('\n'));
	const web = spawn('lighttpd', ['-D', '-f', file('tls.conf')], { stdio: ['ignore', 'inherit', 'inherit'] });
	await until('TLS', async () => await get(port, {}, '/health/alive').catch(() => 0) === 200);
	return { port, web };
}

async function get(port, own, target = '/admin/identities') {
	const req = https.request({ host: '127.0.0.1', port, path: target, rejectUnauthorized: false,
		agent: false, ...own });
	req.end();
	const [res] = await once(req, 'response');
	res.resume();
	return res.statusCode;
}

main(async () => {
	authority('site');
	authority('stranger');
	certificate('server', 'site');
	const admin = certificate('operator', 'site');
	const other = certificate('other', 'stranger');
	const svc = await startAdmin(['identity.admin.client_certificates yes']);
	const { port, web } = await startTls(svc);
	try {
		is(await get(port, {}), 401, 'without a certificate');
		is(await get(port, admin), 200, 'with one of the site');
		ok(await get(port, other).catch(() => 401) === 401, 'with one of somebody else');
		is(await get(port, { headers: { 'ssl-client-verify': 'SUCCESS' } }), 401, 'a header is none');
		const off = await startAdmin([]);
		web.kill('SIGTERM');
		await once(web, 'exit');
		const plain = await startTls(off);
		try {
			is(await get(plain.port, admin), 401, 'nor is one while that is switched off');
		} finally {
			plain.web.kill('SIGTERM');
		}
	} finally {
		if (web.exitCode === null && web.signalCode === null)
			web.kill('SIGTERM');
	}
});
