// The Set-Cookie lines of an answer of fetch(). Node 18 joins them by commas;
// a name follows those alone that part them.
export function setCookies(headers) {
	return headers.getSetCookie?.() ??
		(headers.get('set-cookie') ?? '').split(/, (?=[^\s=;,]+=)/).filter(Boolean);
}
