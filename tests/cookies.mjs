// The Set-Cookie lines of an answer of fetch(). Node 18 joins them by commas;
// none of our cookies has one in its value.
export function setCookies(headers) {
	return headers.getSetCookie?.() ??
		(headers.get('set-cookie') ?? '').split(/, (?=[\w-]+=)/).filter(Boolean);
}
