#include "rules/pseudonym.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "rules/trace.h"

enum { HASH_OCTETS = 10 };

struct pseudonyms {
    enum pseudonym_way users;
    enum pseudonym_way macs;
    enum pseudonym_way ips;
    struct digester *digester;
    char key_id[KEY_ID_SIZE];
    size_t key_len;
    uint8_t key[PSEUDONYM_KEY_MAX];
};

/* ---- the key ---- */

static bool set_key(struct pseudonyms *pseudonyms, struct bytes key)
{
    struct bytes parts[2] = {BYTES("basictap key id "), key};
    uint8_t digest[SHA256_SIZE];

    if (!bytes_copy(key, pseudonyms->key, sizeof(pseudonyms->key), &pseudonyms->key_len) ||
        !digest_sha256(pseudonyms->digester, parts, 2, digest)) {
        return false;
    }
    digest_print_hex(bytes_view(digest, sizeof(digest)), pseudonyms->key_id, KEY_ID_SIZE);
    return true;
}

struct pseudonyms *pseudonyms_new(const struct pseudonym_options *options, struct diag *diag)
{
    struct pseudonyms *pseudonyms;

    if (options->key.len < PSEUDONYM_KEY_MIN || options->key.len > PSEUDONYM_KEY_MAX) {
        diag_set(diag, "a key of pseudonyms has %d to %d bytes, not %zu", (int)PSEUDONYM_KEY_MIN,
                 (int)PSEUDONYM_KEY_MAX, options->key.len);
        return NULL;
    }
    pseudonyms = calloc(1, sizeof(*pseudonyms));
    if (pseudonyms != NULL) {
        pseudonyms->users = options->users;
        pseudonyms->macs = options->macs;
        pseudonyms->ips = options->ips;
        pseudonyms->digester = digester_new();
    }
    if (pseudonyms == NULL || pseudonyms->digester == NULL || !set_key(pseudonyms, options->key)) {
        pseudonyms_free(pseudonyms);
        diag_set(diag, "no memory for pseudonyms");
        return NULL;
    }
    return pseudonyms;
}

void pseudonyms_free(struct pseudonyms *pseudonyms)
{
    if (pseudonyms != NULL) {
        digester_free(pseudonyms->digester);
        bytes_wipe(pseudonyms, sizeof(*pseudonyms));
        free(pseudonyms);
    }
}

const char *pseudonyms_key_id(const struct pseudonyms *pseudonyms)
{
    return pseudonyms->key_id;
}

/* ---- one name ---- */

/* Over the label and the name. All zero when the library fails: then all names are one. */
static void hash(struct pseudonyms *pseudonyms, const char *label, const char *name,
                 uint8_t digest[SHA256_SIZE])
{
    const struct bytes parts[2] = {bytes_of_text(label), bytes_of_text(name)};

    (void)digest_hmac_sha256(pseudonyms->digester, bytes_view(pseudonyms->key, pseudonyms->key_len),
                             parts, 2, digest);
}

static void print(struct pseudonyms *pseudonyms, const char *prefix, const char *label,
                  const char *name, char text[PSEUDONYM_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    char hex[2 * HASH_OCTETS + 1];

    text[0] = '\0';
    if (name[0] == '\0') {
        return;
    }
    hash(pseudonyms, label, name, digest);
    digest_print_hex(bytes_view(digest, HASH_OCTETS), hex, sizeof(hex));
    (void)text_copy(text, PSEUDONYM_SIZE, prefix);
    (void)text_append(text, PSEUDONYM_SIZE, ":");
    (void)text_append(text, PSEUDONYM_SIZE, pseudonyms->key_id);
    (void)text_append(text, PSEUDONYM_SIZE, ":");
    (void)text_append(text, PSEUDONYM_SIZE, hex);
}

void pseudonym_canonical(const char *user, const char *domain, char name[CANONICAL_SIZE])
{
    char own[USER_SIZE];

    _Static_assert((int)CANONICAL_SIZE >= 2 * (int)USER_SIZE, "room for a domain and a user");
    name[0] = '\0';
    (void)text_set(own, sizeof(own), bytes_trim(bytes_of_text(user)));
    if (domain[0] != '\0' && own[0] != '\0' && strpbrk(own, "\\@") == NULL) {
        (void)text_set(name, USER_SIZE, bytes_trim(bytes_of_text(domain)));
        (void)text_append(name, CANONICAL_SIZE, "\\");
    }
    (void)text_append(name, CANONICAL_SIZE, own);
    text_lower(name);
}

void pseudonym_of_user(struct pseudonyms *pseudonyms, const char *user, const char *domain,
                       char text[PSEUDONYM_SIZE])
{
    char name[CANONICAL_SIZE];

    pseudonym_canonical(user, domain, name);
    print(pseudonyms, "u1", "", name, text);
}

void pseudonym_of_mac(struct pseudonyms *pseudonyms, const struct mac *mac,
                      char text[PSEUDONYM_SIZE])
{
    char name[MAC_TEXT_SIZE];

    mac_print(mac, name);
    print(pseudonyms, "m1", "mac ", name, text);
}

void pseudonym_of_address(struct pseudonyms *pseudonyms, const struct address *address,
                          char text[PSEUDONYM_SIZE])
{
    char name[ADDRESS_TEXT_SIZE];

    address_print(address, name);
    print(pseudonyms, "a1", "ip ", name, text);
}

/* ---- a finding ---- */

static void leave_out_trace_of_user(struct finding *finding)
{
    char *const texts[] = {finding->software, finding->model, finding->host_name};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (trace_of_user(texts[i], finding->user)) {
            texts[i][0] = '\0';
        }
    }
    trace_clear_path(finding->path, sizeof(finding->path), finding->user);
}

