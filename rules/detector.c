#include <string.h>

#include "dissectors/base/text.h"
#include "rules/detector_part.h"

/* --- out --- */

static void hand_on(struct detector *detector, struct finding *finding, const struct bytes *parts,
                    size_t num_parts)
{
    uint8_t digest[SHA256_SIZE];

    if (!detector->options.no_ids) {
        (void)digest_sha256(detector->known.digester, parts, num_parts, digest);
        digest_print_hex(bytes_view(digest, 16), finding->id, sizeof(finding->id));
    }
    finding->sequence = ++detector->stats->findings;
    detector->options.on_finding(detector->options.ctx, finding);
}

static struct ends ends_of_finding(const struct finding *finding)
{
    return (struct ends){.client = finding->client,
                         .server = finding->server,
                         .client_port = finding->client_port,
                         .server_port = finding->server_port,
                         .ip_protocol = finding->ip_protocol};
}

static void name_sessions(struct detector *detector, const struct pairs *pairs,
                          struct finding *finding)
{
    struct named_session session = {.ends = ends_of_finding(finding)};

    if (detector->options.no_ids) {
        return;
    }
    community_print(&session.ends, detector->known.digester, session.id);
    (void)text_copy(finding->community_id, sizeof(finding->community_id), session.id);
    pairs_print(pairs, detector->known.digester, &session, finding->pairs);
    finding->pairs_left_out = pairs->left_out;
}

/* The id is the same for the same fact, begin of its window and number of its part, and for nothing
 * else. */
static void tell(struct detector *detector, struct finding *finding, const struct rule_hits *hits,
                 struct bytes key, uint64_t opened, uint32_t number)
{
    struct bytes parts[] = {bytes_view(detector->sensor_name, strlen(detector->sensor_name) + 1),
                            key, bytes_view(&opened, sizeof(opened)),
                            bytes_view(&number, sizeof(number))};

    describe_late(&detector->known, finding);
    ruleset_describe(detector->ruleset, hits, finding);
    hand_on(detector, finding, parts, sizeof(parts) / sizeof(parts[0]));
}

void detector_on_window_over(void *ctx, const struct window *window)
{
    struct detector *detector = ctx;
    struct finding finding;
    size_t key_len;
    const void *key = hmap_key(window, &key_len);

    parcel_unpack(window->parcel, &finding);
    finding.start.ns = window->first;
    finding.last.ns = window->last;
    finding.count = window->count;
    name_sessions(detector, &window->pairs, &finding);
    tell(detector, &finding, &window->hits, bytes_view(key, key_len), window->opened, window->told);
}

void detector_on_alert(void *ctx, struct finding *alert)
{
    const struct slot *slot = ctx;
    struct detector *detector = slot->detector;
    struct bytes parts[MAX_GROUP_BY + 4];
    char scratch[MAX_GROUP_BY][FIELD_TEXT_MAX];
    size_t num = 0;

    parts[num++] = bytes_view(detector->sensor_name, strlen(detector->sensor_name) + 1);
    parts[num++] = bytes_view(alert->rule_id, strlen(alert->rule_id) + 1);
    parts[num++] = bytes_view(&alert->start.ns, sizeof(alert->start.ns));
    parts[num++] = bytes_view(&alert->last.ns, sizeof(alert->last.ns));
    for (size_t i = 0; i < slot->rule->correlation.num_group_by; i++) {
        parts[num++] = field_text(slot->rule->correlation.group_by[i], alert, scratch[i]);
    }
    hand_on(detector, alert, parts, num);
}

/* --- in --- */

static void expect_groups(struct detector *detector, const struct rule_hits *hits)
{
    bool concerns = rule_hits_overlap(hits, ruleset_correlated(detector->ruleset));

    for (size_t i = 0; i < detector->num_slots; i++) {
        struct slot *slot = &detector->slots[i];

        slot->is_concerned =
            concerns && correlation_expect(slot->correlation, &detector->finding, hits);
    }
}

static void correlate(struct detector *detector, const struct rule_hits *hits,
                      struct parcel **parcel)
{
    for (size_t i = 0; i < detector->num_slots; i++) {
        struct slot *slot = &detector->slots[i];

        if (slot->is_concerned) {
            correlation_observe(slot->correlation, &detector->finding, hits, parcel);
        }
    }
}

