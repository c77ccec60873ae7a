/*
 * The sanitizer: what stays, what goes, what is repaired; and the two helpers.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "learn/html.h"

#include "tests/test.h"

struct sample {
	const char *in;
	const char *want;
};

static const struct sample safe[] = {
	{ "", "" },
	{ "  \n ", "" },
	{ "plain", "<p>plain</p>" },
	{ "a < b & c > d \"e\"", "<p>a &lt; b &amp; c &gt; d \"e\"</p>" },
	{ "<p>One</p><p>Two</p>", "<p>One</p><p>Two</p>" },
	{ "<p>One<br>Two</p>", "<p>One<br/>Two</p>" },
	{ "<p>caf\xc3\xa9 &eacute; &#x1F600; &nbsp;</p>",
	    "<p>caf\xc3\xa9 \xc3\xa9 \xf0\x9f\x98\x80 \xc2\xa0</p>" },
	{ "<h2>T</h2><ul><li>a</li><li><p>b</p></li></ul>",
	    "<h2>T</h2><ul><li>a</li><li><p>b</p></li></ul>" },
	{ "<ol start=\"3\"><li>c</li></ol>",
	    "<ol start=\"3\"><li>c</li></ol>" },
	{ "<pre><code>x  &lt;y&gt;\n  z</code></pre>",
	    "<pre><code>x  &lt;y&gt;\n  z</code></pre>" },
	{ "<blockquote><p>q</p></blockquote>",
	    "<blockquote><p>q</p></blockquote>" },
	{ "<table><caption>C</caption><thead><tr><th scope=\"col\">H</th></tr>"
	  "</thead><tbody><tr><td colspan=\"2\"></td></tr></tbody></table>",
	    "<table><caption>C</caption><thead><tr><th scope=\"col\">H</th></tr>"
	    "</thead><tbody><tr><td colspan=\"2\"></td></tr></tbody></table>" },
	{ "<p><a href=\"https://e.org/?a=1&amp;b=2\">x</a></p>",
	    "<p><a href=\"https://e.org/?a=1&amp;b=2\">x</a></p>" },
	{ "<p><a href=\"mailto:a@e.org\">x</a></p>",
	    "<p><a href=\"mailto:a@e.org\">x</a></p>" },
	{ "<p lang=\"fr\" dir=\"ltr\">x</p>",
	    "<p dir=\"ltr\" lang=\"fr\">x</p>" },
	{ "<figure><img src=\"media/ab.png\" alt=\"A\"/>"
	  "<figcaption>F</figcaption></figure>",
	    "<figure><img src=\"media/ab.png\" alt=\"A\"/>"
	    "<figcaption>F</figcaption></figure>" },
};

static const struct sample unsafe[] = {
	{ "<script>alert(1)</script><p>x</p>", "<p>x</p>" },
	{ "<p onclick=\"x()\" style=\"color:red\" class=c id=i>x</p>",
	    "<p>x</p>" },
	{ "<style>p{}</style><link rel=stylesheet href=x><p>x</p>",
	    "<p>x</p>" },
	{ "<p><a href=\"javascript:alert(1)\">x</a></p>", "<p>x</p>" },
	{ "<p><a href=\" jAvascript:alert(1)\">x</a></p>", "<p>x</p>" },
	{ "<p><a href=\"java\tscript:alert(1)\">x</a></p>", "<p>x</p>" },
	{ "<p><a href=\"data:text/html,x\">x</a></p>", "<p>x</p>" },
	{ "<p><a href=\"//e.org/\">x</a></p>", "<p>x</p>" },
	{ "<p><a href=\"/etc\">x</a></p>", "<p>x</p>" },
	{ "<p><a href=\"https://e.org/\" target=_top>x</a></p>",
	    "<p><a href=\"https://e.org/\">x</a></p>" },
	{ "<p><img src=x onerror=alert(1)>y</p>", "<p>y</p>" },
	{ "<p><img src=\"data:image/svg+xml,x\">y</p>", "<p>y</p>" },
	{ "<p><img src=\"media/../x.png\">y</p>", "<p>y</p>" },
	{ "<img src=\"https://e.org/a.png\">",
	    "<p><img src=\"https://e.org/a.png\" alt=\"\"/></p>" },
	{ "<iframe src=x></iframe><object data=x></object><p>x</p>",
	    "<p>x</p>" },
	{ "<svg onload=alert(1)><script>1</script></svg><p>x</p>", "<p>x</p>" },
	{ "<math><mtext></mtext></math><p>x</p>", "<p>x</p>" },
	{ "<form action=x><input name=a><p>x</p></form>", "<p>x</p>" },
	{ "<!-- c --><p>x</p><?php 1 ?>", "<p>x</p>" },
	{ "<p>x\x01y\x7fz\xff</p>", "<p>xyz</p>" },
	{ "<p lang=\"x&quot;onload\" dir=up>x</p>", "<p>x</p>" },
	{ "<table><tr><td colspan=9999 scope=all>x</td></tr></table>",
	    "<table><tr><td>x</td></tr></table>" },
};

static const struct sample repaired[] = {
	{ "<h1>x</h1><h6>y</h6>", "<h2>x</h2><h4>y</h4>" },
	{ "<div>a</div><div>b</div>", "<p>a</p><p>b</p>" },
	{ "<div>a <b>c</b><div>d</div>e</div>",
	    "<p>a <b>c</b></p><p>d</p><p>e</p>" },
	{ "<b>x</b> tail<p>y</p>", "<p><b>x</b> tail</p><p>y</p>" },
	{ "<p>a<p>b", "<p>a</p><p>b</p>" },
	{ "<b><p>a</p><p>b</p></b>", "<p>a</p><p>b</p>" },
	{ "<ul>text<li>a</ul>", "<ul><li>text</li><li>a</li></ul>" },
	{ "<ul><ul><li>a</li></ul></ul>",
	    "<ul><li><ul><li>a</li></ul></li></ul>" },
	{ "<li>a</li><li>b</li>", "<p>a</p><p>b</p>" },
	{ "<td>a</td>", "<p>a</p>" },
	{ "<table><td>a</td></table>", "<table><tr><td>a</td></tr></table>" },
	{ "<span>a</span><font color=red>b</font>", "<p>ab</p>" },
	{ "<p></p><ul></ul><b></b><p>x</p>", "<p>x</p>" },
	{ "<p><a href=\"http://a.org\">a<a href=\"http://b.org\">b</a></a></p>",
	    "<p><a href=\"http://a.org\">a</a><a href=\"http://b.org\">b</a></p>" },
	{ "<figure><p>d</p><figcaption>c</figcaption></figure>",
	    "<figure><p>d</p><figcaption>c</figcaption></figure>" },
	{ "<dl><dt>t</dt><dd>d</dd></dl>", "<p>t</p><p>d</p>" },
	{ "<p>unclosed <em>x", "<p>unclosed <em>x</em></p>" },
	{ "</p></div>x", "<p>x</p>" },
};

static const struct sample texts[] = {
	{ "<p>a &amp; b</p><p>c<br>d</p>", "a & b\nc\nd" },
	{ "<ul><li>a</li><li>b  \n c</li></ul>", "a\nb c" },
	{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
	    "a b\nc" },
	{ "x<script>y</script>z", "xz" },
	{ "plain", "plain" },
};

static void
check_samples(struct arena *a, const struct sample *s, size_t n)
{
	char *once;
	size_t i;

	for (i = 0; i < n; i++) {
		once = html_sanitize(a, s[i].in);
		CHECK_STR(once, s[i].want);
		CHECK_STR(html_sanitize(a, once), once);
	}
}

/* Depth is bounded, work stays linear, and the words survive. */
static void
check_deep(struct arena *a)
{
	struct buf b = BUF_INIT;
	char *out;
	int i;

	for (i = 0; i < 200000; i++)
		buf_puts(&b, "<b>");
	buf_puts(&b, "deep");
	for (i = 0; i < 200000; i++)
		buf_puts(&b, "</i>");
	out = html_sanitize(a, buf_str(&b));
	CHECK(strstr(out, "deep") != NULL);
	CHECK(strstr(out, "<b>") == NULL);
	buf_reset(&b);
	for (i = 0; i < 60; i++)
		buf_puts(&b, "<ul><li>");
	buf_puts(&b, "inner");
	out = html_sanitize(a, buf_str(&b));
	CHECK(strstr(out, "inner") != NULL);
	CHECK_STR(html_sanitize(a, out), out);
	buf_free(&b);
}

int
main(void)
{
	struct arena *a;
	size_t i;

	a = arena_new();
	CHECK_STR(html_sanitize(a, NULL), "");
	check_samples(a, safe, sizeof(safe) / sizeof(safe[0]));
	check_samples(a, unsafe, sizeof(unsafe) / sizeof(unsafe[0]));
	check_samples(a, repaired, sizeof(repaired) / sizeof(repaired[0]));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_STR(html_to_text(a, texts[i].in), texts[i].want);
	CHECK_STR(html_escape(a, "<a b=\"c\" d='e'>&\x02\xffz"),
	    "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;z");
	CHECK_STR(html_escape(a, NULL), "");
	check_deep(a);
	arena_free(a);
	return test_done();
}
