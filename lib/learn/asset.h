/*
 * Files compiled into the library: the player and the schema files that
 * packages carry, mails, scripts. lib/tools/embed.c writes the tables.
 */
#ifndef MIRAI_LEARN_ASSET_H
#define MIRAI_LEARN_ASSET_H

#include <stddef.h>

struct embed_file {
	const char *name; /* "player.js", "scorm12/imscp_rootv1p1p2.xsd" */
	const unsigned char *data; /* a NUL follows */
	size_t len;
};

extern const struct embed_file asset_files[];
extern const struct embed_file letter_files[]; /* lib/identity/mail */
extern const struct embed_file outbox_files[]; /* lib/service/mail */
extern const struct embed_file script_files[]; /* lib/identity/script */
extern const struct embed_file prompt_files[]; /* lib/ai/prompts */

/* NULL when there is none of that name. */
const struct embed_file *asset_find(const char *name);

#endif