static void count(const struct detector *detector, struct window *window, const struct event *event)
{
    uint64_t time = event->at.time.ns;

    if (window->count == 0 || time < window->first) {
        window->first = time;
    }
    if (window->count == 0 || time > window->last) {
        window->last = time;
    }
    window->count++;
    if (!detector->options.no_ids) {
        const struct ends ends = ends_of(event->origin);

        pairs_add(&window->pairs, &ends, time);
    }
}

/* A finding of one event, told now. Two of the same fact at the same time differ by a number. */
static void tell_at_once(struct detector *detector, const struct rule_hits *hits, uint32_t number)
{
    struct finding *finding = &detector->finding;
    struct key *key = &detector->key;
    struct pair pair = {
        .ends = ends_of_finding(finding), .times = 1, .second = finding->start.ns / 1000000000u};
    const struct pairs pairs = {.list = &pair, .num = 1};

    name_sessions(detector, &pairs, finding);
    tell(detector, finding, hits, bytes_view(key->octets, key->len), finding->start.ns, number);
}

static void tell_each(struct detector *detector, const struct rule_hits *hits)
{
    uint64_t time = detector->finding.start.ns;

    detector->ties = time == detector->last_time ? detector->ties + 1 : 0;
    detector->last_time = time;
    tell_at_once(detector, hits, detector->ties);
}

static void open_window(struct detector *detector, struct window *window, const struct event *event,
                        const struct rule_hits *hits, struct parcel *parcel)
{
    if (window == NULL || !windows_fill(detector->windows, window, parcel)) {
        tell_each(detector, hits); /* no memory to count: told singly */
        return;
    }
    window->hits = *hits;
    if (detector->options.first_at_once) {
        tell_at_once(detector, hits, window->told++);
    } else {
        count(detector, window, event);
    }
}

/* What the last event of the window did not say: a finding is made of it, and the rules look. */
static void on_news(struct detector *detector, const struct sighting *sighting,
                    struct window *window, uint64_t inputs)
{
    struct parcel *parcel = NULL;
    struct rule_hits hits;

    describe(&detector->known, sighting, &detector->finding);
    ruleset_match(detector->ruleset, &detector->finding, &hits, &detector->known.match_limits);
    expect_groups(detector, &hits);
    if (window != NULL && window->parcel == NULL) {
        parcel = windows_pack(detector->windows, &detector->finding);
    }
    correlate(detector, &hits, &parcel);
    if (detector->options.each) {
        tell_each(detector, &hits);
    } else if (window == NULL || window->parcel == NULL) {
        open_window(detector, window, sighting->event, &hits, parcel);
    } else {
        window->inputs = inputs;
        rule_hits_merge(&window->hits, &hits);
        count(detector, window, sighting->event);
    }
    parcel_release(parcel, NULL);
}

/*
 * The fast path: an event that says what the last one of its window said gives the same finding and
 * the same rules, so that it is only counted; unless rules look at what differs, or a correlation
 * counts it too.
 */
static void on_sighting(struct detector *detector, const struct sighting *sighting)
{
    const struct ruleset *ruleset = detector->ruleset;
    uint64_t time = sighting->event->at.time.ns;
    struct window *window = NULL;
    uint64_t inputs = 0;

    if (!detector->options.each) {
        window = windows_put(detector->windows, detector->hash,
                             bytes_view(detector->key.octets, detector->key.len), time);
    }
    /* What opens a window is mostly all that it gets to see: the second event is the first one that
     * pays for being like another. */
    if (window != NULL && window->parcel != NULL) {
        inputs = key_of_inputs(detector->options.hash_seed, sighting);
    }
    if (window != NULL && window->parcel != NULL && window->inputs == inputs &&
        !ruleset_is_volatile(ruleset) &&
        !rule_hits_overlap(&window->hits, ruleset_correlated(ruleset))) {
        count(detector, window, sighting->event);
        return;
    }
    on_news(detector, sighting, window, inputs);
}

/* Finds out whose event it is. */
static void look_up(struct detector *detector, const struct event *event, const char *device_id,
                    struct sighting *sighting)
{
    struct knowledge *known = &detector->known;

    sighting->event = event;
    hosts_expect_server(known->hosts);
    sighting->client = hosts_find(known->hosts, &event->origin->client);
    devices_identify(known->devices, event, device_id, sighting->client, &sighting->identity);
    sighting->server = hosts_find(known->hosts, &event->origin->server);
}

/* Makes the key of a fact; where its window would be is on its way from memory while the device
 * learns. */
