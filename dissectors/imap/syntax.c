#include "dissectors/imap/syntax.h"

#include "dissectors/auth/line.h"
#include "dissectors/base/text.h"

enum { MAX_LITERAL = 8192, MAX_TAG = 64 };

/* DQUOTE, characters with "\" before DQUOTE and "\", DQUOTE; all on one line */
static enum syntax take_quoted(struct bytes *in, struct astring *out)
{
    struct bytes rest = *in;
    size_t len = 0;
    uint8_t byte;

    (void)take_skip(&rest, 1);
    while (peek_u8_at(rest, len, &byte) && byte != '"') {
        if (byte == '\n') {
            return SYNTAX_BAD;
        }
        len += byte == '\\' ? 2 : 1;
    }
    if (!take_bytes(&rest, len, &out->text) || !take_skip(&rest, 1)) {
        return SYNTAX_MORE;
    }
    out->escaped = true;
    *in = rest;
    return SYNTAX_OK;
}

/* "{" n ["+"] "}" CRLF and n bytes (RFC 7888) */
static enum syntax take_literal(struct bytes *in, struct astring *out)
{
    struct bytes rest = *in;
    struct bytes head;
    uint64_t size;

    if (!take_line(&rest, &head)) {
        return SYNTAX_MORE;
    }
    head = bytes_trim(head);
    if (!take_prefix(&head, BYTES("{")) || !take_decimal(&head, MAX_LITERAL, &size)) {
        return SYNTAX_BAD;
    }
    (void)take_prefix(&head, BYTES("+"));
    if (!bytes_equal(head, BYTES("}"))) {
        return SYNTAX_BAD;
    }
    if (!take_bytes(&rest, (size_t)size, &out->text)) {
        return SYNTAX_MORE;
    }
    *in = rest;
    return SYNTAX_OK;
}

/* Wider than the standard: clients send passwords with "(" or "%" in them as they are. */
static enum syntax take_atom(struct bytes *in, struct astring *out)
{
    size_t len = 0;
    uint8_t byte = 0;

    while (peek_u8_at(*in, len, &byte) && byte != ' ' && byte != '\t' && byte != '\r' &&
           byte != '\n') {
        len++;
    }
    if (len == in->len) {
        return SYNTAX_MORE;
    }
    return len > 0 && take_bytes(in, len, &out->text) ? SYNTAX_OK : SYNTAX_BAD;
}

enum syntax take_astring(struct bytes *in, struct astring *out)
{
    out->escaped = false;
    if (bytes_starts(*in, BYTES("\""))) {
        return take_quoted(in, out);
    }
    if (bytes_starts(*in, BYTES("{"))) {
        return take_literal(in, out);
    }
    return take_atom(in, out);
}

void astring_text(const struct astring *string, char *text, size_t size)
{
    uint8_t plain[USER_SIZE];
    struct bytes rest = string->text;
    size_t len = 0;

    if (!string->escaped) {
        (void)text_set(text, size, rest);
        return;
    }
    while (len < sizeof(plain) && rest.len > 0) {
        if (bytes_starts(rest, BYTES("\\\\")) || bytes_starts(rest, BYTES("\\\""))) {
            (void)take_skip(&rest, 1); /* "CONTOSO\bob" is sent as it is by some clients */
        }
        (void)take_u8(&rest, &plain[len++]);
    }
    (void)text_set(text, size, bytes_view(plain, len));
}

bool line_has_literal(struct bytes line, uint64_t *size)
{
    enum { MAX_DIGITS = 20 };
    size_t tail = line.len < MAX_DIGITS + 3 ? line.len : MAX_DIGITS + 3;
    struct bytes head;

    line = bytes_after(line, line.len - tail);
    while (take_until(&line, '{', &head)) {
        struct bytes rest = line;

        if (take_decimal(&rest, UINT64_MAX, size)) {
            (void)take_prefix(&rest, BYTES("+"));
            if (bytes_equal(rest, BYTES("}"))) {
                return true;
            }
        }
    }
    return false;
}

bool take_tag(struct bytes *line, struct bytes *tag)
{
    struct bytes rest = *line;
    struct bytes front;

    (void)take_spaces(&rest);
    front = bytes_first(rest, MAX_TAG + 1); /* what is asked may be no IMAP, and one long word */
    if (!take_word(&front, tag) || tag->len > MAX_TAG || !take_skip(&rest, tag->len) ||
        take_spaces(&rest) == 0 || bytes_starts(*tag, BYTES("*")) ||
        bytes_starts(*tag, BYTES("+"))) {
        return false;
    }
    *line = rest;
    return true;
}

/* What stands for a field; NIL is nothing. */
static void set_field(const struct astring *value, char *text, size_t size)
{
    if (value->escaped || !bytes_equal_nocase(value->text, BYTES("NIL"))) {
        astring_text(value, text, size);
    }
}

void parse_id(struct bytes list, struct client_event *client)
{
    struct astring key;
    struct astring value;
    char version[64] = "";
    char os_version[64] = "";

    list = bytes_trim(list);
    (void)take_prefix(&list, BYTES("("));
    while (take_spaces(&list) < SIZE_MAX && take_astring(&list, &key) == SYNTAX_OK) {
        (void)take_spaces(&list);
        if (take_astring(&list, &value) != SYNTAX_OK) {
            break;
        }
        if (bytes_equal_nocase(key.text, BYTES("name"))) {
            set_field(&value, client->software, sizeof(client->software));
        } else if (bytes_equal_nocase(key.text, BYTES("version"))) {
            set_field(&value, version, sizeof(version));
        } else if (bytes_equal_nocase(key.text, BYTES("os"))) {
            set_field(&value, client->os, sizeof(client->os));
        } else if (bytes_equal_nocase(key.text, BYTES("os-version"))) {
            set_field(&value, os_version, sizeof(os_version));
        }
    }
    if (client->software[0] != '\0' && version[0] != '\0') {
        (void)text_append(client->software, sizeof(client->software), " ");
        (void)text_append(client->software, sizeof(client->software), version);
    }
    if (client->os[0] != '\0' && os_version[0] != '\0') {
        (void)text_append(client->os, sizeof(client->os), " ");
        (void)text_append(client->os, sizeof(client->os), os_version);
    }
}

bool is_imap_verb(struct bytes word, bool own)
{
    static const char *const own_verbs[] = {"LOGIN",    "AUTHENTICATE", "CAPABILITY",
                                            "STARTTLS", "EXAMINE",      "NAMESPACE",
                                            "UNSELECT", "LSUB",         "GETQUOTAROOT"};
    static const char *const shared_verbs[] = {
        "NOOP",   "LOGOUT", "SELECT", "ID",    "UID",    "FETCH",  "IDLE",      "LIST",  "STATUS",
        "APPEND", "SEARCH", "STORE",  "CLOSE", "ENABLE", "CREATE", "SUBSCRIBE", "CHECK", "COMPRESS",
    };

    return line_has_word(word, own_verbs, sizeof(own_verbs) / sizeof(own_verbs[0])) ||
           (!own &&
            line_has_word(word, shared_verbs, sizeof(shared_verbs) / sizeof(shared_verbs[0])));
}
