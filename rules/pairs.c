#include "rules/pairs.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

static const uint64_t second_ns = 1000000000u;

struct ends ends_of(const struct origin *origin)
{
    return (struct ends){.client = origin->client,
                         .server = origin->server,
                         .client_port = origin->client_port,
                         .server_port = origin->server_port,
                         .ip_protocol = origin->ip_protocol};
}

void community_print(const struct ends *ends, struct digester *digester, char text[COMMUNITY_SIZE])
{
    const struct address *from = &ends->client;
    const struct address *to = &ends->server;
    size_t len = from->version == 4 ? 4 : 16;
    uint16_t ports[2] = {ends->client_port, ends->server_port};
    int order = memcmp(from->octets, to->octets, len);
    uint8_t input[2 + 16 + 16 + 2 + 4] = {0};
    uint8_t digest[SHA1_SIZE];
    struct bytes part;
    char base64[32];
    bool swap = order > 0 || (order == 0 && ports[0] > ports[1]);

    text[0] = '\0';
    if (from->version == 0 || to->version != from->version) {
        return;
    }
    /* seed, smaller address, larger address, protocol, padding, ports in the same order */
    memcpy(input + 2, swap ? to->octets : from->octets, len);
    memcpy(input + 2 + len, swap ? from->octets : to->octets, len);
    input[2 + 2 * len] = ends->ip_protocol == IPPROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP;
    for (size_t i = 0; i < 2; i++) {
        uint16_t port = ports[swap ? 1 - i : i];

        input[4 + 2 * len + 2 * i] = (uint8_t)(port >> 8);
        input[5 + 2 * len + 2 * i] = (uint8_t)(port & 0xff);
    }
    part = bytes_view(input, 8 + 2 * len);
    if (digest_sha1(digester, &part, 1, digest)) {
        digest_print_base64(bytes_view(digest, sizeof(digest)), base64, sizeof(base64));
        (void)text_copy(text, COMMUNITY_SIZE, "1:");
        (void)text_append(text, COMMUNITY_SIZE, base64);
    }
}

static bool is_same(const struct ends *a, const struct ends *b)
{
    return a->client_port == b->client_port && a->server_port == b->server_port &&
           a->ip_protocol == b->ip_protocol && address_equal(&a->client, &b->client) &&
           address_equal(&a->server, &b->server);
}

/* Most windows see one attempt or a few. */
static bool make_room(struct pairs *pairs)
{
    size_t room = pairs->room == 0 ? 1 : (size_t)pairs->room * 2;
    struct pair *list;

    if (pairs->num < pairs->room) {
        return true;
    }
    list = pairs->num < MAX_PAIRS ? realloc(pairs->list, room * sizeof(*list)) : NULL;
    if (list == NULL) {
        return false;
    }
    pairs->list = list;
    pairs->room = (uint8_t)room;
    return true;
}

void pairs_add(struct pairs *pairs, const struct ends *ends, uint64_t time_ns)
{
    uint64_t second = time_ns / second_ns;
    size_t at = pairs->num;

    /* Packet time goes backwards a little at most: what is looked for is near the end. */
    while (at > 0 && pairs->list[at - 1].second > second) {
        at--;
    }
    for (size_t i = at; i > 0 && pairs->list[i - 1].second == second; i--) {
        if (is_same(&pairs->list[i - 1].ends, ends)) {
            pairs->list[i - 1].times++;
            return;
        }
    }
    if (!make_room(pairs)) {
        pairs->left_out++;
        return;
    }
    memmove(pairs->list + at + 1, pairs->list + at, (pairs->num - at) * sizeof(pairs->list[0]));
    pairs->list[at] = (struct pair){.ends = *ends, .times = 1, .second = second};
    pairs->num++;
}

void pairs_clear(struct pairs *pairs)
{
    free(pairs->list);
    *pairs = (struct pairs){0};
}

static void print(const struct pair *pair, const char *session, char text[PAIRS_SIZE])
{
    (void)text_append(text, PAIRS_SIZE, text[0] != '\0' ? " " : "");
    (void)text_append(text, PAIRS_SIZE, session);
    (void)text_append(text, PAIRS_SIZE, "@");
    (void)text_append_number(text, PAIRS_SIZE, pair->second);
    if (pair->times > 1) {
        (void)text_append(text, PAIRS_SIZE, "*");
        (void)text_append_number(text, PAIRS_SIZE, pair->times);
    }
}

void pairs_print(const struct pairs *pairs, struct digester *digester,
                 struct named_session *session, char text[PAIRS_SIZE])
{
    text[0] = '\0';
    for (size_t i = 0; i < pairs->num; i++) {
        const struct pair *pair = &pairs->list[i];

        if (!is_same(&pair->ends, &session->ends)) {
            session->ends = pair->ends;
            community_print(&session->ends, digester, session->id);
        }
        if (session->id[0] != '\0') {
            print(pair, session->id, text);
        }
    }
}
