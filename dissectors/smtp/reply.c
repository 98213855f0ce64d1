#include "dissectors/smtp/reply.h"

#include <stdio.h>

/* Three digits, then "-" (more lines follow), space or the end. */
static bool take_code(struct bytes *line, unsigned *code, bool *more)
{
    struct bytes rest = *line;
    struct bytes digits;
    uint64_t value;
    uint8_t mark = ' ';

    if (!take_bytes(&rest, 3, &digits) || !take_decimal(&digits, 999, &value) || digits.len > 0 ||
        value < 200) {
        return false;
    }
    if (peek_u8(rest, &mark) && mark != ' ' && mark != '-' && mark != '\t') {
        return false;
    }
    (void)take_skip(&rest, 1);
    *code = (unsigned)value;
    *more = mark == '-';
    *line = rest;
    return true;
}

/* "5.7.139" in front of the text (RFC 2034); Google writes "5.7.8-text" nowhere, "5.7.8 text" on
 * each line. */
static void set_label(struct smtp_reply *reply)
{
    struct bytes rest = reply->text;
    uint64_t class;
    uint64_t subject;
    uint64_t detail;

    if (take_decimal(&rest, 9, &class) && take_prefix(&rest, BYTES(".")) &&
        take_decimal(&rest, 999, &subject) && take_prefix(&rest, BYTES(".")) &&
        take_decimal(&rest, 999, &detail)) {
        (void)snprintf(reply->label, sizeof(reply->label), "%u %u.%u.%u", reply->code,
                       (unsigned)class, (unsigned)subject, (unsigned)detail);
    } else {
        (void)snprintf(reply->label, sizeof(reply->label), "%u", reply->code);
    }
}

bool take_reply(struct bytes *in, struct smtp_reply *reply)
{
    struct bytes rest = *in;
    struct bytes line;
    struct bytes text;
    unsigned code;
    bool more;

    *reply = (struct smtp_reply){0};
    if (!take_line(&rest, &line)) {
        return false;
    }
    if (!take_code(&line, &reply->code, &more)) {
        *in = rest;
        return true;
    }
    text = bytes_after(*in, in->len - rest.len - line.len > 0 ? 0 : 0);
    (void)text;
    reply->is_multiline = more;
    while (more) {
        struct bytes next;

        if (!take_line(&rest, &next)) {
            return false;
        }
        /* another code, or none: not well-formed; what was read so far stands */
        more = take_code(&next, &code, &more) && more;
    }
    reply->text = bytes_first(bytes_after(*in, 4), in->len - rest.len - 4);
    set_label(reply);
    *in = rest;
    return true;
}