static void set_key(struct detector *detector, const struct sighting *sighting)
{
    struct key *key = &detector->key;

    key_of_fact(key, sighting);
    devices_expect(detector->known.devices, &sighting->identity);
    detector->hash = windows_expect(detector->windows, bytes_view(key->octets, key->len));
}

/* device_id: of the phone that it belongs to, or "". */
void detector_on_attempt(void *ctx, const struct event *event, const char *device_id)
{
    struct detector *detector = ctx;
    const struct auth_event *auth = &event->auth;
    struct sighting sighting = {.kind = FINDING_AUTH};
    const struct client_words words = {auth->software, auth->hello, auth->device_type};

    look_up(detector, event, device_id, &sighting);
    sighting.service = describe_service(&detector->known, event);
    set_key(detector, &sighting);
    sighting.device = devices_put(detector->known.devices, &sighting.identity);
    if (sighting.device != NULL) {
        device_learn(sighting.device, sighting.service, &words, detector->known.clients,
                     &detector->known.match_limits);
    }
    on_sighting(detector, &sighting);
}

/* Where a key showed the truth, the truth is told by events of its own, and the guess is only
 * compared with it. */
static void tell_inferred(struct detector *detector, const struct event *event)
{
    if (!event->inference->is_checked) {
        detector->stats->inferred++;
        detector_on_attempt(detector, event,
                            ""); /* a request that nobody can read names no phone */
        return;
    }
    checks_count(&detector->stats->checks, event);
    if (detector->options.on_check != NULL) {
        detector->options.on_check(detector->options.ctx, event);
    }
}

static void identify(const struct detector *detector, const struct event *event,
                     struct identity *identity)
{
    devices_identify(detector->known.devices, event, "",
                     hosts_find(detector->known.hosts, &event->origin->client), identity);
}

static void on_inferred(struct detector *detector, const struct event *event)
{
    struct identity identity;
    enum outcome outcome;

    identify(detector, event, &identity);
    if (!inferences_weigh(detector->inferences, event, &identity, &detector->weighed, &outcome)) {
        tell_inferred(detector, event);
        return;
    }
    detector->event = *event;
    detector->event.inference = &detector->weighed;
    detector->event.auth.outcome = outcome;
    tell_inferred(detector, &detector->event);
}

static void on_auth(struct detector *detector, const struct event *event)
{
    const char *device_id = event->auth.device_id;

    if (event->inference != NULL) {
        on_inferred(detector, event);
    } else if (event->service != SERVICE_EAS) {
        detector_on_attempt(detector, event, device_id);
    } else if (phone_has_id(device_id)) {
        phones_learn(detector->phones, event); /* what came before it is told before it */
        detector_on_attempt(detector, event, device_id);
    } else if (!phones_hold(detector->phones, event)) {
        detector_on_attempt(detector, event, "");
    }
}

/* A phone that has not said who it is: its login, which waits for that, says the same words. */
static bool is_unnamed_phone(const struct event *event)
{
    return event->service == SERVICE_EAS && !phone_has_id(event->client.device_id) &&
           event->client.workstation[0] == '\0';
}

static void on_client(struct detector *detector, const struct event *event)
{
    const struct client_event *client = &event->client;
    struct sighting sighting = {.kind = FINDING_AUTH};
    const struct client_words words = {client->software, client->hello, client->device_type};

    if (is_unnamed_phone(event)) {
        return;
    }
    look_up(detector, event, client->device_id, &sighting);
    sighting.device = devices_put(detector->known.devices, &sighting.identity);
    if (sighting.device == NULL) {
        return;
    }
    device_learn(sighting.device, event->service, &words, detector->known.clients,
                 &detector->known.match_limits);
    device_learn_workstation(sighting.device, client->workstation);
}

static void on_offer(struct detector *detector, const struct event *event)
{
    struct knowledge *known = &detector->known;
    enum target target;

    hosts_expect_server(known->hosts);
    target = services_by_banner(known->services, event->offer.banner).target;
    if (!event_is_direct(event)) {
        return; /* the address is the proxy's */
    }
    if (event->offer.exchange_headers) {
        hosts_learn_target(known->hosts, &event->origin->server, TARGET_ONPREM, "exchange headers");
    } else if (target != TARGET_UNKNOWN) {
        hosts_learn_target(known->hosts, &event->origin->server, target, "banner");
    }
}

static bool is_mail_port(uint16_t port)
{
    return port == 25 || port == 110 || port == 143 || port == 465 || port == 587 || port == 993 ||
           port == 995;
}

