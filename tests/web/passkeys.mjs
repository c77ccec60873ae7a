// Security keys and passkeys in a real browser with a virtual authenticator,
// on the real pages: enrolled, used and taken away.
import { is, main, ok, startSite } from './kit/site.mjs';
import { fill, flowOf, launch, open, picture, settled, signIn, sql } from './kit/account.mjs';

const FACTORS = '/auth/settings?tab=factor';
const card = (page, name) => page.getByRole('region', { name });
const whoami = (page) => page.evaluate(() => fetch('/sessions/whoami').then((r) => r.json()));
const methods = async (page) => (await whoami(page)).authentication_methods.map((m) => m.method);

// A device in the browser's place for them.
async function device(page, options = {}) {
	const cdp = await page.context().newCDPSession(page);
	await cdp.send('WebAuthn.enable', { enableUI: false });
	const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
		options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true,
			hasUserVerification: true, isUserVerified: true,
			automaticPresenceSimulation: true, ...options } });
	return {
		keys: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
		verify: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
		remove: () => cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
	};
}

// How often from now on the passkey is chosen among the suggestions of a field,
// which a device that is touched at once would do each time a page has one.
async function suggestions(page) {
	let left = 0;
	await page.exposeFunction('isChosen', () => left-- > 0);
	await page.addInitScript(() => {
		if (navigator.credentials === undefined) return; // about:blank
		const get = navigator.credentials.get.bind(navigator.credentials);
		navigator.credentials.get = async (options) => {
			if (options.mediation !== 'conditional' || await globalThis.isChosen()) return get(options);
			globalThis.offered = true;
			return new Promise((_, reject) => {
				const { signal } = options;
				const leave = () => { globalThis.offered = false; reject(signal.reason); };
				if (signal.aborted) leave();
				else signal.addEventListener('abort', leave);
			});
		};
	});
	return { choose(times) { left = times; } };
}

async function signOut(context, page) {
	await page.goto('about:blank');
	await context.clearCookies();
}

async function saved(page) {
	await page.locator('.banner-success').waitFor();
	await settled(page);
}

async function removeFrom(page, name) {
	await card(page, name).locator('.removal summary').first().click();
	await card(page, name).locator('.removal button').first().click();
	await saved(page);
}

// --- journeys ------------------------------------------------------------------

async function securityKey(browser, site) {
	const { context, complaints, page } = await open(browser);
	const key = await device(page, { transport: 'usb', hasUserVerification: false, isUserVerified: false });
	await signIn(page, site, 'elder');
	await page.goto(`${site.base}${FACTORS}`);
	const box = card(page, 'Security keys');
	await box.getByLabel('Name of the security key').fill('Blue key');
	await box.getByRole('button', { name: 'Add security key' }).click();
	await saved(page);
	is((await key.keys()).map((k) => [k.rpId, k.isResidentCredential]), [['localhost', false]], 'a key is enrolled');
	ok(await box.getByText('Blue key').first().isVisible(), 'under its name');
	await box.getByRole('button', { name: 'Add security key' }).click();
	await box.getByText('registered already').waitFor();
	ok(true, 'not twice');

	await signOut(context, page);
	await page.goto(`${site.base}/auth/login`);
	await fill(page, 'elder');
	const use = page.getByRole('button', { name: 'Sign in with hardware key' });
	await use.waitFor();
	await settled(page);
	is((await whoami(page)).error?.id, 'session_aal2_required', 'a password is half the way');
	await use.click();
	await page.waitForURL('**/dashboard');
	is([(await whoami(page)).authenticator_assurance_level, await methods(page)],
		['aal2', ['password', 'webauthn']], 'password and key sign in');
	await page.goto(`${site.base}${FACTORS}`);
	await removeFrom(page, 'Security keys');
	await signOut(context, page);
	await signIn(page, site, 'elder');
	is(await methods(page), ['password'], 'without it the password is enough');
	await context.close();
	is(complaints.filter((t) => !/ 4(00|03|22) /.test(t)), [], 'nothing on the console');
}

