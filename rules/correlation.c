#include "rules/correlation.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

/* Room for what all groups of one correlation remember: 16 bytes each. */
enum { MAX_MEMORIES = 262144, MAX_GROUP_KEY = 1024, FIRST_MEMORIES = 4 };

/* An event (event_count), a value (value_count) or a rule (temporal), when last seen. */
struct memory {
    uint64_t time;
    uint64_t value;
};

struct group {
    struct memory *memories; /* oldest first; at the beginning they are `few` */
    size_t num_memories;
    size_t room;
    uint64_t first; /* spans that are judged when they are over: their begin */
    uint64_t last;
    uint64_t last_alert;    /* 0: none yet */
    struct parcel *example; /* the finding of its first event: most groups never get to need it */
    struct memory few[FIRST_MEMORIES];
};

/* The name of a group, and the hash of that. */
struct group_name {
    char octets[MAX_GROUP_KEY];
    size_t len;
    uint64_t hash;
};

struct correlation {
    const struct rule *rule;
    const struct correlation_spec *spec;
    struct hmap *groups;
    size_t num_memories;
    size_t max_memories; /* a group */
    uint64_t num_rules;  /* that temporal waits for */
    uint64_t evicted;    /* for the room of others */
    struct group_name expected;
    alert_fn *on_alert;
    void *ctx;
    uint8_t seed[HMAP_SEED_SIZE];
};

static void clear_memories(struct group *group)
{
    if (group->memories != group->few) {
        free(group->memories);
    }
}

static void drop_group(void *ctx, void *value)
{
    struct correlation *correlation = ctx;
    struct group *group = value;

    correlation->num_memories -= group->room;
    clear_memories(group);
    parcel_release(group->example, NULL);
}

static bool is_judged_late(const struct correlation *correlation)
{
    return correlation->spec->max < UINT64_MAX;
}

struct correlation *correlation_new(const struct rule *rule, size_t max_groups,
                                    const uint8_t seed[HMAP_SEED_SIZE], alert_fn *on_alert,
                                    void *ctx)
{
    struct correlation *correlation = calloc(1, sizeof(*correlation));

    if (correlation == NULL) {
        return NULL;
    }
    correlation->groups = hmap_new(max_groups, sizeof(struct group), seed);
    if (correlation->groups == NULL) {
        free(correlation);
        return NULL;
    }
    hmap_on_drop(correlation->groups, drop_group, correlation);
    correlation->rule = rule;
    correlation->spec = &rule->correlation;
    correlation->on_alert = on_alert;
    correlation->ctx = ctx;
    memcpy(correlation->seed, seed, HMAP_SEED_SIZE);
    for (size_t i = 0; i < MAX_RULES; i++) {
        correlation->num_rules += rule_hits_has(&rule->correlation.rules, i);
    }
    /* More than decides the question need not be remembered. */
    correlation->max_memories = is_judged_late(correlation) ? correlation->spec->max + 1
                                : rule->correlation.type == CORRELATION_TEMPORAL
                                    ? correlation->num_rules
                                    : correlation->spec->min;
    return correlation;
}

void correlation_free(struct correlation *correlation)
{
    if (correlation != NULL) {
        hmap_free(correlation->groups);
        free(correlation);
    }
}

/* Whether it was read, and the values grouped by, one after another; 0: one of them is absent, the
 * event is in no group. */
static size_t group_key(const struct correlation *correlation, const struct finding *finding,
                        char key[MAX_GROUP_KEY])
{
    size_t used = 0;

    key[used++] = finding->certainty == CERTAINTY_INFERRED ? 'i' : 'r'; /* or read: never mixed */
    for (size_t i = 0; i < correlation->spec->num_group_by; i++) {
        char scratch[FIELD_TEXT_MAX];
        struct bytes text = field_text(correlation->spec->group_by[i], finding, scratch);
        size_t len = 0;

        if (text.len == 0 || !bytes_copy(text, key + used, MAX_GROUP_KEY - used - 1, &len)) {
            return 0;
        }
        used += len;
        key[used++] = '\0';
    }
    return used;
}

static void copy_field(const struct field *field, const struct finding *from, struct finding *to)
{
    const char *source = (const char *)from + field->offset;
    char *target = (char *)to + field->offset;
    size_t size = 0;

    switch (field->kind) {
    case FIELD_TEXT:
        size = strlen(source) + 1; /* the same array of the same struct */
        break;
    case FIELD_STRING:
        size = sizeof(const char *);
        break;
    case FIELD_U64:
    case FIELD_TIME:
        size = sizeof(uint64_t);
        break;
    case FIELD_U32:
    case FIELD_WORD:
        size = sizeof(uint32_t);
        break;
    case FIELD_U16:
        size = sizeof(uint16_t);
        break;
    case FIELD_BOOL:
        size = sizeof(bool);
        break;
    case FIELD_REAL:
        size = sizeof(double);
        break;
    case FIELD_ADDRESS:
        size = sizeof(struct address);
        break;
    case FIELD_MAC:
        size = sizeof(struct mac);
        break;
    case FIELD_CONSTANT:
        break;
    }
    memcpy(target, source, size);
}

