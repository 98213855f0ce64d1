#include "dissectors/smtp/reply.h"

#include <string.h>

#include "dissectors/base/text.h"

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

/* "535", or "535 5.7.139" with the text's enhanced code (RFC 2034) */
static void set_label(struct smtp_reply *reply)
{
    struct bytes rest = reply->text;
    uint64_t parts[3];

    (void)text_append_number(reply->label, sizeof(reply->label), reply->code);
    if (!take_decimal(&rest, 9, &parts[0]) || !take_prefix(&rest, BYTES(".")) ||
        !take_decimal(&rest, 999, &parts[1]) || !take_prefix(&rest, BYTES(".")) ||
        !take_decimal(&rest, 999, &parts[2])) {
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        (void)text_append(reply->label, sizeof(reply->label), i == 0 ? " " : ".");
        (void)text_append_number(reply->label, sizeof(reply->label), parts[i]);
    }
}

bool take_reply(struct bytes *in, struct smtp_reply *reply)
{
    struct bytes rest = *in;
    struct bytes line;
    unsigned code;
    bool more = false;

    *reply = (struct smtp_reply){0};
    if (!take_line(&rest, &line)) {
        return false;
    }
    if (take_code(&line, &reply->code, &more)) {
        reply->is_multiline = more;
    }
    while (more) { /* a line without a code ends it, too: better than waiting for ever */
        if (!take_line(&rest, &line)) {
            return false;
        }
        more = take_code(&line, &code, &more) && more;
    }
    reply->text = bytes_after(bytes_first(*in, in->len - rest.len), 4);
    set_label(reply);
    *in = rest;
    return true;
}

bool take_reply_line(struct bytes *text, struct bytes *line)
{
    unsigned code;
    bool more;

    if (!take_line(text, line)) {
        return false;
    }
    (void)take_code(line, &code, &more);
    return true;
}

/* 5.7.139 stands before many reasons and "Authentication unsuccessful" before each of them, so only
 * the reason's own words count. */
static struct ruling exchange_online_ruling(struct bytes text)
{
    if (bytes_has_nocase(text, BYTES("credentials were incorrect"))) {
        return (struct ruling){OUTCOME_REJECTED, REASON_WRONG_PASSWORD};
    }
    return (struct ruling){OUTCOME_UNKNOWN, REASON_UNCLEAR};
}

/* RFC 4954, sections 4 and 6; what the words did not tell */
static struct ruling ruling_by_code(const struct smtp_reply *reply)
{
    switch (reply->code) {
    case 535:
        return strcmp(reply->label, "535 5.7.139") == 0
                   ? exchange_online_ruling(reply->text)
                   : (struct ruling){OUTCOME_REJECTED, REASON_WRONG_PASSWORD};
    case 500:
    case 502:
    case 504:
    case 534:
        return (struct ruling){OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED};
    case 538:
        return (struct ruling){OUTCOME_BLOCKED, REASON_TLS_REQUIRED};
    case 501:
        if (bytes_has_nocase(reply->text, BYTES("XOAUTH2"))) {
            return (struct ruling){OUTCOME_REJECTED, REASON_INVALID_TOKEN};
        }
        return (struct ruling){OUTCOME_UNKNOWN, REASON_PROTOCOL_ERROR};
    case 503:
        return (struct ruling){OUTCOME_UNKNOWN, REASON_PROTOCOL_ERROR};
    default:
        return answer_refusal(reply->text);
    }
}

struct ruling reply_to_auth(const struct smtp_reply *reply)
{
    struct ruling ruling;

    if (reply->code == 235) {
        return (struct ruling){OUTCOME_ACCEPTED, REASON_NONE};
    }
    if (reply->code < 400) { /* of another command: the answer was lost */
        return (struct ruling){OUTCOME_UNKNOWN, REASON_NONE};
    }
    if (strcmp(reply->label, "550 5.7.30") == 0) {
        return (struct ruling){OUTCOME_BLOCKED, REASON_BASIC_DISABLED};
    }
    if (answer_find(reply->text, &ruling)) {
        return ruling;
    }
    if (reply->code < 500) {
        return (struct ruling){OUTCOME_UNKNOWN, REASON_SERVER_ERROR};
    }
    return ruling_by_code(reply);
}

bool reply_wants_login(const struct smtp_reply *reply)
{
    struct ruling ruling;

    if (answer_find(reply->text, &ruling) && ruling.reason == REASON_TLS_REQUIRED) {
        return false;
    }
    return reply->code == 530 || (reply->code >= 500 && answer_wants_login(reply->text));
}
