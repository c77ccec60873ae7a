// Waiting for what comes by itself: a page that follows its stream, an answer
// that is on its way, what another program stores. Each look at something that
// moves is one of these; how long it took is no matter, unless it never comes.
import { settled } from './browser.mjs';
import { is, ok } from './site.mjs';

const NEVER_MS = 60000;

// The first value of read() that good() takes, or the last one. What cannot be
// read in this moment, as between two pages, is read again.
async function look(read, good) {
	const end = Date.now() + NEVER_MS;
	for (;;) {
		const value = await read().catch((error) => error);
		if ((!(value instanceof Error) && good(value)) || Date.now() > end) return value;
		await new Promise((later) => setTimeout(later, 25));
	}
}

// ok() as soon as test() says so.
export async function until(name, test) {
	return ok(await look(async () => test(), (value) => value) === true, name);
}

// is() of what read() gives as soon as it is that.
export async function becomes(read, want, name) {
	const same = JSON.stringify(want);
	return is(await look(async () => read(), (value) => JSON.stringify(value) === same), want, name);
}

// That something of a page comes to be seen.
export const shows = async (locator, name) => ok(await locator.waitFor().then(() => true, () => false), name);

// Clicks what leads to another page, or does what else leads there, and is on
// that page: a click may be over before the browser has asked for it, and what
// is waited for there may be on the old page, too.
export async function through(from, act = () => from.click()) {
	const page = from.page?.() ?? from;
	const there = page.waitForEvent('load');
	there.catch(() => {});
	await act();
	await there;
	await settled(page);
}