static bool says_device(const char *name)
{
    return strcmp(name, "device.id") == 0 || strcmp(name, "source.ip") == 0 ||
           strcmp(name, "source.mac") == 0;
}

static void copy_device(const struct finding *from, struct finding *to)
{
    (void)text_copy(to->device_id, sizeof(to->device_id), from->device_id);
    (void)text_copy(to->host_name, sizeof(to->host_name), from->host_name);
    (void)text_copy(to->manufacturer, sizeof(to->manufacturer), from->manufacturer);
    to->device_source = from->device_source;
    to->client = from->client;
    to->mac = from->mac;
}

/* What of an event belongs to its group, and where it was seen. */
static void copy_group(const struct correlation *correlation, const struct finding *finding,
                       struct finding *example)
{
    const struct correlation_spec *spec = correlation->spec;

    finding_clear(example);
    example->kind = FINDING_ALERT;
    example->confidence = -1;
    example->outcome_confidence = -1;
    example->certainty = finding->certainty;
    example->network_transport = finding->network_transport;
    example->interface = finding->interface;
    example->file = finding->file;
    example->frame = finding->frame;
    example->vlan = finding->vlan;
    for (size_t i = 0; i < spec->num_group_by; i++) {
        copy_field(spec->group_by[i], finding, example);
        if (says_device(spec->group_by[i]->name)) {
            copy_device(finding, example);
        }
    }
}

static void alert(struct correlation *correlation, const struct group *group, uint64_t first,
                  uint64_t count)
{
    const struct rule *rule = correlation->rule;
    struct finding first_seen;
    struct finding finding;

    if (group->example == NULL) {
        return;
    }
    parcel_unpack(group->example, &first_seen);
    copy_group(correlation, &first_seen, &finding);
    finding.start.ns = first;
    finding.last.ns = group->last;
    finding.count = count;
    (void)text_copy(finding.rule_id, sizeof(finding.rule_id), rule->id);
    (void)text_copy(finding.rule_name, sizeof(finding.rule_name), rule->title);
    (void)text_copy(finding.rules, sizeof(finding.rules), rule->id);
    finding.rule_level = rule->level;
    finding.severity = level_severity(rule->level);
    (void)text_copy(finding.action, sizeof(finding.action), finding_action(&finding));
    correlation->on_alert(correlation->ctx, &finding);
}

static bool make_room(struct correlation *correlation, struct group *group)
{
    size_t room = group->room == 0 ? FIRST_MEMORIES : group->room * 2;
    struct memory *memories;

    if (room > correlation->max_memories) {
        room = correlation->max_memories;
    }
    while (correlation->num_memories + room - group->room > MAX_MEMORIES &&
           hmap_oldest(correlation->groups) != group) {
        hmap_remove(correlation->groups, hmap_oldest(correlation->groups));
        correlation->evicted++;
    }
    memories = room <= FIRST_MEMORIES ? group->few : malloc(room * sizeof(struct memory));
    if (memories == NULL) {
        return false;
    }
    if (group->num_memories > 0) {
        memcpy(memories, group->memories, group->num_memories * sizeof(struct memory));
    }
    clear_memories(group);
    correlation->num_memories += room - group->room;
    group->memories = memories;
    group->room = room;
    return true;
}

static void forget(struct group *group, size_t index)
{
    group->num_memories--;
    memmove(group->memories + index, group->memories + index + 1,
            (group->num_memories - index) * sizeof(struct memory));
}

static void forget_older(struct group *group, uint64_t now, uint64_t timespan)
{
    size_t num = 0;

    if (group->num_memories > 0 && group->memories[group->num_memories - 1].time > now &&
        group->memories[group->num_memories - 1].time - now > timespan) {
        group->num_memories = 0; /* time jumped back: another file, or the clock was set */
    }
    while (num < group->num_memories && now - group->memories[num].time > timespan &&
           now > group->memories[num].time) {
        num++;
    }
    if (num > 0) {
        group->num_memories -= num;
        memmove(group->memories, group->memories + num,
                group->num_memories * sizeof(struct memory));
    }
}

static void remember(struct correlation *correlation, struct group *group, struct memory memory)
{
    if (correlation->spec->type != CORRELATION_EVENT_COUNT) {
        for (size_t i = 0; i < group->num_memories; i++) {
            if (group->memories[i].value == memory.value) {
                forget(group, i);
                break;
            }
        }
    }
    if (group->num_memories == group->room && group->room < correlation->max_memories &&
        !make_room(correlation, group)) {
        return;
    }
    if (group->num_memories == correlation->max_memories) {
        forget(group, 0);
    }
    group->memories[group->num_memories++] = memory;
}

