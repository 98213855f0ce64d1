#include "dissectors/tls/keystore.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_MAX_SESSIONS = 200000,
    SEALED_NAME = 8, /* octets of an encrypted premaster secret that "RSA" lines know it by */
};

/* The secrets of one session, one after another in the order of their labels: few sessions have
 * more than four, and one alone up to TLS 1.2. */
struct secrets {
    uint8_t *packed;
    uint8_t lens[NUM_SECRET_LABELS];
};

struct keystore {
    struct hmap *sessions; /* struct secrets by client random */
    struct hmap
        *premasters;      /* TLS_MASTER_SIZE octets by the first SEALED_NAME of the sealed ones */
    struct hmap *masters; /* TLS_MASTER_SIZE octets by session id or name of a ticket */
    struct rsa_key *rsa_keys[KEYSTORE_RSA_MAX];
    size_t num_rsa_keys;
    uint64_t generation;
    uint64_t malformed;
    uint64_t lost;
    bool is_used;
};

struct label {
    const char *word;
    enum secret_label label;
};

static const struct label labels[] = {
    {"CLIENT_RANDOM", SECRET_MASTER},
    {"CLIENT_EARLY_TRAFFIC_SECRET", SECRET_CLIENT_EARLY},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", SECRET_CLIENT_HANDSHAKE},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", SECRET_SERVER_HANDSHAKE},
    {"CLIENT_TRAFFIC_SECRET_0", SECRET_CLIENT_TRAFFIC},
    {"SERVER_TRAFFIC_SECRET_0", SECRET_SERVER_TRAFFIC},
};
enum { NUM_LABELS = sizeof(labels) / sizeof(labels[0]) };

static size_t packed_size(const struct secrets *secrets)
{
    size_t size = 0;

    for (size_t i = 0; i < NUM_SECRET_LABELS; i++) {
        size += secrets->lens[i];
    }
    return size;
}

static size_t offset_of(const struct secrets *secrets, enum secret_label label)
{
    size_t offset = 0;

    for (size_t i = 0; i < label; i++) {
        offset += secrets->lens[i];
    }
    return offset;
}

static void drop_packed(struct secrets *secrets)
{
    if (secrets->packed != NULL) {
        bytes_wipe(secrets->packed, packed_size(secrets));
        free(secrets->packed);
    }
}

static void on_session_drop(void *ctx, void *value)
{
    (void)ctx;
    drop_packed(value);
}

static void on_master_drop(void *ctx, void *value)
{
    (void)ctx;
    bytes_wipe(value, TLS_MASTER_SIZE);
}

struct keystore *keystore_new(size_t max_sessions, const uint8_t seed[HMAP_SEED_SIZE])
{
    struct keystore *keystore = calloc(1, sizeof(*keystore));
    size_t max = max_sessions > 0 ? max_sessions : DEFAULT_MAX_SESSIONS;

    if (keystore == NULL) {
        return NULL;
    }
    keystore->sessions = hmap_new(max, sizeof(struct secrets), seed);
    keystore->premasters = hmap_new(max, TLS_MASTER_SIZE, seed);
    keystore->masters = hmap_new(max, TLS_MASTER_SIZE, seed);
    if (keystore->sessions == NULL || keystore->premasters == NULL || keystore->masters == NULL) {
        keystore_free(keystore);
        return NULL;
    }
    hmap_on_drop(keystore->sessions, on_session_drop, NULL);
    hmap_on_drop(keystore->premasters, on_master_drop, NULL);
    hmap_on_drop(keystore->masters, on_master_drop, NULL);
    return keystore;
}

void keystore_free(struct keystore *keystore)
{
    if (keystore == NULL) {
        return;
    }
    hmap_free(keystore->sessions);
    hmap_free(keystore->premasters);
    hmap_free(keystore->masters);
    for (size_t i = 0; i < keystore->num_rsa_keys; i++) {
        rsa_key_free(keystore->rsa_keys[i]);
    }
    free(keystore);
}

