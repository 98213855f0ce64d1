#include "export/report/rows.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/prefetch.h"
#include "dissectors/base/text.h"

/* A finding, as far as the totals want it; what a row wants besides is read when it has one. */
struct seen {
    enum section section;
    char device[128];
    char service[sizeof(((struct row *)0)->service)];
    uint64_t first_ns;
    uint64_t last_ns;
    char kind[16];
    enum family family;
    enum outcome outcome;
    enum certainty certainty;
    double confidence; /* negative: none */
    char verdict[VALUE_SIZE];
    bool is_undecided;
    uint64_t count;
};

static const char *const wanted_names[NUM_WANTED] = {
    [WANT_KIND] = "basictap.kind",
    [WANT_DEVICE] = "device.id",
    [WANT_SERVICE] = "basictap.service",
    [WANT_NAME] = "source.domain",
    [WANT_CLIENT] = "basictap.client",
    [WANT_USER] = "user.name",
    [WANT_USER_HASH] = "user.hash",
    [WANT_MECHANISM] = "basictap.mechanism",
    [WANT_TARGET] = "basictap.target",
    [WANT_RULE_ID] = "rule.id",
    [WANT_RULE_NAME] = "rule.name",
    [WANT_RULE_LEVEL] = "rule.level",
    [WANT_FAMILY] = "basictap.family",
    [WANT_OUTCOME] = "event.reason",
    [WANT_CERTAINTY] = "basictap.certainty",
    [WANT_CONFIDENCE] = "basictap.confidence",
    [WANT_VERDICT] = "basictap.inference.verdict",
    [WANT_COUNT] = "basictap.count",
    [WANT_FINDINGS] = "basictap.findings",
    [WANT_LAST] = "@timestamp",
    [WANT_FIRST] = "event.start",
};

bool rows_init(struct rows *rows, size_t max_rows, size_t max_devices)
{
    static const uint8_t seed[HMAP_SEED_SIZE] =
        "rows of a table"; /* bounded: nobody gains by collisions */

    *rows = (struct rows){.max_rows = max_rows, .max_devices = max_devices};
    rows->rows = reallocarray(NULL, max_rows, sizeof(struct row *));
    rows->devices = reallocarray(NULL, max_devices, sizeof(struct device *));
    rows->device_map = hmap_new(max_devices, sizeof(struct device), seed);
    return rows->rows != NULL && rows->devices != NULL && rows->device_map != NULL;
}

static void clear_values(struct values *values)
{
    for (size_t i = 0; i < values->num; i++) {
        free(values->text[i]);
    }
}

static void row_free(struct row *row)
{
    free(row->name);
    free(row->client);
    clear_values(&row->mechanisms);
    clear_values(&row->users);
    clear_values(&row->targets);
    free(row);
}

void rows_clear(struct rows *rows)
{
    for (size_t i = 0; i < rows->num_rows; i++) {
        row_free(rows->rows[i]);
    }
    hmap_free(rows->device_map);
    free(rows->rows);
    free(rows->devices);
    *rows = (struct rows){0};
}

static void know_schema(struct rows *rows, const struct schema *schema)
{
    for (size_t i = 0; rows->schema != schema && i < NUM_WANTED; i++) {
        rows->fields[i] = schema_find(schema, bytes_of_text(wanted_names[i]));
    }
    rows->schema = schema;
}

static void get(const struct rows *rows, const void *record, enum wanted wanted, char *text,
                size_t size)
{
    const struct field *field = rows->fields[wanted];
    char scratch[FIELD_TEXT_MAX];

    text[0] = '\0';
    if (field != NULL) {
        (void)text_set(text, size, field_text(field, record, scratch));
    }
}

static uint64_t get_time(const struct rows *rows, const void *record, enum wanted wanted)
{
    const struct field *field = rows->fields[wanted];
    struct timestamp time = {0};

    if (field != NULL && field->kind == FIELD_TIME) {
        memcpy(&time, (const char *)record + field->offset, sizeof(time));
    }
    return time.ns;
}

/* How many attempts, or findings, it tells of: 1 unless it says. */
static uint64_t get_count(const struct rows *rows, const void *record, enum wanted wanted)
{
    const struct field *field = rows->fields[wanted];
    double count;

    if (field == NULL || !field_number(field, record, &count)) {
        return 1;
    }
    return count < 0x1p64 ? (uint64_t)count : UINT64_MAX;
}

/* The value of a closed vocabulary, which another schema may have as its word; 0, which is
 * "unknown" or "observed", for a word that is none. */
