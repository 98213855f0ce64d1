#include "dissectors/auth/line.h"
#include "dissectors/smtp/smtp.h"

static const char *const own_verbs[] = {"EHLO", "HELO", "LHLO", "X-EXPS"};
static const char *const shared_verbs[] = {"AUTH", "STARTTLS", "RSET", "NOOP",
                                           "QUIT", "DATA",     "HELP", "VRFY"};

#define IS_ONE_OF(word, words) line_has_word(word, words, sizeof(words) / sizeof((words)[0]))

/* One line of the client. */
static enum probe probe_command(struct bytes line)
{
    struct bytes word;

    (void)take_spaces(&line);
    if (!take_word(&line, &word)) {
        return PROBE_MAYBE;
    }
    (void)take_spaces(&line);
    if (IS_ONE_OF(word, own_verbs) ||
        (bytes_equal_nocase(word, BYTES("MAIL")) && bytes_starts_nocase(line, BYTES("FROM:"))) ||
        (bytes_equal_nocase(word, BYTES("RCPT")) && bytes_starts_nocase(line, BYTES("TO:")))) {
        return PROBE_YES;
    }
    return IS_ONE_OF(word, shared_verbs) ? PROBE_MAYBE : PROBE_NO;
}

/* AUTH may be POP's as well: then the lines that follow tell, or the server's. Within its exchange
 * there are lines without a verb. */
static enum probe probe_client(struct bytes client)
{
    struct bytes rest = bytes_first(client, 2 * PROBE_MAX);
    struct bytes line;
    bool exchange = false;

    while (take_line(&rest, &line)) {
        enum probe probe = probe_command(line);

        if (probe == PROBE_YES || (probe == PROBE_NO && !exchange)) {
            return probe;
        }
        exchange = exchange || bytes_starts_nocase(line, BYTES("AUTH "));
    }
    return line_wait(client);
}

/* What no other protocol's server says behind three digits. */
static bool is_smtp_reply(struct bytes line)
{
    static const char *const starts[] = {
        "250-AUTH", "250-STARTTLS", "250-PIPELINING", "250-SIZE",     "250-8BITMIME",
        "250-DSN",  "250-CHUNKING", "250-ENHANCED",   "250-X-EXPS",   "250 2.",
        "334",      "354 ",         "535 5.7",        "235 2.7",      "530 5.7",
        "250 AUTH", "250 CHUNKING", "250 8BITMIME",   "250 SMTPUTF8", "250 OK",
        "250 DSN",  "250 HELP",     "250-HELP",       "250 ENHANCED", "221 2.",
        "550 5.",   "554 5.",       "421 4.",         "451 4.",       "450 4.",
    };

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (bytes_starts_word(line, starts[i])) {
            return true;
        }
    }
    return false;
}

/* FTP greets with 220, too; its servers mostly say so, its clients always do. */
static enum probe probe_server(struct bytes server)
{
    struct bytes rest = bytes_first(server, 2 * PROBE_MAX);
    struct bytes digits = bytes_first(server, 3);
    struct bytes line;
    uint64_t code;

    if (!take_decimal(&digits, 599, &code) || digits.len > 0) {
        return PROBE_NO;
    }
    while (take_line(&rest, &line)) {
        bool is_greeting = bytes_starts(line, BYTES("220"));

        if (!is_greeting && is_smtp_reply(line)) {
            return PROBE_YES;
        }
        if (is_greeting || bytes_starts(line, BYTES("554"))) {
            if (bytes_has_nocase(line, BYTES("SMTP"))) {
                return PROBE_YES;
            }
            if (bytes_has_nocase(line, BYTES("FTP"))) {
                return PROBE_NO;
            }
        }
    }
    return line_wait(server);
}

enum probe smtp_probe(struct bytes client, struct bytes server)
{
    enum probe by_client = client.len > 0 ? probe_client(client) : PROBE_MAYBE;
    enum probe by_server = server.len > 0 ? probe_server(server) : PROBE_MAYBE;

    if (by_client == PROBE_YES || (by_server == PROBE_YES && by_client == PROBE_MAYBE)) {
        return PROBE_YES;
    }
    if (by_client == PROBE_NO || by_server == PROBE_NO) {
        return by_server == PROBE_YES ? PROBE_YES : PROBE_NO;
    }
    return PROBE_MAYBE;
}