/* Puts a secret between the others; false, nothing changed: out of memory. */
static bool repack(struct secrets *secrets, enum secret_label label, struct bytes secret)
{
    struct secrets next = *secrets;
    size_t front = offset_of(secrets, label);
    size_t behind = packed_size(secrets) - front - secrets->lens[label];

    next.packed = malloc(front + secret.len + behind);
    if (next.packed == NULL) {
        return false;
    }
    next.lens[label] = (uint8_t)secret.len;
    if (secrets->packed != NULL) {
        memcpy(next.packed, secrets->packed, front);
        memcpy(next.packed + front + secret.len, secrets->packed + front + secrets->lens[label],
               behind);
    }
    (void)take_into(&secret, next.packed + front, secret.len);
    drop_packed(secrets);
    *secrets = next;
    return true;
}

static struct bytes secret_of(const struct secrets *secrets, enum secret_label label)
{
    if (secrets == NULL || secrets->lens[label] == 0) {
        return (struct bytes){NULL, 0};
    }
    return bytes_view(secrets->packed + offset_of(secrets, label), secrets->lens[label]);
}

static enum keylog_line give_up(struct keystore *keystore)
{
    keystore->lost++;
    return KEYLOG_IGNORED;
}

static enum keylog_line accept(struct keystore *keystore, bool is_new)
{
    keystore->is_used = true;
    keystore->generation += is_new;
    return is_new ? KEYLOG_ADDED : KEYLOG_KNOWN;
}

static enum keylog_line add_secret(struct keystore *keystore,
                                   const uint8_t client_random[TLS_RANDOM_SIZE],
                                   enum secret_label label, struct bytes secret)
{
    bool added;
    struct secrets *secrets = hmap_put(keystore->sessions, client_random, TLS_RANDOM_SIZE, &added);
    bool is_new;

    if (secrets == NULL) {
        return give_up(keystore);
    }
    hmap_touch(keystore->sessions, secrets);
    is_new = !bytes_equal(secret_of(secrets, label), secret);
    if (is_new && !repack(secrets, label, secret)) {
        return give_up(keystore);
    }
    return accept(keystore, is_new);
}

/* Into one of the maps whose values are TLS_MASTER_SIZE octets. */
static enum keylog_line add_master(struct keystore *keystore, struct hmap *map, struct bytes name,
                                   const uint8_t master[TLS_MASTER_SIZE])
{
    bool added;
    uint8_t *value = hmap_put(map, name.at, name.len, &added);
    bool is_new;

    if (value == NULL) {
        return give_up(keystore);
    }
    hmap_touch(map, value);
    is_new = added || memcmp(value, master, TLS_MASTER_SIZE) != 0;
    memcpy(value, master, TLS_MASTER_SIZE);
    return accept(keystore, is_new);
}

static bool take_digit(struct bytes *in, uint8_t *out)
{
    uint8_t character;

    if (!take_u8(in, &character)) {
        return false;
    }
    if (character >= '0' && character <= '9') {
        *out = (uint8_t)(character - '0');
        return true;
    }
    character |= 0x20;
    *out = (uint8_t)(character - 'a' + 10);
    return character >= 'a' && character <= 'f';
}

/* All of the text, two digits an octet, at most max octets and at least one. */
static bool parse_hex(struct bytes text, uint8_t *out, size_t max, size_t *len)
{
    size_t digits = text.len;
    size_t num = 0;
    uint8_t high;
    uint8_t low;

    while (num < max && take_digit(&text, &high) && take_digit(&text, &low)) {
        out[num++] = (uint8_t)(high << 4 | low);
    }
    *len = num;
    return num > 0 && digits == 2 * num;
}

static bool parse_octets(struct bytes text, uint8_t *out, size_t len)
{
    size_t found;

    return text.len == 2 * len && parse_hex(text, out, len, &found);
}

/* The next word of a line that has spaces before it. */
static bool take_field(struct bytes *line, struct bytes *word)
{
    (void)take_spaces(line);
    return take_word(line, word);
}

/* Master secrets have one size, the secrets of TLS 1.3 that of their suite's hash: SHA-256 or
 * SHA-384 (RFC 8446, appendix B.4). */
static bool fits(enum secret_label label, size_t len)
{
    return len == 48 || (label != SECRET_MASTER && len == 32);
}

/* rest: "<client random> <secret>", in hex. */
static enum keylog_line add_session_line(struct keystore *keystore, enum secret_label label,
                                         struct bytes rest)
{
    enum keylog_line result = KEYLOG_MALFORMED;
    uint8_t client_random[TLS_RANDOM_SIZE];
    uint8_t secret[TLS_SECRET_MAX];
    struct bytes random_text;
    struct bytes secret_text;
    size_t len;

