// Where servers of tests listen: ports that are a test's own, and whether a
// program answers at its Unix socket yet.
import dgram from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';

// What the kernel gives to connections and to servers on port 0.
const [LOW, HIGH] = fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim()
	.split(/\s+/).map(Number);
const FIRST = 10081; // below are some that no browser calls
const ALL = Array.from({ length: 65536 - FIRST }, (_, i) => FIRST + i);
const OURS = ALL.filter((port) => port < LOW || port > HIGH);
const CHOICE = OURS.length > 1000 ? OURS : ALL;

const held = [];

async function bound(socket) {
	try {
		await once(socket, 'listening');
		return true;
	} catch {
		return false; // somebody has it
	}
}

// Whether the UDP port of this number is ours now.
async function hold(port) {
	const socket = dgram.createSocket('udp4').bind({ port, address: '127.0.0.1', exclusive: true });
	if (!await bound(socket)) return false;
	held.push(socket.unref());
	return true;
}

async function isFree(port) {
	const server = net.createServer().listen(port, '0.0.0.0');
	if (!await bound(server)) return false;
	server.close();
	await once(server, 'close');
	return true;
}

// For a server that must be told its port before it starts. No connection and
// no server on port 0 is given this one meanwhile, and no other test chooses it,
// since this one holds the UDP port of the same number as long as it runs.
export async function freePort() {
	for (;;) {
		const port = CHOICE[Math.floor(Math.random() * CHOICE.length)];
		if (await hold(port) && await isFree(port)) return port;
	}
}

const ACCEPTS = '00010000'; // __SO_ACCEPTCON

// Whether somebody listens at a Unix socket. Its file alone says nothing: it is
// there before, and afterwards. Nobody is connected to for that.
export function isListening(file) {
	return fs.readFileSync('/proc/net/unix', 'utf8').split('\n').some((line) => {
		const [, , , flags, , , , at] = line.trim().split(/\s+/);
		return at === file && flags === ACCEPTS;
	});
}