static unsigned get_value(const struct rows *rows, const void *record, enum wanted wanted,
                          const char *(*words)(unsigned), unsigned num)
{
    const struct field *field = rows->fields[wanted];
    unsigned value = 0;
    char word[32];

    if (field != NULL && field->kind == FIELD_WORD && field->word == words) {
        memcpy(&value, (const char *)record + field->offset, sizeof(value));
        return value < num ? value : 0;
    }
    get(rows, record, wanted, word, sizeof(word));
    while (value < num && strcmp(words(value), word) != 0) {
        value++;
    }
    return value < num ? value : 0;
}

static enum section section_of(const struct seen *seen)
{
    static const enum section by_family[NUM_FAMILIES] = {
        [FAMILY_UNKNOWN] = SECTION_OTHER,       [FAMILY_BASIC] = SECTION_BASIC,
        [FAMILY_MODERN] = SECTION_MODERN,       [FAMILY_INTEGRATED] = SECTION_INTEGRATED,
        [FAMILY_CHALLENGE] = SECTION_CHALLENGE, [FAMILY_CERTIFICATE] = SECTION_MODERN,
        [FAMILY_NONE] = SECTION_NONE,
    };

    if (strcmp(seen->kind, "tls") == 0 || seen->certainty == CERTAINTY_POSSIBLE) {
        return SECTION_UNREADABLE;
    }
    if (strcmp(seen->service, "proxy") == 0) {
        return SECTION_PROXY;
    }
    return seen->certainty == CERTAINTY_INFERRED ? SECTION_INFERRED : by_family[seen->family];
}

static void read_verdict(const struct rows *rows, const void *record, struct seen *seen)
{
    const struct field *confidence = rows->fields[WANT_CONFIDENCE];

    seen->confidence = -1;
    seen->is_undecided = false;
    seen->verdict[0] = '\0';
    if (seen->certainty != CERTAINTY_INFERRED) {
        return;
    }
    if (confidence != NULL) {
        (void)field_number(confidence, record, &seen->confidence);
    }
    get(rows, record, WANT_VERDICT, seen->verdict, sizeof(seen->verdict));
    seen->is_undecided = strcmp(seen->verdict, "undecided") == 0;
}

static void read_finding(const struct rows *rows, const void *record, struct seen *seen)
{
    get(rows, record, WANT_SERVICE, seen->service, sizeof(seen->service));
    seen->family = get_value(rows, record, WANT_FAMILY, family_word, NUM_FAMILIES);
    seen->outcome = get_value(rows, record, WANT_OUTCOME, outcome_word, NUM_OUTCOMES);
    seen->certainty = get_value(rows, record, WANT_CERTAINTY, certainty_word, NUM_CERTAINTIES);
    read_verdict(rows, record, seen);
    seen->count = get_count(rows, record, WANT_COUNT);
    seen->last_ns = get_time(rows, record, WANT_LAST);
    seen->first_ns = get_time(rows, record, WANT_FIRST);
    seen->first_ns = seen->first_ns == 0 ? seen->last_ns : seen->first_ns;
    seen->section = section_of(seen);
}

/* 10.0.0.9 before 10.0.0.10; elsewhere digits are parts of names. */
static int compare_ids(const char *a, const char *b)
{
    return strncmp(a, "ip:", 3) == 0 && strncmp(b, "ip:", 3) == 0 ? strverscmp(a, b) : strcmp(a, b);
}

static int compare_devices(const struct row *x, const struct row *y)
{
    if (x->device == y->device) {
        return 0;
    }
    if (x->rank != 0 && y->rank != 0) {
        return (x->rank > y->rank) - (x->rank < y->rank);
    }
    return compare_ids(x->device->id, y->device->id);
}

static int compare_rows(const struct row *x, const struct row *y)
{
    int order = (x->section > y->section) - (x->section < y->section);

    order = order != 0 ? order : compare_devices(x, y);
    return order != 0 ? order : strcmp(x->service, y->service);
}

/* As a key an id keeps its end, and is a text there. */
static size_t key_size(const char *id)
{
    return strlen(id) + 1;
}

static struct device *device_of(struct rows *rows, uint64_t hash, const char *id)
{
    size_t size = key_size(id);
    struct device *device;
    bool added;

    if (rows->num_devices == rows->max_devices) {
        return hmap_find_expected(rows->device_map, hash, id, size);
    }
    device = hmap_put_expected(rows->device_map, hash, id, size, &added);
    if (device != NULL && added) {
        device->id = hmap_key(device, &size);
        rows->devices[rows->num_devices++] = device;
    }
    return device;
}

/* 0: the id is no IPv4 address. */
static uint64_t rank_of(const char *id)
{
    struct bytes text = bytes_of_text(id);
    struct bytes octets;
    struct address address;
    uint32_t value = 0;

    if (!take_prefix(&text, BYTES("ip:")) || !address_parse(text, &address) ||
        address.version != 4) {
        return 0;
    }
    octets = bytes_view(address.octets, 4);
    (void)take_u32(&octets, &value);
    return (uint64_t)1 << 32 | value;
}