    if (take_field(&rest, &random_text) && take_field(&rest, &secret_text) && rest.len == 0 &&
        parse_octets(random_text, client_random, sizeof(client_random)) &&
        parse_hex(secret_text, secret, sizeof(secret), &len) && fits(label, len)) {
        result = add_secret(keystore, client_random, label, bytes_view(secret, len));
    }
    bytes_wipe(secret, sizeof(secret));
    return result;
}

/* "Session-ID:<hex> Master-Key:<hex>", as it is made from what `openssl s_client` prints; both
 * words stand without the colon's space in all that write it to a key log. */
static enum keylog_line add_resumption_line(struct keystore *keystore, struct bytes id_text,
                                            struct bytes master_text)
{
    enum keylog_line result = KEYLOG_MALFORMED;
    uint8_t id[TLS_SESSION_ID_MAX];
    uint8_t master[TLS_MASTER_SIZE];
    size_t len;

    if (take_prefix(&master_text, BYTES("Master-Key:")) &&
        parse_hex(id_text, id, sizeof(id), &len) &&
        parse_octets(master_text, master, sizeof(master))) {
        result = add_master(keystore, keystore->masters, bytes_view(id, len), master);
    }
    bytes_wipe(master, sizeof(master));
    return result;
}

/* "RSA <8 octets of the sealed premaster secret> <premaster secret>" (NSS), or the above. */
static enum keylog_line add_rsa_line(struct keystore *keystore, struct bytes rest)
{
    enum keylog_line result = KEYLOG_MALFORMED;
    uint8_t name[SEALED_NAME];
    uint8_t premaster[TLS_MASTER_SIZE];
    struct bytes first;
    struct bytes second;

    if (!take_field(&rest, &first) || !take_field(&rest, &second) || rest.len > 0) {
        return KEYLOG_MALFORMED;
    }
    if (take_prefix(&first, BYTES("Session-ID:"))) {
        return add_resumption_line(keystore, first, second);
    }
    if (parse_octets(first, name, sizeof(name)) &&
        parse_octets(second, premaster, sizeof(premaster))) {
        result =
            add_master(keystore, keystore->premasters, bytes_view(name, sizeof(name)), premaster);
    }
    bytes_wipe(premaster, sizeof(premaster));
    return result;
}

/* Labels are of capitals, digits and underlines. What else begins a line is no key log's. */
static bool is_label(struct bytes word)
{
    uint8_t character;

    while (take_u8(&word, &character)) {
        if (!(character >= 'A' && character <= 'Z') && !(character >= '0' && character <= '9') &&
            character != '_') {
            return false;
        }
    }
    return true;
}

static enum keylog_line add_labelled(struct keystore *keystore, struct bytes line)
{
    struct bytes label;

    if (!take_word(&line, &label) || !is_label(label)) {
        return KEYLOG_MALFORMED;
    }
    for (size_t i = 0; i < NUM_LABELS; i++) {
        if (bytes_equal(label, bytes_of_text(labels[i].word))) {
            return add_session_line(keystore, labels[i].label, line);
        }
    }
    if (bytes_equal(label, BYTES("RSA"))) {
        return add_rsa_line(keystore, line);
    }
    return KEYLOG_IGNORED; /* EXPORTER_SECRET, ECH_CONFIG and what is yet to be invented */
}

enum keylog_line keystore_add_line(struct keystore *keystore, struct bytes line)
{
    struct bytes bare = line;
    enum keylog_line result;

    (void)take_line(&line, &bare);
    (void)take_prefix(&bare, BYTES("\xef\xbb\xbf")); /* editors of Windows begin files with it */
    bare = bytes_trim(bare);
    if (bytes_ends_nocase(bare, BYTES("\r"))) { /* the last line of a text, and its LF is missing */
        bare = bytes_trim(bytes_first(bare, bare.len - 1));
    }
    if (bare.len == 0 || bytes_starts(bare, BYTES("#"))) {
        return KEYLOG_IGNORED;
    }
    result = add_labelled(keystore, bare);
    keystore->malformed += result == KEYLOG_MALFORMED;
    return result;
}

