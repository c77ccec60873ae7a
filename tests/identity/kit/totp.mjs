// An authenticator app: reads QR codes and computes codes (RFC 6238).
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';

function base32(text) {
	const set = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...text].map((c) => set.indexOf(c).toString(2).padStart(5, '0')).join('');
	return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

// The bytes of a secret as they may be found in a database.
export const rawSecret = (secret) => base32(secret).toString('base64url');

// The code of now, or of some steps from now.
export function totp(secret, steps = 0) {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
	const mac = createHmac('sha1', base32(secret)).update(counter).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

// What no code is, now or in the steps around it.
export function wrongCode(secret) {
	const near = [-2, -1, 0, 1, 2].map((n) => totp(secret, n));
	return ['111111', '222222', '333333', '444444', '555555', '666666']
		.find((c) => !near.includes(c));
}

// Waits when the step is about to end: what follows counts in steps.
export async function calm() {
	const left = 30000 - Date.now() % 30000;
	if (left < 10000)
		await sleep(left + 100);
}

// What the QR code of a data URL says: { width, height, text }.
export function readQr(url) {
	const png = PNG.sync.read(Buffer.from(url.split(',')[1], 'base64'));
	return { width: png.width, height: png.height,
		text: jsqr(new Uint8ClampedArray(png.data), png.width, png.height)?.data };
}