/* What makes two findings one row: section, device and service. */
static struct row *row_of(struct rows *rows, struct device *device, const struct seen *seen)
{
    struct row *row = device->rows;

    while (row != NULL &&
           (row->section != seen->section || strcmp(row->service, seen->service) != 0)) {
        row = row->next;
    }
    if (row != NULL || rows->num_rows == rows->max_rows) {
        return row;
    }
    row = calloc(1, sizeof(*row));
    if (row != NULL) {
        row->section = seen->section;
        row->device = device;
        row->rank = rank_of(device->id);
        row->next = device->rows;
        (void)text_copy(row->service, sizeof(row->service), seen->service);
        row->first_ns = seen->first_ns;
        row->last_ns = seen->last_ns;
        row->least_confidence = seen->confidence;
        row->most_confidence = seen->confidence;
        device->rows = row;
        rows->rows[rows->num_rows++] = row;
    }
    return row;
}

/* The newest is kept; without memory for it, the one before. */
static void set_newest(char **text, const char *newest)
{
    char *copy;

    if (newest[0] == '\0' || (*text != NULL && strcmp(*text, newest) == 0)) {
        return;
    }
    copy = strdup(newest);
    if (copy != NULL) {
        free(*text);
        *text = copy;
    }
}

static void add_value(struct values *values, const char *text)
{
    if (text[0] == '\0') {
        return;
    }
    for (size_t i = 0; i < values->num; i++) {
        if (strcmp(values->text[i], text) == 0) {
            return;
        }
    }
    if (values->num < MAX_VALUES) {
        values->text[values->num] = strdup(text);
    }
    if (values->num == MAX_VALUES || values->text[values->num] == NULL) {
        values->more = true;
        return;
    }
    values->num++;
}

/* The one that a reader must see comes first: the others may be no more than a number. */
static void lead_with(struct values *values, const char *text)
{
    for (size_t i = 1; i < values->num; i++) {
        if (strcmp(values->text[i], text) == 0) {
            char *first = values->text[0];

            values->text[0] = values->text[i];
            values->text[i] = first;
        }
    }
}

static void count_totals(struct rows *rows, const struct seen *seen)
{
    struct totals *totals = &rows->totals;

    if (totals->first_ns == 0 || seen->first_ns < totals->first_ns) {
        totals->first_ns = seen->first_ns;
    }
    if (seen->last_ns > totals->last_ns) {
        totals->last_ns = seen->last_ns;
    }
    if (seen->section == SECTION_UNREADABLE) {
        totals->unreadable += seen->count;
    } else if (seen->section == SECTION_PROXY) {
        totals->proxy += seen->count;
    } else if (seen->is_undecided) {
        totals->undecided += seen->count;
    } else if (seen->section == SECTION_INFERRED) {
        totals->inferred[seen->family] += seen->count;
    } else {
        totals->read[seen->family] += seen->count;
    }
}

static void count_device(struct device *device, const struct seen *seen)
{
    if (seen->section == SECTION_PROXY) {
        return;
    }
    if (seen->section == SECTION_UNREADABLE) {
        device->unreadable += seen->count;
    } else if (seen->section == SECTION_INFERRED) {
        device->inferred += seen->is_undecided ? 0 : seen->count;
        device->basic_inferred += seen->family == FAMILY_BASIC ? seen->count : 0;
    } else {
        device->read += seen->count;
    }
    if (seen->section == SECTION_BASIC) {
        *(seen->outcome == OUTCOME_BLOCKED ? &device->basic_refused : &device->basic) +=
            seen->count;
    }
}

static void count_rule(struct rows *rows, const void *record)
{
    struct fired_rule *rule = rows->rules;
    char id[sizeof(rule->id)];

    get(rows, record, WANT_RULE_ID, id, sizeof(id));
    while (rule < rows->rules + rows->num_rules && strcmp(rule->id, id) != 0) {
        rule++;
    }
    if (id[0] == '\0' || rule == rows->rules + MAX_RULES) {
        return;
    }
    if (rule == rows->rules + rows->num_rules) {
        rows->num_rules++;
        (void)text_copy(rule->id, sizeof(rule->id), id);
        get(rows, record, WANT_RULE_NAME, rule->name, sizeof(rule->name));
        get(rows, record, WANT_RULE_LEVEL, rule->level, sizeof(rule->level));
    }
    rule->count += get_count(rows, record, WANT_FINDINGS);
}

static void merge_confidence(struct row *row, double confidence)
{
    if (confidence < 0) {
        return;
    }
    if (row->least_confidence < 0 || confidence < row->least_confidence) {
        row->least_confidence = confidence;
    }
    if (confidence > row->most_confidence) {
        row->most_confidence = confidence;
    }
}

