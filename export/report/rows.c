#include "export/report/rows.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

/* A finding, as far as the table wants it. */
struct seen {
    struct row row;
    char kind[16];
    enum family family;
    enum outcome outcome;
    enum certainty certainty;
    uint64_t count;
    char user[VALUE_SIZE];
    char mechanism[VALUE_SIZE];
    char target[VALUE_SIZE];
    struct fired_rule rule;
};

bool rows_init(struct rows *rows, size_t max_rows, size_t max_devices)
{
    *rows = (struct rows){.max_rows = max_rows, .max_devices = max_devices};
    rows->rows = calloc(max_rows, sizeof(struct row *));
    rows->devices = calloc(max_devices, sizeof(struct device *));
    return rows->rows != NULL && rows->devices != NULL;
}

static void keep(void *node)
{
    (void)node; /* the arrays own what the trees point to */
}

void rows_clear(struct rows *rows)
{
    tdestroy(rows->row_tree, keep);
    tdestroy(rows->device_tree, keep);
    for (size_t i = 0; i < rows->num_rows; i++) {
        free(rows->rows[i]);
    }
    for (size_t i = 0; i < rows->num_devices; i++) {
        free(rows->devices[i]);
    }
    free(rows->rows);
    free(rows->devices);
    *rows = (struct rows){0};
}

static void get(const struct schema *schema, const void *record, const char *name, char *text,
                size_t size)
{
    const struct field *field = schema_find(schema, bytes_of_text(name));
    char scratch[FIELD_TEXT_MAX];

    text[0] = '\0';
    if (field != NULL) {
        (void)text_set(text, size, field_text(field, record, scratch));
    }
}

static uint64_t get_time(const struct schema *schema, const void *record, const char *name)
{
    const struct field *field = schema_find(schema, bytes_of_text(name));
    struct timestamp time = {0};

    if (field != NULL && field->kind == FIELD_TIME) {
        memcpy(&time, (const char *)record + field->offset, sizeof(time));
    }
    return time.ns;
}

/* How many attempts it tells of: 1 unless it says. */
static uint64_t get_count(const struct schema *schema, const void *record)
{
    const struct field *field = schema_find(schema, BYTES("basictap.count"));
    char scratch[FIELD_TEXT_MAX];
    struct bytes digits;
    uint64_t count = 1;

    if (field != NULL && field_is_numeric(field)) {
        digits = field_text(field, record, scratch);
        (void)take_decimal(&digits, UINT64_MAX, &count);
    }
    return count;
}

/* The value whose word it is; 0, which is "unknown" or "observed", for a word that is none. */
static unsigned value_of(const char *word, const char *(*words)(unsigned), unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        if (strcmp(words(i), word) == 0) {
            return i;
        }
    }
    return 0;
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
    if (strcmp(seen->row.service, "proxy") == 0) {
        return SECTION_PROXY;
    }
    return seen->certainty == CERTAINTY_INFERRED ? SECTION_INFERRED : by_family[seen->family];
}

static void read_finding(const struct schema *schema, const void *record, struct seen *seen)
{
    struct row *row = &seen->row;
    char word[32];

    get(schema, record, "basictap.kind", seen->kind, sizeof(seen->kind));
    get(schema, record, "device.id", row->device, sizeof(row->device));
    get(schema, record, "basictap.service", row->service, sizeof(row->service));
    get(schema, record, "source.domain", row->name, sizeof(row->name));
    get(schema, record, "basictap.client", row->client, sizeof(row->client));
    get(schema, record, "user.name", seen->user, sizeof(seen->user));
    get(schema, record, "basictap.mechanism", seen->mechanism, sizeof(seen->mechanism));
    get(schema, record, "basictap.target", seen->target, sizeof(seen->target));
    get(schema, record, "rule.id", seen->rule.id, sizeof(seen->rule.id));
    get(schema, record, "rule.name", seen->rule.name, sizeof(seen->rule.name));
    get(schema, record, "rule.level", seen->rule.level, sizeof(seen->rule.level));
    get(schema, record, "basictap.family", word, sizeof(word));
    seen->family = value_of(word, family_word, NUM_FAMILIES);
    get(schema, record, "event.reason", word, sizeof(word));
    seen->outcome = value_of(word, outcome_word, NUM_OUTCOMES);
    get(schema, record, "basictap.certainty", word, sizeof(word));
    seen->certainty = value_of(word, certainty_word, NUM_CERTAINTIES);
    seen->count = get_count(schema, record);
    row->last_ns = get_time(schema, record, "@timestamp");
    row->first_ns = get_time(schema, record, "event.start");
    row->first_ns = row->first_ns == 0 ? row->last_ns : row->first_ns;
    row->section = section_of(seen);
}

/* 10.0.0.9 before 10.0.0.10; elsewhere digits are parts of names. */
static int compare_ids(const char *a, const char *b)
{
    return strncmp(a, "ip:", 3) == 0 && strncmp(b, "ip:", 3) == 0 ? strverscmp(a, b) : strcmp(a, b);
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    int order = (x->section > y->section) - (x->section < y->section);

    order = order != 0 ? order : compare_ids(x->device, y->device);
    return order != 0 ? order : strcmp(x->service, y->service);
}

