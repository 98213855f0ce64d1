/*
 * json: a writer of JSON text into lent memory.
 *
 * Overflow is sticky: what does not fit is not written, nothing is ever written past the end, and
 * one check at the end says whether all fitted. Commas take care of themselves. Text is escaped;
 * bytes that are no UTF-8 become U+FFFD, so that the result is valid whatever came in.
 */
#ifndef BASICTAP_EXPORT_FORMAT_JSON_H
#define BASICTAP_EXPORT_FORMAT_JSON_H

#include "dissectors/base/bytes.h"

struct json {
    char *at;
    size_t size;
    size_t len;
    bool overflow;
    bool comma; /* the next key or value needs one before it */
};

void json_init(struct json *json, char *at, size_t size);

void json_open(struct json *json, char bracket);  /* '{' or '[' */
void json_close(struct json *json, char bracket); /* '}' or ']' */
void json_key(struct json *json, struct bytes key);

void json_text(struct json *json, struct bytes text);
void json_token(struct json *json, struct bytes token); /* a number, true, false or null, as is */

/* Text that is a comma-separated list, as an array; spaces around and empty members are left out.
 */
void json_list(struct json *json, struct bytes text);

/* Whether all fitted. The text is json->at, json->len bytes, no NUL. */
bool json_end(const struct json *json);

#endif
