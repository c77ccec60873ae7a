/* Answers every request with the same few bytes: what GetMe is held against. */
#include "pool.h"

static const char answer[] =
    "Status: 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "\r\n"
    "{\"user\":{\"id\":\"00000000-0000-4000-8000-000000000000\","
    "\"role\":\"ROLE_ADMIN\",\"email\":\"somebody@mirai.example\"}}";

static void
serve(FCGX_Request *request)
{
	FCGX_PutStr(answer, (int)sizeof(answer) - 1, request->out);
	FCGX_Finish_r(request);
}

int
main(int argc, char **argv)
{
	pool_run(argc, argv, serve);
}