void keystore_add_text(struct keystore *keystore, struct bytes text)
{
    struct bytes line;

    keystore->is_used = true;
    while (take_line(&text, &line)) {
        (void)keystore_add_line(keystore, line);
    }
    (void)keystore_add_line(keystore, text);
}

bool keystore_add_rsa_key(struct keystore *keystore, struct bytes pem, struct diag *diag)
{
    struct rsa_key *key;

    if (keystore->num_rsa_keys == KEYSTORE_RSA_MAX) {
        diag_set(diag, "more than %d RSA keys", (int)KEYSTORE_RSA_MAX);
        return false;
    }
    key = rsa_key_read(pem, diag);
    if (key == NULL) {
        return false;
    }
    keystore->rsa_keys[keystore->num_rsa_keys++] = key;
    (void)accept(keystore, true);
    return true;
}

uint64_t keystore_generation(const struct keystore *keystore)
{
    return keystore->generation;
}

bool keystore_is_used(const struct keystore *keystore)
{
    return keystore->is_used;
}

bool keystore_has_rsa(const struct keystore *keystore)
{
    return keystore->num_rsa_keys > 0 || hmap_count(keystore->premasters) > 0;
}

struct bytes keystore_find(const struct keystore *keystore,
                           const uint8_t client_random[TLS_RANDOM_SIZE], enum secret_label label)
{
    return secret_of(hmap_find(keystore->sessions, client_random, TLS_RANDOM_SIZE), label);
}

/* A key that is not the server's gives no 48 octets, or others than the client sealed: they begin
 * with the version that it offered (RFC 5246, section 7.4.7.1), or, in old clients, with the one
 * that was chosen. */
static bool unseal(struct rsa_key *key, struct bytes sealed, uint16_t client_version,
                   uint8_t premaster[TLS_MASTER_SIZE])
{
    struct bytes opened = bytes_view(premaster, TLS_MASTER_SIZE);
    uint16_t version;

    return rsa_key_decrypt(key, sealed, premaster) && take_u16(&opened, &version) &&
           version >= TLS_VERSION_SSL3 && version <= client_version;
}

bool keystore_premaster(struct keystore *keystore, struct bytes sealed, uint16_t client_version,
                        uint8_t premaster[TLS_MASTER_SIZE])
{
    struct bytes rest = sealed;
    uint8_t name[SEALED_NAME];
    const uint8_t *known = NULL;

    if (take_into(&rest, name, sizeof(name))) {
        known = hmap_find(keystore->premasters, name, sizeof(name));
    }
    if (known != NULL) {
        memcpy(premaster, known, TLS_MASTER_SIZE);
        return true;
    }
    for (size_t i = 0; i < keystore->num_rsa_keys; i++) {
        if (unseal(keystore->rsa_keys[i], sealed, client_version, premaster)) {
            return true;
        }
    }
    bytes_wipe(premaster, TLS_MASTER_SIZE);
    return false;
}

/* Nothing has no name, and a name that is longer than any is none of ours. */
static bool is_name(struct bytes name)
{
    return name.len > 0 && name.len <= TLS_TICKET_NAME;
}

void keystore_remember(struct keystore *keystore, struct bytes name,
                       const uint8_t master[TLS_MASTER_SIZE])
{
    uint64_t before = keystore->generation;

    if (is_name(name)) {
        (void)add_master(keystore, keystore->masters, name, master);
        keystore->generation = before;
    }
}

bool keystore_recall(const struct keystore *keystore, struct bytes name,
                     uint8_t master[TLS_MASTER_SIZE])
{
    const uint8_t *known = is_name(name) ? hmap_find(keystore->masters, name.at, name.len) : NULL;

    if (known != NULL) {
        memcpy(master, known, TLS_MASTER_SIZE);
    }
    return known != NULL;
}

void keystore_stats(const struct keystore *keystore, struct keystore_stats *stats)
{
    *stats = (struct keystore_stats){
        .sessions = hmap_count(keystore->sessions) + hmap_count(keystore->premasters),
        .evicted = hmap_evicted(keystore->sessions) + hmap_evicted(keystore->premasters),
        .forgotten = hmap_evicted(keystore->masters),
        .malformed = keystore->malformed,
        .lost = keystore->lost,
    };
}