/* Most TLS is nobody's mail: it must cost little to say so. */
static bool concerns_mail(const struct detector *detector, const struct event *event)
{
    const struct host *server = hosts_find(detector->known.hosts, &event->origin->server);
    bool tunnelled = event->tunnel != TUNNEL_NONE;
    struct server_question question = {
        .names = {event->hello.server_name, event->tunnel_target, NULL,
                  tunnelled ? NULL : host_name_at(server, event->at.time)},
        .address = tunnelled ? NULL : &event->origin->server,
        .host = server,
    };
    char reason[64];
    enum target target;

    if ((event->service != SERVICE_UNKNOWN && event->service != SERVICE_HTTP &&
         event->service != SERVICE_PROXY) ||
        (!tunnelled && is_mail_port(event->origin->server_port))) {
        return true;
    }
    target = describe_target(&detector->known, &question, reason).target;
    return target == TARGET_ONLINE || target == TARGET_CONSUMER || target == TARGET_ONPREM;
}

static void on_tls(struct detector *detector, const struct event *event)
{
    struct sighting sighting = {.kind = FINDING_TLS};
    struct identity identity;

    if (inferences_wants(detector->inferences, event->hello.server_name)) {
        identify(detector, event, &identity);
        inferences_learn(detector->inferences, event, &identity);
    }
    if (concerns_mail(detector, event)) {
        look_up(detector, event, "", &sighting);
        sighting.service = describe_service(&detector->known, event);
        set_key(detector, &sighting);
        sighting.device = devices_put(detector->known.devices, &sighting.identity);
        on_sighting(detector, &sighting);
    }
}

static void refresh_stats(const struct detector *detector)
{
    struct detector_stats *stats = detector->stats;
    const struct knowledge *known = &detector->known;

    stats->devices = devices_count(known->devices) + devices_evicted(known->devices);
    stats->devices_evicted = devices_evicted(known->devices);
    stats->windows_evicted = windows_evicted(detector->windows);
    stats->names = hosts_count(known->hosts) + hosts_evicted(known->hosts);
    stats->phones_evicted = phones_evicted(detector->phones);
    stats->inferences_evicted = inferences_evicted(detector->inferences);
    stats->names_evicted = hosts_evicted(known->hosts);
    stats->match_limits = known->match_limits;
    stats->groups_evicted = 0;
    for (size_t i = 0; i < detector->num_slots; i++) {
        stats->groups_evicted += correlation_evicted(detector->slots[i].correlation);
    }
}

void detector_expect(struct detector *detector, const struct origin *origin)
{
    hosts_expect(detector->known.hosts, &origin->client, &origin->server);
}

void detector_observe(struct detector *detector, const struct event *event)
{
    detector->stats->events++;
    if (event->kind != EVENT_NAME) { /* which is of another address */
        detector_expect(detector, event->origin);
    }
    devices_learn_routers(detector->known.devices, event);
    switch (event->kind) {
    case EVENT_AUTH:
        on_auth(detector, event);
        break;
    case EVENT_OFFER:
        on_offer(detector, event);
        break;
    case EVENT_CLIENT:
        on_client(detector, event);
        break;
    case EVENT_TLS:
        on_tls(detector, event);
        break;
    case EVENT_NAME:
        hosts_learn_name(detector->known.hosts, &event->name, event->at.time);
        break;
    case NUM_EVENT_KINDS:
        break;
    }
}

void detector_advance(struct detector *detector, struct timestamp now)
{
    phones_advance(detector->phones, now.ns);
    windows_advance(detector->windows, now.ns);
    for (size_t i = 0; i < detector->num_slots; i++) {
        correlation_advance(detector->slots[i].correlation, now);
    }
}

void detector_flush(struct detector *detector)
{
    phones_flush(detector->phones);
    windows_flush(detector->windows);
    for (size_t i = 0; i < detector->num_slots; i++) {
        correlation_flush(detector->slots[i].correlation);
    }
}

const struct detector_stats *detector_stats(const struct detector *detector)
{
    refresh_stats(detector);
    return detector->stats;
}

const struct tree *detector_shapes(const struct detector *detector)
{
    return detector->shapes;
}

const struct services *detector_services(const struct detector *detector)
{
    return detector->known.services;
}

enum target detector_target(const struct detector *detector, const char *server_name,
                            const struct address *server)
{
    const struct host *host = hosts_find(detector->known.hosts, server);
    struct server_question question = {.names = {server_name}, .address = server, .host = host};
    char reason[64];

    return describe_target(&detector->known, &question, reason).target;
}
