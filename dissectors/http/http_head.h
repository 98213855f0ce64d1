/*
 * http_head: reading the header block of an HTTP/1 message (RFC 9112). Lenient where servers are:
 * bare LF, blank lines before the start line, folded headers, spaces around the colon.
 */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP_HEAD_H
#define BASICTAP_DISSECTORS_HTTP_HTTP_HEAD_H

#include "dissectors/dissector.h"
#include "dissectors/http/http_app.h"

/* Does in begin with a request line, a status line? MAYBE: more bytes could tell. */
enum probe http_probe_request(struct bytes in);
enum probe http_probe_answer(struct bytes in);

/* Does the line hold a request line, after a hole or the end of a body without a line end? start:
 * where in it. Only of methods that mail and web clients use, with a path. */
bool http_find_request(struct bytes line, size_t *start);

/*
 * Takes a whole header block, its blank line included, from the front of in, which begins with no
 * blank line. False, nothing changed, while it is incomplete; *scanned (0 at first) then says how
 * far it was searched, so that a block in many pieces is searched once.
 */
bool http_take_block(struct bytes *in, size_t *scanned, struct bytes *block);

/* Reads a block; false when its first line is no request or status line. The views of head are of
 * block. Of more headers than fit, those that matter to us are kept. */
bool http_parse_request(struct bytes block, struct http_head *head);
bool http_parse_answer(struct bytes block, struct http_head *head);

/* For HTTP/2, which has its own header blocks: an empty head; whether a header is kept where there
 * are too many; host, path and query from the target and the headers. */
void http_head_init(struct http_head *head, bool is_request);
bool http_header_is_kept(struct bytes name);
void http_split_target(struct http_head *head);

#endif