/* What is inferred has no mechanism, but a verdict. What is not read has none that is known. */
static void merge_mechanism(const struct rows *rows, struct row *row, const void *record,
                            const struct seen *seen)
{
    char mechanism[VALUE_SIZE];

    if (row->section == SECTION_UNREADABLE) {
        return;
    }
    if (seen->verdict[0] != '\0') {
        (void)text_copy(mechanism, sizeof(mechanism), seen->verdict);
    } else {
        get(rows, record, WANT_MECHANISM, mechanism, sizeof(mechanism));
    }
    add_value(&row->mechanisms, mechanism);
    if (row->section == SECTION_INFERRED && seen->family == FAMILY_BASIC) {
        lead_with(&row->mechanisms, mechanism);
    }
}

static void merge_texts(const struct rows *rows, struct row *row, const void *record,
                        const struct seen *seen)
{
    char text[VALUE_SIZE];

    if (seen->last_ns >= row->last_ns) {
        get(rows, record, WANT_NAME, text, sizeof(text));
        set_newest(&row->name, text);
        get(rows, record, WANT_CLIENT, text, sizeof(text));
        set_newest(&row->client, text);
    }
    merge_mechanism(rows, row, record, seen);
    get(rows, record, WANT_USER, text, sizeof(text));
    if (text[0] == '\0') {
        get(rows, record, WANT_USER_HASH, text, sizeof(text));
    }
    add_value(&row->users, text);
    get(rows, record, WANT_TARGET, text, sizeof(text));
    add_value(&row->targets, text);
}

static void merge(struct row *row, const struct seen *seen)
{
    if (seen->last_ns >= row->last_ns) {
        row->last_ns = seen->last_ns;
    }
    if (seen->first_ns < row->first_ns) {
        row->first_ns = seen->first_ns;
    }
    row->outcomes[row->section == SECTION_UNREADABLE ? OUTCOME_UNKNOWN : seen->outcome] +=
        seen->count;
    row->certainties[seen->certainty] = true;
    merge_confidence(row, seen->confidence);
}

/* A session that keys have opened: what was said in it is told by findings of its own. */
static bool is_opened(const struct seen *seen)
{
    return strcmp(seen->kind, "tls") == 0 && seen->certainty == CERTAINTY_DECRYPTED;
}

/* The rows of a device were touched last long ago: the newest comes from memory while the finding
 * is read. */
static void prefetch_row(const struct device *device)
{
    if (device != NULL && device->rows != NULL) {
        prefetch(device->rows, sizeof(*device->rows));
    }
}

void rows_add(struct rows *rows, const struct schema *schema, const void *record)
{
    struct seen seen;
    struct device *device;
    struct row *row;
    uint64_t hash;

    know_schema(rows, schema);
    get(rows, record, WANT_KIND, seen.kind, sizeof(seen.kind));
    if (strcmp(seen.kind, "alert") == 0) {
        count_rule(rows, record);
        return; /* it tells of findings that are counted already */
    }
    get(rows, record, WANT_DEVICE, seen.device, sizeof(seen.device));
    hash = hmap_expect(rows->device_map, seen.device, key_size(seen.device));
    count_rule(rows, record);
    device = device_of(rows, hash, seen.device);
    prefetch_row(device);
    read_finding(rows, record, &seen);
    if (is_opened(&seen)) {
        if (device != NULL) {
            device->read += seen.count;
        }
        return;
    }
    count_totals(rows, &seen);
    if (device != NULL) {
        count_device(device, &seen);
    }
    if (seen.is_undecided) {
        return; /* the session stands under what could not be read */
    }
    row = device != NULL ? row_of(rows, device, &seen) : NULL;
    if (row == NULL) {
        rows->no_room++;
        return;
    }
    merge_texts(rows, row, record, &seen);
    merge(row, &seen);
}

static int compare_row_pointers(const void *a, const void *b)
{
    return compare_rows(*(struct row *const *)a, *(struct row *const *)b);
}

static unsigned severity(const char *level)
{
    static const char *const levels[] = {"informational", "low", "medium", "high", "critical"};
    unsigned severity = 0;

    for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        severity = strcmp(level, levels[i]) == 0 ? i + 1 : severity;
    }
    return severity;
}

static int compare_rules(const void *a, const void *b)
{
    const struct fired_rule *x = a;
    const struct fired_rule *y = b;
    int order = (int)severity(y->level) - (int)severity(x->level);

    return order != 0 ? order : strcmp(x->id, y->id);
}

void rows_sort(struct rows *rows)
{
    qsort(rows->rows, rows->num_rows, sizeof(void *), compare_row_pointers);
    qsort(rows->rules, rows->num_rules, sizeof(rows->rules[0]), compare_rules);
}