static void judge(struct correlation *correlation, struct group *group, uint64_t now)
{
    const struct correlation_spec *spec = correlation->spec;
    uint64_t wanted = spec->type == CORRELATION_TEMPORAL ? correlation->num_rules : spec->min;

    if (group->num_memories < wanted || (group->last_alert != 0 && now >= group->last_alert &&
                                         now - group->last_alert < spec->timespan_ns)) {
        return;
    }
    group->last_alert = now;
    alert(correlation, group, group->memories[0].time, group->num_memories);
}

/* The span of a group that is judged late is over. */
static void close_group(struct correlation *correlation, struct group *group)
{
    const struct correlation_spec *spec = correlation->spec;

    if (group->num_memories >= spec->min && group->num_memories <= spec->max) {
        alert(correlation, group, group->first, group->num_memories);
    }
    hmap_remove(correlation->groups, group);
}

/* A group that is judged late is put only after one of the same name, whose span is over, left. */
static void close_older(struct correlation *correlation, const struct group_name *name,
                        uint64_t now)
{
    struct group *group =
        is_judged_late(correlation)
            ? hmap_find_expected(correlation->groups, name->hash, name->octets, name->len)
            : NULL;

    if (group != NULL &&
        (now < group->first || now - group->first >= correlation->spec->timespan_ns)) {
        close_group(correlation, group);
    }
}

static struct group *open_group(struct correlation *correlation, const struct finding *finding,
                                struct parcel **parcel)
{
    const struct group_name *name = &correlation->expected;
    struct group *group;
    uint64_t now = finding->last.ns;
    bool added = false;

    close_older(correlation, name, now);
    group = hmap_put_expected(correlation->groups, name->hash, name->octets, name->len, &added);
    if (group == NULL) {
        return NULL;
    }
    if (added) {
        *parcel = *parcel != NULL ? *parcel : parcel_pack(finding, NULL);
        group->example = parcel_hold(*parcel);
        group->first = now;
    } else if (!is_judged_late(correlation)) {
        hmap_touch(correlation->groups, group);
    }
    group->last = now;
    return group;
}

static void remember_rules(struct correlation *correlation, struct group *group,
                           const struct rule_hits *hits, uint64_t now)
{
    for (size_t i = 0; i < MAX_RULES / 64; i++) {
        uint64_t both = hits->bits[i] & correlation->spec->rules.bits[i];

        for (size_t rule = i * 64; both != 0; rule++, both >>= 1) {
            if ((both & 1) != 0) {
                remember(correlation, group, (struct memory){now, rule});
            }
        }
    }
}

bool correlation_expect(struct correlation *correlation, const struct finding *finding,
                        const struct rule_hits *hits)
{
    struct group_name *name = &correlation->expected;

    if (!rule_hits_overlap(hits, &correlation->spec->rules)) {
        return false;
    }
    name->len = group_key(correlation, finding, name->octets);
    if (name->len > 0) {
        name->hash = hmap_expect(correlation->groups, name->octets, name->len);
    }
    return name->len > 0;
}

void correlation_observe(struct correlation *correlation, const struct finding *finding,
                         const struct rule_hits *hits, struct parcel **parcel)
{
    const struct correlation_spec *spec = correlation->spec;
    uint64_t now = finding->last.ns;
    char scratch[FIELD_TEXT_MAX];
    struct bytes value = {0};
    struct group *group;

    if (spec->type == CORRELATION_VALUE_COUNT) {
        value = field_text(spec->value, finding, scratch);
        if (value.len == 0) {
            return;
        }
    }
    group = open_group(correlation, finding, parcel);
    if (group == NULL) {
        return;
    }
    if (!is_judged_late(correlation)) {
        forget_older(group, now, spec->timespan_ns);
    }
    if (spec->type == CORRELATION_TEMPORAL) {
        remember_rules(correlation, group, hits, now);
    } else {
        remember(correlation, group,
                 (struct memory){now, hmap_hash(correlation->seed, value.at, value.len)});
    }
    if (!is_judged_late(correlation)) {
        judge(correlation, group, now);
    }
}

void correlation_advance(struct correlation *correlation, struct timestamp now)
{
    struct group *group = hmap_oldest(correlation->groups);

    while (is_judged_late(correlation) && group != NULL && now.ns >= group->first &&
           now.ns - group->first >= correlation->spec->timespan_ns) {
        close_group(correlation, group);
        group = hmap_oldest(correlation->groups);
    }
}

void correlation_flush(struct correlation *correlation)
{
    while (is_judged_late(correlation) && hmap_oldest(correlation->groups) != NULL) {
        close_group(correlation, hmap_oldest(correlation->groups));
    }
}

uint64_t correlation_evicted(const struct correlation *correlation)
{
    return hmap_evicted(correlation->groups) + correlation->evicted;
}