static void hide_user(struct pseudonyms *pseudonyms, struct finding *finding)
{
    if (pseudonyms->users == PSEUDONYM_CLEAR) {
        return;
    }
    leave_out_trace_of_user(finding);
    if (pseudonyms->users == PSEUDONYM_HMAC) {
        pseudonym_of_user(pseudonyms, finding->user, finding->domain, finding->user_hash);
    }
    bytes_wipe(finding->user, sizeof(finding->user));
    bytes_wipe(finding->domain, sizeof(finding->domain));
}

/* Modified EUI-64: the MAC with ff:fe in its middle and a bit turned. */
static bool is_made_of_mac(const struct address *address, struct mac *mac)
{
    const uint8_t *o = address->octets;

    *mac = (struct mac){{o[8] ^ 0x02, o[9], o[10], o[13], o[14], o[15]}, true};
    return address->version == 6 && o[11] == 0xff && o[12] == 0xfe;
}

/* An address that shows the MAC is hidden with it. */
static enum pseudonym_way way_of_address(const struct pseudonyms *pseudonyms,
                                         const struct address *address)
{
    struct mac mac;

    return pseudonyms->ips == PSEUDONYM_CLEAR && is_made_of_mac(address, &mac) ? pseudonyms->macs
                                                                               : pseudonyms->ips;
}

static void set_device(struct finding *finding, const char *kind, enum pseudonym_way way,
                       const char *hash)
{
    (void)text_copy(finding->device_id, sizeof(finding->device_id), kind);
    (void)text_append(finding->device_id, sizeof(finding->device_id),
                      way == PSEUDONYM_DROP ? "dropped" : hash);
}

/* "mac:00-1B-..", and "dhcp:", behind which stands a MAC or another client id. */
static void hide_mac_device(struct pseudonyms *pseudonyms, struct finding *finding,
                            struct bytes value, const char *kind)
{
    char id[sizeof(finding->device_id)];
    char hash[PSEUDONYM_SIZE];
    struct mac mac;

    if (mac_parse(value, &mac)) {
        pseudonym_of_mac(pseudonyms, &mac, hash);
        if (trace_of_mac(finding->host_name, &mac)) {
            finding->host_name[0] = '\0';
        }
    } else {
        (void)text_set(id, sizeof(id), value);
        print(pseudonyms, "m1", "client ", id, hash);
    }
    set_device(finding, kind, pseudonyms->macs, hash);
}

static void hide_ip_device(struct pseudonyms *pseudonyms, struct finding *finding,
                           struct bytes value)
{
    struct address address = {0};
    char hash[PSEUDONYM_SIZE];
    enum pseudonym_way way;

    (void)address_parse(value, &address);
    way = way_of_address(pseudonyms, &address);
    if (way != PSEUDONYM_CLEAR) {
        pseudonym_of_address(pseudonyms, &address, hash);
        set_device(finding, "ip:", way, hash);
    }
}

