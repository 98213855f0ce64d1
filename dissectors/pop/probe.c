#include "dissectors/auth/line.h"
#include "dissectors/auth/sasl.h"
#include "dissectors/pop/pop.h"

static const char *const own_verbs[] = {"CAPA", "APOP", "STLS", "UIDL", "TOP"};
static const char *const shared_verbs[] = {"PASS", "STAT", "LIST", "RETR",
                                           "DELE", "RSET", "NOOP", "QUIT"};
static const char *const mailbox_verbs[] = {"STAT", "LIST", "RETR", "DELE"};
static const char *const ftp_verbs[] = {"SYST", "FEAT", "PWD",  "XPWD", "CWD",  "TYPE", "PASV",
                                        "EPSV", "PORT", "EPRT", "OPTS", "ACCT", "SIZE", "MDTM",
                                        "STOR", "NLST", "CLNT", "PBSZ", "PROT", "MLSD"};

static const char *const ftp_mechanisms[] = {"TLS", "TLS-C", "TLS-P", "SSL"}; /* RFC 4217 */

#define IS_ONE_OF(word, words) line_has_word(word, words, sizeof(words) / sizeof((words)[0]))

/* What the client's lines say. FTP, too, begins with USER and PASS, and IRC has a USER of many
 * words. */
struct client_signs {
    bool own;     /* only POP says so */
    bool shared;  /* POP says so, and others */
    bool user;    /* USER with one word */
    bool mailbox; /* STAT and such: after USER, FTP would say SYST, TYPE, PASV first */
    bool foreign;
};

static void on_user(struct client_signs *signs, struct bytes argument)
{
    signs->user = argument.len > 0 && !bytes_has_nocase(argument, BYTES(" :"));
    signs->foreign = signs->foreign || !signs->user;
}

static void on_auth(struct client_signs *signs, struct bytes argument)
{
    struct bytes mechanism = {0};

    (void)take_word(&argument, &mechanism);
    signs->shared = mechanism.len == 0 || sasl_mechanism(mechanism) != MECHANISM_OTHER;
    signs->foreign = signs->foreign || IS_ONE_OF(mechanism, ftp_mechanisms);
}

static void read_line(struct client_signs *signs, struct bytes line)
{
    struct bytes word;

    (void)take_spaces(&line);
    if (!take_word(&line, &word)) {
        return;
    }
    if (IS_ONE_OF(word, own_verbs)) {
        signs->own = true;
    } else if (bytes_equal_nocase(word, BYTES("USER"))) {
        on_user(signs, bytes_trim(line));
    } else if (bytes_equal_nocase(word, BYTES("AUTH"))) {
        on_auth(signs, bytes_trim(line));
    } else if (IS_ONE_OF(word, shared_verbs)) {
        signs->shared = true;
        signs->mailbox = signs->mailbox || IS_ONE_OF(word, mailbox_verbs);
    } else if (IS_ONE_OF(word, ftp_verbs) || !signs->shared) {
        signs->foreign = true; /* base64 within an exchange is no verb, and that comes after AUTH */
    }
}

static struct client_signs read_client(struct bytes client)
{
    struct client_signs signs = {0};
    struct bytes line;

    client = bytes_first(client, 2 * PROBE_MAX);
    while (!signs.own && !signs.foreign && take_line(&client, &line)) {
        read_line(&signs, line);
    }
    return signs;
}

static bool is_pop_text(struct bytes text)
{
    static const char *const signs[] = {"POP",    "ready",    "mail",   "messages",
                                        "octets", "<",        "logged", "hello",
                                        "server", "password", "user",   "welcome"};

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (bytes_has_nocase(text, bytes_of_text(signs[i]))) {
            return true;
        }
    }
    return false;
}

static bool could_start(struct bytes in, struct bytes prefix)
{
    return bytes_starts(in, bytes_first(prefix, in.len));
}

/* Redis answers "+OK", too, but with nothing behind it; POP greets with words. */
static enum probe probe_server(struct bytes server)
{
    struct bytes line;

    if (!could_start(server, BYTES("+OK")) && !could_start(server, BYTES("-ERR")) &&
        !could_start(server, BYTES("+ "))) {
        return PROBE_NO;
    }
    if (!take_line(&server, &line)) {
        return line_wait(server);
    }
    return is_pop_text(bytes_first(line, PROBE_MAX)) ? PROBE_YES : PROBE_MAYBE;
}

/* Joined in the middle of a mail the server's bytes say nothing; a digit is another protocol. */
static bool is_digit_first(struct bytes in)
{
    uint8_t byte = 0;

    return peek_u8(in, &byte) && byte >= '0' && byte <= '9';
}

enum probe pop_probe(struct bytes client, struct bytes server)
{
    struct client_signs signs = read_client(client);
    enum probe by_server = server.len > 0 ? probe_server(server) : PROBE_MAYBE;

    if (by_server == PROBE_YES) {
        return PROBE_YES;
    }
    if (is_digit_first(server) || (signs.foreign && !signs.own)) {
        return PROBE_NO;
    }
    if (signs.own || (signs.user && signs.mailbox)) {
        return PROBE_YES;
    }
    if (server.len > 1 && by_server == PROBE_MAYBE && (signs.user || signs.shared)) {
        return PROBE_YES;
    }
    if (by_server == PROBE_NO || client.len == 0) {
        return by_server;
    }
    return line_wait(client);
}
