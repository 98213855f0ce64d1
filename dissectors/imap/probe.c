#include "dissectors/auth/line.h"
#include "dissectors/imap/imap.h"
#include "dissectors/imap/syntax.h"

/* Tags of programs count: "A001", "a1", "lqa0"; a person types "a". */
static bool has_digit(struct bytes tag)
{
    uint8_t byte;

    while (take_u8(&tag, &byte)) {
        if (byte >= '0' && byte <= '9') {
            return true;
        }
    }
    return false;
}

/* tag SP verb: a verb that only IMAP has, or any after a tag that counts */
static bool is_command(struct bytes line)
{
    struct bytes tag;
    struct bytes verb;

    return take_tag(&line, &tag) && take_word(&line, &verb) && is_imap_verb(verb, !has_digit(tag));
}

/* Joined in the middle, the first line may be the rest of one: the next is looked at, too. */
static enum probe probe_client(struct bytes client)
{
    struct bytes rest = bytes_first(client, 2 * PROBE_MAX);
    struct bytes line;

    for (int i = 0; i < 2 && take_line(&rest, &line); i++) {
        if (is_command(line)) {
            return PROBE_YES;
        }
    }
    return rest.len == client.len || client.len == 0 ? line_wait(client) : PROBE_NO;
}

/* Untagged answers that no other protocol has; ACAP greets with "* ACAP", sieve with quotes. */
static bool is_untagged(struct bytes line)
{
    static const char *const words[] = {"OK",   "PREAUTH", "BYE",    "CAPABILITY", "LIST",
                                        "LSUB", "FLAGS",   "SEARCH", "STATUS",     "NAMESPACE",
                                        "ID",   "BAD",     "NO"};
    static const char *const counted[] = {"EXISTS", "RECENT", "FETCH", "EXPUNGE"};
    struct bytes word = {0};
    uint64_t number;

    if (!take_prefix(&line, BYTES("* "))) {
        return false;
    }
    if (take_decimal(&line, UINT32_MAX, &number)) {
        (void)take_spaces(&line);
        return take_word(&line, &word) &&
               line_has_word(word, counted, sizeof(counted) / sizeof(counted[0]));
    }
    return take_word(&line, &word) && line_has_word(word, words, sizeof(words) / sizeof(words[0]));
}

static bool is_tagged(struct bytes line)
{
    static const char *const words[] = {"OK", "NO", "BAD"};
    struct bytes tag;
    struct bytes word;

    return take_tag(&line, &tag) && has_digit(tag) && take_word(&line, &word) &&
           line_has_word(word, words, 3) && bytes_has_nocase(line, BYTES("complet"));
}

static enum probe probe_server(struct bytes server)
{
    struct bytes rest = bytes_first(server, 2 * PROBE_MAX);
    struct bytes line;

    if (bytes_starts_nocase(server, BYTES("* OK ")) ||
        bytes_starts_nocase(server, BYTES("* PREAUTH"))) {
        return PROBE_YES;
    }
    for (int i = 0; i < 2 && take_line(&rest, &line); i++) {
        if (is_untagged(line) || is_tagged(line)) {
            return PROBE_YES;
        }
    }
    return rest.len == server.len || server.len == 0 ? line_wait(server) : PROBE_NO;
}

enum probe imap_probe(struct bytes client, struct bytes server)
{
    enum probe by_client = probe_client(client);
    enum probe by_server = probe_server(server);

    if (by_client == PROBE_YES || by_server == PROBE_YES) {
        return PROBE_YES;
    }
    return by_client == PROBE_MAYBE || by_server == PROBE_MAYBE ? PROBE_MAYBE : PROBE_NO;
}
