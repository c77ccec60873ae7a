/*
 * Pages for everyone: the landing page, the terms, the privacy page. They
 * state what this software does and nothing it does not.
 */
#include "pages.h"

void
public_landing(struct page *p)
{
	bool in;

	in = p->r->who.identity_id[0] != '\0';
	page_public_open(p, "Training from your documents");
	tmpl_landing(&p->h,
	    &(struct tmpl_landing){ .enter = in ? "/dashboard" : "/auth/login",
		.enter_label =
		    in ? "Go to your dashboard" : "Sign in to start" });
	page_public_close(p);
	page_send(p, 200);
}

void
public_terms(struct page *p)
{
	page_public_open(p, "Terms of use");
	tmpl_terms(&p->h);
	page_public_close(p);
	page_send(p, 200);
}

void
public_privacy(struct page *p)
{
	page_public_open(p, "Privacy");
	tmpl_privacy(&p->h);
	page_public_close(p);
	page_send(p, 200);
}
