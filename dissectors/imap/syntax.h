/*
 * syntax: IMAP's strings (RFC 9051, section 9). A string may be an atom, quoted, or a literal that
 * stands behind the end of its line; so these read from the stream, not from one line.
 */
#ifndef BASICTAP_DISSECTORS_IMAP_SYNTAX_H
#define BASICTAP_DISSECTORS_IMAP_SYNTAX_H

#include "dissectors/base/event.h"

enum syntax { SYNTAX_OK, SYNTAX_MORE, SYNTAX_BAD };

struct astring {
    struct bytes text; /* a view of the input */
    bool escaped;      /* quoted: "\" stands before the next character */
};

/* Only SYNTAX_OK changes in. MORE: its end is not there yet. BAD: none stands here, or one that is
 * longer than any name or password. */
enum syntax take_astring(struct bytes *in, struct astring *out);

void astring_text(const struct astring *string, char *text, size_t size);

/* Does a line end in "{n}" or "{n+}"? Then n bytes follow it that are no line. */
bool line_has_literal(struct bytes line, uint64_t *size);

/* tag SP verb; a tag holds no "*" or "+" in front */
bool take_tag(struct bytes *line, struct bytes *tag);

/* ("name" "Thunderbird" "version" "102.3" "os" ...) of ID (RFC 2971); names of either case */
void parse_id(struct bytes list, struct client_event *client);

/* Is word a command of IMAP? Those that other line protocols have, too, are left out when own. */
bool is_imap_verb(struct bytes word, bool own);

#endif
