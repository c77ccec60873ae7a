/*
 * libqrencode finds the modules, libpng packs them: each a square of whole
 * pixels, in the middle of a white field.
 */
#include "net/qr.h"

#include <png.h>
#include <qrencode.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "net/crypt.h"

#define QUIET 4 /* modules around the code, ISO 18004 */
#define WHITE 0xff
#define BLACK 0x00

struct picture {
	uint8_t pixels[QR_SIZE * QR_SIZE]; /* one byte of grey each */
};

static void
paint_module(struct picture *p, size_t x, size_t y, size_t scale)
{
	size_t row;

	for (row = 0; row < scale; row++)
		memset(&p->pixels[(y + row) * QR_SIZE + x], BLACK, scale);
}

/* False: too many modules to be seen. */
static bool
paint(struct picture *p, const QRcode *code)
{
	size_t n = (size_t)code->width, scale = QR_SIZE / (n + 2 * QUIET);
	size_t margin, x, y;

	if (scale == 0)
		return false;
	margin = (QR_SIZE - n * scale) / 2;
	memset(p->pixels, WHITE, sizeof(p->pixels));
	for (y = 0; y < n; y++)
		for (x = 0; x < n; x++)
			if ((code->data[y * n + x] & 1) != 0)
				paint_module(p, margin + x * scale,
				    margin + y * scale, scale);
	return true;
}

/* The picture as a file in a; NULL when libpng fails. */
static void *
pack(struct arena *a, const struct picture *p, size_t *len)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
		.width = QR_SIZE,
		.height = QR_SIZE,
		.format = PNG_FORMAT_GRAY };
	png_alloc_size_t n = 0;
	void *out;

	if (!png_image_write_to_memory(&image, NULL, &n, 0, p->pixels, 0, NULL))
		return NULL;
	out = arena_alloc(a, n);
	if (!png_image_write_to_memory(&image, out, &n, 0, p->pixels, 0, NULL))
		return NULL;
	*len = n;
	return out;
}

char *
qr_data_url(struct arena *a, const char *text)
{
	struct picture *p = arena_alloc(a, sizeof(*p));
	QRcode *code;
	void *file;
	size_t len = 0;
	bool ok;

	code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (code == NULL)
		return NULL;
	ok = paint(p, code);
	QRcode_free(code);
	file = ok ? pack(a, p, &len) : NULL;
	crypt_wipe(p, sizeof(*p));
	return file == NULL ? NULL
			    : arena_printf(a, "data:image/png;base64,%s",
				  crypt_base64(a, file, len));
}
