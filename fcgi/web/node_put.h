/*
 * Draws one node. Nothing that a flow brings runs: scripts and handlers are
 * those of our own, addresses those that may stand in a page.
 */
#ifndef MIRAI_WEB_NODE_PUT_H
#define MIRAI_WEB_NODE_PUT_H

#include "node.h"
#include "nodes.h"

/* Whether nodes of this kind are drawn at all. */
bool node_put_knows(const struct node *node);

/* The node with what is said of it; nothing if its kind is not known. */
void node_put(struct page *p, struct nodes *n, const struct node *node);

#endif
