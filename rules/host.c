#include "rules/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

/* Programs keep an address longer than its time to live says (connections last, runtimes cache). */
enum { MIN_NAME_SECONDS = 600, MAX_NAME_SECONDS = 86400, DEFAULT_LEASE_SECONDS = 86400 };

/* What is known of an address. */
struct answer {
    struct address address;
    bool is_found;
    uint64_t hash;     /* of the address */
    struct host *host; /* once it is found; NULL: nothing is known */
};

struct hosts {
    struct hmap *map;
    struct answer ends[2]; /* an event asks for both of its ends, and several times */
};

static void forget_last(struct hosts *hosts)
{
    hosts->ends[0].is_found = false;
    hosts->ends[1].is_found = false;
}

static void drop_host(void *ctx, void *value)
{
    struct hosts *hosts = ctx;
    struct host *host = value;

    forget_last(hosts);
    free(host->name);
    free(host->lease_name);
    free(host->lease_client);
}

struct hosts *hosts_new(size_t max_hosts, const uint8_t seed[HMAP_SEED_SIZE])
{
    struct hosts *hosts = calloc(1, sizeof(*hosts));

    if (hosts == NULL) {
        return NULL;
    }
    hosts->map = hmap_new(max_hosts, sizeof(struct host), seed);
    if (hosts->map == NULL) {
        free(hosts);
        return NULL;
    }
    hmap_on_drop(hosts->map, drop_host, hosts);
    return hosts;
}

void hosts_free(struct hosts *hosts)
{
    if (hosts != NULL) {
        hmap_free(hosts->map);
        free(hosts);
    }
}

static void expect(const struct hosts *hosts, const struct address *address, struct answer *answer)
{
    if (!address_equal(address, &answer->address)) {
        answer->address = *address;
        answer->is_found = false;
        answer->hash = hmap_expect(hosts->map, address, sizeof(*address));
    }
}

void hosts_expect(struct hosts *hosts, const struct address *client, const struct address *server)
{
    if (client != NULL) {
        expect(hosts, client, &hosts->ends[0]);
    }
    expect(hosts, server, &hosts->ends[1]);
}

void hosts_expect_server(const struct hosts *hosts)
{
    if (!hosts->ends[1].is_found) {
        hmap_expect_value(hosts->map, hosts->ends[1].hash);
    }
}

/* Where the answer is, or will be; its hash is known. */
static struct answer *answer_for(struct hosts *hosts, const struct address *address)
{
    struct answer *answer = &hosts->ends[address_equal(address, &hosts->ends[0].address) ? 0 : 1];

    expect(hosts, address, answer);
    return answer;
}

struct host *hosts_find(struct hosts *hosts, const struct address *address)
{
    struct answer *answer = answer_for(hosts, address);

    if (!answer->is_found) {
        answer->is_found = true;
        answer->host = hmap_find_expected(hosts->map, answer->hash, address, sizeof(*address));
    }
    if (answer->host != NULL) {
        hmap_touch(hosts->map, answer->host);
    }
    return answer->host;
}

const struct host *hosts_peek(const struct hosts *hosts, const struct address *address)
{
    return hmap_find(hosts->map, address, sizeof(*address));
}

static struct host *put_host(struct hosts *hosts, const struct address *address)
{
    bool added;
    struct host *host;

    if (address->version == 0) {
        return NULL;
    }
    host = hmap_put_expected(hosts->map, answer_for(hosts, address)->hash, address,
                             sizeof(*address), &added);
    if (added) {
        forget_last(hosts); /* it may have been asked for before it was known */
    }
    if (host != NULL) {
        hmap_touch(hosts->map, host);
    }
    return host;
}

static const char *text_at(const char *text, uint64_t from, uint64_t until, struct timestamp now)
{
    return text != NULL && now.ns >= from && now.ns < until ? text : "";
}

const char *host_name_at(const struct host *host, struct timestamp now)
{
    return host != NULL ? text_at(host->name, host->name_from, host->name_until, now) : "";
}

const char *host_lease_name_at(const struct host *host, struct timestamp now)
{
    return host != NULL ? text_at(host->lease_name, host->lease_from, host->lease_until, now) : "";
}

const char *host_lease_client_at(const struct host *host, struct timestamp now)
{
    return host != NULL ? text_at(host->lease_client, host->lease_from, host->lease_until, now)
                        : "";
}

/* Without memory the old text stays. */
static void replace(char **text, const char *with, uint32_t *version)
{
    char *copy;

    if (*text != NULL && strcmp(*text, with) == 0) {
        return;
    }
    copy = strdup(with);
    if (copy != NULL) {
        free(*text);
        *text = copy;
        (*version)++;
    }
}

static uint64_t after(struct timestamp now, uint64_t seconds)
{
    return now.ns + seconds * 1000000000u;
}

static void learn_dns(struct host *host, const struct name_event *name, struct timestamp now)
{
    uint64_t seconds = name->lifetime;

    if (seconds < MIN_NAME_SECONDS) {
        seconds = MIN_NAME_SECONDS;
    }
    if (seconds > MAX_NAME_SECONDS) {
        seconds = MAX_NAME_SECONDS;
    }
    replace(&host->name, name->name, &host->version);
    host->name_from = now.ns;
    host->name_until = after(now, seconds);
}

/* A client identifier is mostly 01 and the MAC (RFC 2132, section 9.14): then the MAC says it
 * better. */
static void print_client(const struct name_event *name, char text[64])
{
    const uint8_t *o = name->mac.octets;
    char usual[16];

    (void)snprintf(usual, sizeof(usual), "01%02x%02x%02x%02x%02x%02x", o[0], o[1], o[2], o[3], o[4],
                   o[5]);
    if (name->mac.known &&
        (name->client_id[0] == '\0' ||
         bytes_equal_nocase(bytes_of_text(name->client_id), bytes_of_text(usual)))) {
        mac_print(&name->mac, text);
    } else {
        (void)text_copy(text, 64, name->client_id);
    }
}

static void learn_lease(struct host *host, const struct name_event *name, struct timestamp now)
{
    uint64_t seconds = name->lifetime != 0 ? name->lifetime : DEFAULT_LEASE_SECONDS;
    char client[64] = "";

    print_client(name, client);
    if (host->lease_client != NULL && strcmp(host->lease_client, client) != 0) {
        free(host->lease_name); /* another client has the address now */
        host->lease_name = NULL;
    }
    replace(&host->lease_client, client, &host->version);
    if (name->name[0] != '\0') {
        replace(&host->lease_name, name->name, &host->version);
    }
    host->lease_from = now.ns;
    host->lease_until = after(now, seconds);
}

void hosts_learn_name(struct hosts *hosts, const struct name_event *name, struct timestamp now)
{
    struct host *host = put_host(hosts, &name->address);

    if (host == NULL) {
        return;
    }
    if (name->source == NAME_DHCP) {
        learn_lease(host, name, now);
    } else if (name->name[0] != '\0') {
        learn_dns(host, name, now);
    }
}

void hosts_learn_target(struct hosts *hosts, const struct address *address, enum target target,
                        const char *evidence)
{
    struct host *host = put_host(hosts, address);

    if (host == NULL ||
        (host->evidence != NULL && strcmp(host->evidence, "exchange headers") == 0) ||
        (host->target == target && host->evidence == evidence)) {
        return;
    }
    host->target = target;
    host->evidence = evidence;
    host->version++;
}

size_t hosts_count(const struct hosts *hosts)
{
    return hmap_count(hosts->map);
}

uint64_t hosts_evicted(const struct hosts *hosts)
{
    return hmap_evicted(hosts->map);
}
