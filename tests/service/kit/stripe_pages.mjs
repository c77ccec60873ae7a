// The pages that Stripe would host: the checkout and the portal, plain forms
// that a browser or a test can submit.

const escape = (s) => String(s).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function page(title, body) {
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>${escape(title)}</title>
<style>
body { font: 16px/1.5 sans-serif; margin: 3em auto; max-width: 30em; padding: 0 1em }
button { font: inherit; padding: .5em 1em; margin: .25em .25em .25em 0 }
table { border-spacing: 0 .3em } td { padding-right: 1em }
.test { background: #fe9; padding: .2em .5em }
</style>
<p><span class="test">Test payments: no money moves</span>
<h1>${escape(title)}</h1>
${body}
</html>
`;
}

const money = (cents) => `$${(cents / 100).toFixed(2)}`;

const button = (action, label) =>
	`<button name="action" value="${action}" data-testid="${action}">${label}</button>`;

export function checkoutPage(session, customer, price, quantity) {
	if (session.status !== 'open')
		return page('Nothing to pay here', `<p>This checkout is ${escape(session.status)}.`);
	return page('Checkout', `<table>
<tr><td>For<td>${escape(customer?.email ?? customer?.name ?? '')}
<tr><td>Plan<td>${escape(price.nickname)}, ${money(price.unit_amount)} per seat and month
<tr><td>Seats<td>${quantity}
<tr><td>Total<td><strong>${money(price.unit_amount * quantity)}</strong> a month
</table>
<form method="post">
${button('pay', 'Pay')}
${button('cancel', 'Cancel')}
<details><summary>Other ends</summary>
${button('later', 'Pay by bank transfer (unpaid so far)')}
${button('decline', 'Card is declined')}
</details>
</form>`);
}

function planForm(sub, prices) {
	const item = sub.items.data[0];
	const options = prices.map((p) => `<option value="${escape(p.id)}"${
		p.id === item.price.id ? ' selected' : ''}>${escape(p.nickname)}</option>`);
	return `<form method="post"><input type="hidden" name="subscription" value="${escape(sub.id)}">
<label>Plan <select name="price">${options.join('')}</select></label>
<label>Seats <input name="quantity" type="number" min="1" value="${item.quantity}"></label>
${button('update', 'Change')}
</form>`;
}

function subscriptionPart(sub, prices) {
	const item = sub.items.data[0];
	const end = new Date(sub.current_period_end * 1000).toISOString().slice(0, 10);
	return `<section><h2>${escape(item.price.nickname)}, ${item.quantity} seats</h2>
<p>${escape(sub.status)}${sub.cancel_at_period_end ? `, ends on ${end}` : `, renews on ${end}`}
${planForm(sub, prices)}
<form method="post"><input type="hidden" name="subscription" value="${escape(sub.id)}">
${sub.cancel_at_period_end ? button('resume', 'Do not end it')
		: button('end', 'Cancel at the end of the period')}
${button('stop', 'Cancel now')}
${button('fail', 'Let the next payment fail')}
${sub.status === 'past_due' ? button('settle', 'Pay what is open') : ''}
</form></section>`;
}

export function portalPage(portal, customer, subs, prices) {
	const flow = portal.flow?.subscription_update?.subscription;
	const shown = subs.filter((s) => flow === undefined || s.id === flow);
	return page(flow ? 'Change the subscription' : 'Billing', `<p>${escape(customer.email ?? '')}
${shown.map((s) => subscriptionPart(s, prices)).join('\n') || '<p>No subscription.'}
<p><a data-testid="return" href="${escape(portal.return_url)}">Back</a>`);
}

export const errorPage = (message) => page('Something went wrong', `<p>${escape(message)}`);