static int compare_devices(const void *a, const void *b)
{
    return strcmp(((const struct device *)a)->id, ((const struct device *)b)->id);
}

/* A copy of key, which the tree does not hold yet; NULL: no memory. */
static void *insert(void **tree, const void *key, size_t size,
                    int (*compare)(const void *, const void *))
{
    void *copy = malloc(size);

    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, key, size);
    if (tsearch(copy, tree, compare) == NULL) {
        free(copy);
        return NULL;
    }
    return copy;
}

static struct row *row_of(struct rows *rows, const struct row *key)
{
    struct row *const *found = tfind(key, &rows->row_tree, compare_rows);
    struct row *row;

    if (found != NULL || rows->num_rows == rows->max_rows) {
        return found != NULL ? *found : NULL;
    }
    row = insert(&rows->row_tree, key, sizeof(*key), compare_rows);
    if (row != NULL) {
        rows->rows[rows->num_rows++] = row;
    }
    return row;
}

static struct device *device_of(struct rows *rows, const char *id)
{
    struct device key = {0};
    struct device *const *found;
    struct device *device;

    (void)text_copy(key.id, sizeof(key.id), id);
    found = tfind(&key, &rows->device_tree, compare_devices);
    if (found != NULL || rows->num_devices == rows->max_devices) {
        return found != NULL ? *found : NULL;
    }
    device = insert(&rows->device_tree, &key, sizeof(key), compare_devices);
    if (device != NULL) {
        rows->devices[rows->num_devices++] = device;
    }
    return device;
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
    if (values->num == MAX_VALUES) {
        values->more = true;
        return;
    }
    (void)text_copy(values->text[values->num++], VALUE_SIZE, text);
}

static void count_totals(struct rows *rows, const struct seen *seen)
{
    struct totals *totals = &rows->totals;

    if (totals->first_ns == 0 || seen->row.first_ns < totals->first_ns) {
        totals->first_ns = seen->row.first_ns;
    }
    if (seen->row.last_ns > totals->last_ns) {
        totals->last_ns = seen->row.last_ns;
    }
    if (seen->row.section == SECTION_UNREADABLE) {
        totals->unreadable += seen->count;
    } else if (seen->row.section == SECTION_PROXY) {
        totals->proxy += seen->count;
    } else if (seen->row.section == SECTION_INFERRED) {
        totals->inferred[seen->family] += seen->count;
    } else {
        totals->read[seen->family] += seen->count;
    }
}

static void count_device(struct rows *rows, const struct seen *seen)
{
    struct device *device = device_of(rows, seen->row.device);

    if (device == NULL || seen->row.section == SECTION_PROXY) {
        return;
    }
    if (seen->row.section == SECTION_UNREADABLE) {
        device->unreadable += seen->count;
    } else if (seen->row.section == SECTION_INFERRED) {
        device->basic_inferred += seen->family == FAMILY_BASIC ? seen->count : 0;
    } else {
        device->read += seen->count;
    }
    if (seen->row.section == SECTION_BASIC) {
        *(seen->outcome == OUTCOME_BLOCKED ? &device->basic_refused : &device->basic) +=
            seen->count;
    }
}

static void count_rule(struct rows *rows, const struct seen *seen)
{
    size_t i = 0;

    while (i < rows->num_rules && strcmp(rows->rules[i].id, seen->rule.id) != 0) {
        i++;
    }
    if (seen->rule.id[0] == '\0' || i == MAX_RULES) {
        return;
    }
    if (i == rows->num_rules) {
        rows->rules[rows->num_rules++] = seen->rule;
    }
    rows->rules[i].count++;
}

static void merge(struct row *row, const struct seen *seen)
{
    if (seen->row.last_ns >= row->last_ns) {
        row->last_ns = seen->row.last_ns;
        if (seen->row.name[0] != '\0') {
            (void)text_copy(row->name, sizeof(row->name), seen->row.name);
        }
        if (seen->row.client[0] != '\0') {
            (void)text_copy(row->client, sizeof(row->client), seen->row.client);
        }
    }
    if (seen->row.first_ns < row->first_ns) {
        row->first_ns = seen->row.first_ns;
    }
    if (row->section != SECTION_UNREADABLE) {
        add_value(&row->mechanisms, seen->mechanism); /* else it is not known, and not news */
    }
    add_value(&row->users, seen->user);
    add_value(&row->targets, seen->target);
    row->outcomes[row->section == SECTION_UNREADABLE ? OUTCOME_UNKNOWN : seen->outcome] +=
        seen->count;
    row->certainties[seen->certainty] = true;
}

void rows_add(struct rows *rows, const struct schema *schema, const void *record)
{
    struct seen seen = {0};
    struct row *row;

    read_finding(schema, record, &seen);
    count_rule(rows, &seen);
    if (strcmp(seen.kind, "alert") == 0) {
        return; /* it tells of findings that are counted already */
    }
    count_totals(rows, &seen);
    count_device(rows, &seen);
    row = row_of(rows, &seen.row);
    if (row == NULL) {
        rows->no_room++;
        return;
    }
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
