#include "export/sink/redis_error.h"

#include <stdio.h>

#include "dissectors/base/text.h"

struct meaning {
    const char *code; /* the first word of the error */
    enum redis_answer answer;
    const char *words;
};

static const struct meaning meanings[] = {
    {"LOADING", REDIS_LATER, "it is still loading its data"},
    {"OOM", REDIS_LATER, "its memory is full (maxmemory)"},
    {"READONLY", REDIS_LATER, "it is a replica and takes no writes"},
    {"BUSY", REDIS_LATER, "it is busy with a script of somebody"},
    {"MASTERDOWN", REDIS_LATER, "it is a replica that has lost its master"},
    {"MISCONF", REDIS_LATER, "it cannot write to its disk and takes no writes"},
    {"CLUSTERDOWN", REDIS_LATER, "the Cluster is down, or nobody serves our slot"},
    {"TRYAGAIN", REDIS_LATER, "our slot is moving to another node"},
    {"NOREPLICAS", REDIS_LATER, "it has too few replicas (min-replicas-to-write)"},
    {"UNKILLABLE", REDIS_LATER, "it is busy with a script that cannot be ended"},
    {"CROSSSLOT", REDIS_DENIED, "it is a Cluster: the prefix needs a {hash tag}"},
    {"NOAUTH", REDIS_DENIED, "it wants a password, and we have none"},
    {"WRONGPASS", REDIS_DENIED, "user or password are refused"},
    {"NOPERM", REDIS_DENIED, "the user may not do that (ACL)"},
    {"DENIED", REDIS_DENIED, "it takes no connections from other hosts (protected mode)"},
    {"WRONGTYPE", REDIS_DENIED, "a key holds something else: rename or remove it"},
    {"BEHIND", REDIS_BEHIND, "it knows less than we told it (emptied, or failed over)"},
    {"MOVED", REDIS_MOVED, "our slot is served by"},
    {"ASK", REDIS_ASK, "our slot is moving to"},
};

static const struct meaning *find(struct bytes code)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (bytes_equal(code, bytes_of_text(meanings[i].code))) {
            return &meanings[i];
        }
    }
    return NULL;
}

/* "MOVED 3999 127.0.0.1:6381". An IPv6 address has no brackets there; the port is behind the last
 * colon. */
static bool parse_redirection(struct bytes rest, struct redis_place *place)
{
    struct bytes slot;
    struct bytes host;
    struct bytes port;
    size_t colon;

    if (!take_word(&rest, &slot)) {
        return false;
    }
    host = port = bytes_trim(rest);
    while (bytes_find_byte(port, ':', &colon)) {
        (void)take_skip(&port, colon + 1);
    }
    if (port.len == 0 || port.len == host.len) {
        return false;
    }
    host = bytes_first(host, host.len - port.len - 1);
    return text_set(place->host, sizeof(place->host), host) &&
           text_set(place->port, sizeof(place->port), port);
}

static enum redis_answer redirect(const struct meaning *meaning, struct bytes rest,
                                  struct redis_place *place, struct diag *diag)
{
    char text[280];

    if (!parse_redirection(rest, place)) {
        diag_set(diag, "the server said %s, but not where to", meaning->code);
        return REDIS_LATER;
    }
    redis_place_text(place, text);
    diag_set(diag, "%s: %s %s", meaning->code, meaning->words, text);
    return meaning->answer;
}

/* Its code when it looks like one. */
static void say_unknown(struct bytes code, struct diag *diag)
{
    struct bytes rest = code;
    uint8_t letter;
    char text[32];

    while (take_u8(&rest, &letter)) {
        if (letter < 'A' || letter > 'Z') {
            code = BYTES("ERR");
            break;
        }
    }
    (void)text_set(text, sizeof(text), code);
    diag_set(diag, "the server said %s", text);
}

enum redis_answer redis_error_read(struct bytes error, const char *prefix,
                                   struct redis_place *place, struct diag *diag)
{
    struct bytes rest = error;
    struct bytes code = BYTES("ERR");
    const struct meaning *meaning;
    char key[160] = "";

    (void)take_word(&rest, &code);
    meaning = find(code);
    rest = bytes_trim(rest);
    if (meaning == NULL && bytes_equal(rest, BYTES("Function not found"))) {
        diag_set(diag, "our function is not loaded");
        return REDIS_NO_FUNCTION;
    }
    if (meaning == NULL) {
        say_unknown(code, diag);
        return REDIS_REFUSED;
    }
    if (meaning->answer == REDIS_MOVED || meaning->answer == REDIS_ASK) {
        return redirect(meaning, rest, place, diag);
    }
    if (bytes_starts(rest, bytes_of_text(prefix))) {
        (void)text_set(key, sizeof(key), rest); /* our function names the key */
    }
    diag_set(diag, "%s: %s%s%s", meaning->code, meaning->words, key[0] != '\0' ? ": " : "", key);
    return meaning->answer;
}
