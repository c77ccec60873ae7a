/* Arenas and buffers. */
#include "tests/test.h"

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

static int order[4];
static int norder;

static void
note(void *p)
{
	order[norder++] = *(int *)p;
}

static void
test_arena(void)
{
	static int one = 1, two = 2;
	struct arena *a;
	char *s, *big;
	int *grown, i;

	a = arena_new();
	s = arena_printf(a, "%s-%d", "x", 7);
	CHECK_STR(s, "x-7");
	big = arena_alloc(a, 3);
	CHECK((uintptr_t)big % _Alignof(max_align_t) == 0);
	big = arena_zalloc(a, (size_t)3 * 1024 * 1024);
	CHECK(big[0] == 0 && big[3 * 1024 * 1024 - 1] == 0);
	CHECK_STR(s, "x-7");
	grown = arena_calloc(a, 2, sizeof(*grown));
	grown[0] = 5;
	grown[1] = 6;
	grown = arena_grow(a, grown, 2, 8, sizeof(*grown));
	CHECK(grown[0] == 5 && grown[1] == 6 && grown[7] == 0);
	arena_set_limit(a, 1024);
	CHECK(arena_full(a));
	arena_defer(a, note, &one);
	arena_defer(a, note, &two);
	arena_reset(a);
	CHECK(norder == 2 && order[0] == 2 && order[1] == 1);
	CHECK(arena_used(a) == 0 && !arena_full(a));
	for (i = 0; i < 10000; i++)
		memset(arena_alloc(a, 100), 1, 100);
	arena_free(a);
	arena_free(NULL);
	CHECK(norder == 2);
}

static void
test_buf(void)
{
	struct buf b = BUF_INIT;
	struct arena *a;
	struct buf *inarena;
	int i;

	CHECK_STR(buf_str(&b), "");
	buf_puts(&b, "ab");
	buf_putc(&b, 'c');
	buf_printf(&b, "%04d", 42);
	CHECK_STR(buf_str(&b), "abc0042");
	CHECK(b.len == 7);
	buf_reset(&b);
	CHECK_STR(buf_str(&b), "");
	buf_put_u32be(&b, 0x01020304u);
	CHECK(b.len == 4 && memcmp(b.data, "\1\2\3\4", 5) == 0);
	for (i = 0; i < 5000; i++)
		buf_puts(&b, "0123456789");
	CHECK(b.len == 50004 && b.data[b.len] == '\0');
	buf_free(&b);
	CHECK(b.data == NULL);

	a = arena_new();
	inarena = buf_new(a);
	buf_puts(inarena, "lives with the arena");
	CHECK(inarena->len == 20);
	arena_free(a);
}

int
main(void)
{
	test_arena();
	test_buf();
	return test_done();
}