static void hide_device(struct pseudonyms *pseudonyms, struct finding *finding)
{
    char id[sizeof(finding->device_id)];
    struct bytes value;

    (void)text_copy(id, sizeof(id), finding->device_id);
    value = bytes_of_text(id);
    if (bytes_starts(value, BYTES("ip:"))) {
        hide_ip_device(pseudonyms, finding, bytes_after(value, 3));
    } else if (pseudonyms->macs == PSEUDONYM_CLEAR) {
        return;
    } else if (bytes_starts(value, BYTES("mac:"))) {
        hide_mac_device(pseudonyms, finding, bytes_after(value, 4), "mac:");
    } else if (bytes_starts(value, BYTES("dhcp:"))) {
        hide_mac_device(pseudonyms, finding, bytes_after(value, 5), "dhcp:");
    }
}

static void hide_mac(struct pseudonyms *pseudonyms, struct finding *finding)
{
    struct mac in_address;

    if (pseudonyms->macs == PSEUDONYM_CLEAR) {
        return;
    }
    if (trace_of_mac(finding->host_name, &finding->mac) ||
        (is_made_of_mac(&finding->client, &in_address) &&
         trace_of_mac(finding->host_name, &in_address))) {
        finding->host_name[0] = '\0';
    }
    if (pseudonyms->macs == PSEUDONYM_HMAC) {
        pseudonym_of_mac(pseudonyms, &finding->mac, finding->mac_hash);
    }
    finding->mac = (struct mac){0};
}

static void hide_session(struct pseudonyms *pseudonyms, char community_id[COMMUNITY_SIZE])
{
    char hash[PSEUDONYM_SIZE];

    _Static_assert((int)PSEUDONYM_SIZE <= (int)COMMUNITY_SIZE, "one takes the other's place");
    print(pseudonyms, "c1", "session ", community_id, hash);
    (void)text_copy(community_id, COMMUNITY_SIZE, hash);
}

/* "1:...@1763800000*3 1:...@..." with other names of sessions. */
static void hide_pairs(struct pseudonyms *pseudonyms, char pairs[PAIRS_SIZE])
{
    char hidden[PAIRS_SIZE] = "";
    struct bytes rest = bytes_of_text(pairs);
    struct bytes session;

    while (take_until(&rest, '@', &session)) {
        char name[COMMUNITY_SIZE];
        char when[64];
        struct bytes second;
        bool more = take_until(&rest, ' ', &second);

        second = more ? second : rest;
        (void)text_set(name, sizeof(name), session);
        (void)text_set(when, sizeof(when), second);
        hide_session(pseudonyms, name);
        (void)text_append(hidden, sizeof(hidden), name);
        (void)text_append(hidden, sizeof(hidden), "@");
        (void)text_append(hidden, sizeof(hidden), when);
        (void)text_append(hidden, sizeof(hidden), more ? " " : "");
    }
    (void)text_copy(pairs, PAIRS_SIZE, hidden);
}

static void hide_address(struct pseudonyms *pseudonyms, struct finding *finding)
{
    enum pseudonym_way way = way_of_address(pseudonyms, &finding->client);

    if (way == PSEUDONYM_CLEAR) {
        return;
    }
    if (trace_of_address(finding->host_name, &finding->client)) {
        finding->host_name[0] = '\0';
    }
    hide_session(pseudonyms, finding->community_id);
    if (way == PSEUDONYM_HMAC) {
        pseudonym_of_address(pseudonyms, &finding->client, finding->client_hash);
    }
    finding->client = (struct address){0};
}

static void hide_event(struct pseudonyms *pseudonyms, struct finding *finding)
{
    uint8_t digest[SHA256_SIZE];

    if (finding->id[0] != '\0') {
        hash(pseudonyms, "event ", finding->id, digest);
        digest_print_hex(bytes_view(digest, 16), finding->id, sizeof(finding->id));
    }
}

void pseudonyms_apply(struct pseudonyms *pseudonyms, struct finding *finding)
{
    if (pseudonyms->users == PSEUDONYM_CLEAR && pseudonyms->macs == PSEUDONYM_CLEAR &&
        pseudonyms->ips == PSEUDONYM_CLEAR) {
        return;
    }
    hide_user(pseudonyms, finding);
    hide_device(pseudonyms, finding);
    hide_mac(pseudonyms, finding); /* before the address, which may be made of one */
    hide_address(pseudonyms, finding);
    if (pseudonyms->macs != PSEUDONYM_CLEAR || pseudonyms->ips != PSEUDONYM_CLEAR) {
        hide_pairs(pseudonyms, finding->pairs);
    }
    hide_event(pseudonyms, finding);
}
