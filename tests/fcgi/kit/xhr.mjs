// As much of a browser's XMLHttpRequest as the gRPC-Web package needs, over
// Node's client: text as it comes.
import http from 'node:http';

export class XMLHttpRequest {
	constructor() {
		this.readyState = 0;
		this.status = 0;
		this.statusText = this.responseText = this.response = '';
		this.headers = {};
		this.sent = {};
		this.onreadystatechange = null;
	}

	open(method, url) {
		this.method = method;
		this.url = new URL(url);
		this.state(1);
	}

	setRequestHeader(name, value) {
		this.sent[name] = value;
	}

	send(body) {
		this.request = http.request({ host: this.url.hostname, port: this.url.port,
			path: this.url.pathname, method: this.method, headers: this.sent, agent: false }, (res) => {
			this.status = res.statusCode;
			this.headers = res.headers;
			this.state(2);
			res.setEncoding('latin1');
			res.on('data', (text) => {
				this.responseText = this.response = this.responseText + text;
				this.state(3);
			});
			res.on('close', () => this.state(4));
		});
		this.request.on('error', () => this.state(4));
		this.request.end(body);
	}

	state(n) {
		if (this.readyState === 4)
			return;
		this.readyState = n;
		this.onreadystatechange?.();
	}

	abort() {
		this.request?.destroy();
	}

	getResponseHeader(name) {
		return this.headers[name.toLowerCase()] ?? null;
	}

	getAllResponseHeaders() {
		return Object.entries(this.headers).map(([n, v]) => `${n}: ${v}\r\n`).join('');
	}
}