async function passkey(browser, site) {
	const { context, complaints, page } = await open(browser);
	const key = await device(page);
	const suggested = await suggestions(page);
	await signIn(page, site, 'instructor');
	await page.goto(`${site.base}${FACTORS}`);
	await card(page, 'Passkeys').getByRole('button', { name: 'Add passkey' }).click();
	await saved(page);
	const [made] = await key.keys();
	is([made.rpId, made.isResidentCredential, Buffer.from(made.userHandle, 'base64').length],
		['localhost', true, 64], 'a passkey is enrolled');

	await signOut(context, page);
	await page.goto(`${site.base}/auth/login?return_to=%2Fcontent-library`);
	is(await page.getByLabel('E-mail').getAttribute('autocomplete'), 'username webauthn', 'the browser may offer it');
	await page.waitForFunction(() => globalThis.offered);
	await page.getByRole('button', { name: 'Sign in with passkey' }).click();
	await page.waitForURL(`${site.base}/content-library`);
	is([(await whoami(page)).identity.traits.email, await methods(page)],
		['instructor@acme.example', ['passkey']], 'it signs in, alone');

	await page.goto(`${site.base}${FACTORS}`);
	await key.verify(false);
	await card(page, 'Passkeys').getByRole('button', { name: 'Add passkey' }).click();
	await card(page, 'Passkeys').getByRole('alert').filter({ hasText: /\w/ }).waitFor();
	ok(true, 'what the browser refuses is said beside the button');
	await key.verify(true);
	await removeFrom(page, 'Passkeys');
	await signOut(context, page);
	suggested.choose(1);
	await page.goto(`${site.base}/auth/login`, { waitUntil: 'commit' }); // which is left at once
	const asked = flowOf(page);
	await page.locator('.banner-error').waitFor();
	is(flowOf(page), asked, 'one that was taken away is refused');
	await page.getByRole('button', { name: 'Sign in with passkey' }).waitFor();
	await page.waitForFunction(() => globalThis.offered);
	ok(true, 'and may be tried again');
	is(complaints.filter((t) => !/ 4(00|22) /.test(t)), [], 'nothing on the console');
	await context.close();
}

// Nobody types a password.
async function signUp(browser, site) {
	const { context, complaints, page } = await open(browser);
	const key = await device(page);
	await page.goto(`${site.base}/self-service/registration/browser`);
	const button = page.getByRole('button', { name: 'Sign up with passkey' });
	await button.click();
	is((await key.keys()).length, 0, 'first the form is filled in');
	await page.getByLabel('E-mail').fill('newcomer@acme.example');
	await page.getByLabel('First name').fill('New');
	await page.getByLabel('Last name').fill('Comer');
	await button.click();
	await page.waitForURL((url) => !url.pathname.startsWith('/auth/registration'));
	is([(await whoami(page)).identity.traits.email, await methods(page)],
		['newcomer@acme.example', ['passkey']], 'signed up without a password');
	is((await key.keys()).map((k) => k.userName), ['newcomer@acme.example'],
		'the device knows for which address');
	is(sql(`SELECT string_agg(c.type, ' ') FROM credentials c JOIN identities i ON i.id = c.identity_id
		WHERE i.traits ->> 'email' = 'newcomer@acme.example'`), 'passkey', 'there is no other way in');
	// Somebody without a company has no dashboard.
	is(complaints.filter((t) => !/ 4(00|03|22) /.test(t)), [], 'nothing on the console');
	await context.close();
}

async function screens(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await page.goto(`${site.base}/auth/login`);
		await picture(page, 'auth-passkey', colorScheme);
		await page.goto(`${site.base}/self-service/registration/browser`);
		await picture(page, 'auth-passkey-registration', colorScheme);
		await context.close();
	}
}

// The browser offers it in the field's own list; a device that is touched at
// once answers at once.
async function suggestion(browser, site) {
	const { context, page } = await open(browser);
	await device(page);
	await signIn(page, site, 'sme');
	await page.goto(`${site.base}${FACTORS}`);
	await card(page, 'Passkeys').getByRole('button', { name: 'Add passkey' }).click();
	await saved(page);
	await signOut(context, page);
	await page.goto(`${site.base}/auth/login`, { waitUntil: 'commit' }); // which is left at once
	await page.waitForURL('**/dashboard');
	is(await methods(page), ['passkey'], 'chosen among the suggestions it signs in');
	await context.close();
}

await main(async () => {
	const site = await startSite(['identity.passkey yes']);
	const browser = await launch();
	try {
		await securityKey(browser, site);
		await signUp(browser, site);
		await passkey(browser, site);
		await suggestion(browser, site);
		await screens(browser, site);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) for (const n of ['web', 'identity', 'login', 'lighttpd']) console.log(site.log(n).replace(/^/gm, `# ${n}: `));
		site.stop();
	}
});
