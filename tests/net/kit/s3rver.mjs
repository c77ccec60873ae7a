// The published S3 server of tests, on loopback, with its files in a directory.
// It checks signatures of version 4, and here refuses what is not signed.
import { createRequire } from 'node:module';
import fs from 'node:fs/promises';
import http from 'node:http';

const require = createRequire(import.meta.url);

// It loses common prefixes of what lies deeper: they are made of the whole list.
function whole(store) {
	const list = store.listObjects.bind(store);
	store.listObjects = async (bucket, { delimiter, ...options }) => {
		if (!delimiter)
			return list(bucket, options);
		const prefix = options.prefix ?? '';
		const { objects } = await list(bucket, { prefix });
		const cut = ({ key }) => key.indexOf(delimiter, prefix.length);
		return { isTruncated: false, objects: objects.filter((o) => cut(o) === -1),
			commonPrefixes: [...new Set(objects.filter((o) => cut(o) !== -1)
				.map((o) => o.key.slice(0, cut(o) + delimiter.length)))].sort() };
	};
}

// It takes directories away that somebody is about to write to: they stay.
function keepDirectories(store) {
	store.deleteObject = (bucket, key) => Promise.all(['object', 'object.md5', 'metadata.json']
		.map((part) => fs.rm(store.getResourcePath(bucket, key, part), { force: true })));
}

export async function s3rver(directory, bucket = 'mirai') {
	// It signs names without the five signs that S3 encodes besides.
	const plain = globalThis.encodeURIComponent;
	globalThis.encodeURIComponent = (s) => plain(s).replace(/[!'()*]/g,
		(c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
	const S3rver = require('@20minutes/s3rver');
	const app = new S3rver({ directory, silent: true, vhostBuckets: false,
		configureBuckets: [{ name: bucket }] });
	whole(app.store);
	keepDirectories(app.store);
	// It escapes names twice.
	app.middleware.unshift(async (ctx, next) => {
		await next();
		if (typeof ctx.body === 'string')
			ctx.body = ctx.body.replace(/&amp;(amp|lt|gt|quot|#x27|#39);/g, '&$1;');
	});
	await app.configureBuckets();
	const serve = app.callback();
	const server = http.createServer((req, res) => {
		if (!req.headers.authorization && !req.url.includes('X-Amz-Signature='))
			return res.writeHead(403).end();
		return serve(req, res);
	});
	await new Promise((r) => server.listen(0, '127.0.0.1', r));
	return {
		endpoint: `http://127.0.0.1:${server.address().port}`,
		env: { S3_ENDPOINT: `http://127.0.0.1:${server.address().port}`, S3_REGION: 'us-east-1',
			S3_BUCKET: bucket, S3_ACCESS_KEY: 'S3RVER', S3_SECRET_KEY: 'S3RVER' },
		close: () => {
			server.closeAllConnections();
			return new Promise((r) => server.close(r));
		},
	};
}
