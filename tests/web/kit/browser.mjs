// The browser that tests drive: how it is launched, what axe-core finds in a
// page, and pictures of pages, which are made when SCREENS is set (nothing is
// held against them; they are for people to look at).
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SCREENS = path.join(process.env.BUILD ?? 'build', 'check/screens');

// The shell draws pages without a window around them, in half the time.
const PROGRAM = process.env.CHROMIUM ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']
	.find((file) => fs.existsSync(file));

export function launchBrowser() {
	return chromium.launch({ executablePath: PROGRAM,
		args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
}

// The page as it is when what moves has arrived, held against axe-core: one
// line for each rule that is broken.
export async function findings(frame, rules = RULES) {
	if (!(await frame.evaluate(() => 'axe' in globalThis))) await frame.evaluate(AXE);
	return frame.evaluate(async (runOnly) => {
		for (const moving of document.getAnimations())
			if (moving.effect?.getComputedTiming().endTime !== Infinity) moving.finish();
		const { violations } = await globalThis.axe.run({ runOnly, resultTypes: ['violations'] });
		return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
	}, rules);
}

export async function shot(page, name, options = {}) {
	if (!process.env.SCREENS) return;
	fs.mkdirSync(SCREENS, { recursive: true });
	await page.screenshot({ path: path.join(SCREENS, `${name}.png`), ...options });
}
