#include "export/format/ocsf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/format/instant.h"
#include "export/format/nest.h"

enum {
    MAX_PLANS = 8, /* layouts and classes that come in turns */
    MAX_ENTRIES = RECORD_MAX_FIELDS + 192,
    MAX_PATH = 192,
    NO_FIELD = RECORD_MAX_FIELDS,
};

/* One value of a document. */
struct entry {
    const struct mapping *row;               /* NULL: unmapped, or a constant */
    const struct mapping_constant *constant; /* NULL: a field */
    size_t field;                            /* of the record; NO_FIELD: it has none of that name */
    bool unless_web;                         /* unmapped only where AS_WEB did not place it */
    char path[MAX_PATH];
};

/* What a kind of record is written by, made at its first record. */
struct plan {
    enum ocsf_class class;
    char *about; /* of its layout: an address may be used again */
    size_t about_len;
    size_t family; /* fields that others are read with */
    size_t protocol;
    size_t num_entries;
    struct entry entries[MAX_ENTRIES];
};

struct ocsf {
    struct plan *plans[MAX_PLANS];
    size_t next; /* to make room */
};

struct ocsf *ocsf_new(void)
{
    return calloc(1, sizeof(struct ocsf));
}

static void plan_free(struct plan *plan)
{
    if (plan != NULL) {
        free(plan->about);
        free(plan);
    }
}

void ocsf_free(struct ocsf *ocsf)
{
    for (size_t i = 0; ocsf != NULL && i < MAX_PLANS; i++) {
        plan_free(ocsf->plans[i]);
    }
    free(ocsf);
}

enum ocsf_class ocsf_class_of(const struct record *record)
{
    static const struct {
        const char *kind;
        enum ocsf_class class;
    } kinds[] = {
        {"auth", OCSF_AUTHENTICATION},
        {"tls", OCSF_NETWORK},
        {"alert", OCSF_DETECTION},
        {"device", OCSF_COMPLIANCE},
    };
    struct bytes kind = record_find(record, "basictap.kind");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (bytes_equal(kind, bytes_of_text(kinds[i].kind))) {
            return kinds[i].class;
        }
    }
    return OCSF_BASE;
}

/* ---- the plan ---- */

static size_t find_field(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record_num_fields(record); i++) {
        if (strcmp(record_name(record, i), name) == 0) {
            return i;
        }
    }
    return NO_FIELD;
}

/* Behind the last one with which it shares the longest prefix, so that objects are neighbours. */
static bool add(struct plan *plan, const struct entry *entry)
{
    size_t position = plan->num_entries;
    size_t longest = 0;

    if (plan->num_entries == MAX_ENTRIES) {
        return false;
    }
    for (size_t i = 0; i < plan->num_entries; i++) {
        size_t shared = nest_shared(entry->path, plan->entries[i].path);

        if (shared > 0 && shared >= longest) {
            longest = shared;
            position = i + 1;
        }
    }
    memmove(&plan->entries[position + 1], &plan->entries[position],
            (plan->num_entries - position) * sizeof(plan->entries[0]));
    plan->entries[position] = *entry;
    plan->num_entries++;
    return true;
}

static bool add_unmapped(struct plan *plan, const struct record *record, size_t field,
                         bool unless_web)
{
    struct entry entry = {.field = field, .unless_web = unless_web};
    int len = snprintf(entry.path, sizeof(entry.path), "unmapped.%s", record_name(record, field));

    return len > 0 && (size_t)len < sizeof(entry.path) && add(plan, &entry);
}

static bool add_constants(struct plan *plan)
{
    bool fits = true;

    for (size_t i = 0; i < num_mapping_constants && fits; i++) {
        struct entry entry = {.constant = &mapping_constants[i], .field = NO_FIELD};

        (void)snprintf(entry.path, sizeof(entry.path), "%s", mapping_constants[i].path);
        fits = !mapping_constants[i].in[plan->class] || add(plan, &entry);
    }
    return fits;
}

/* A row whose field the record has not is needed only for what is required. */
static bool add_rows(struct plan *plan, const struct record *record)
{
    bool fits = true;

    for (size_t i = 0; i < num_mappings && fits; i++) {
        const char *path = mapping_path(&mappings[i], plan->class);
        struct entry entry = {.row = &mappings[i], .field = find_field(record, mappings[i].field)};

        if (path == NULL || path[0] == '\0' ||
            (entry.field == NO_FIELD && mappings[i].otherwise == NULL)) {
            continue;
        }
        (void)snprintf(entry.path, sizeof(entry.path), "%s", path);
        fits = add(plan, &entry);
    }
    return fits;
}

/* Whether a row places it in the class; *sometimes: if the record is of HTTP. */
static bool is_placed(const char *name, enum ocsf_class class, bool *sometimes)
{
    bool is_placed = false;

    *sometimes = false;
    for (size_t i = 0; i < num_mappings; i++) {
        if (strcmp(mappings[i].field, name) == 0 && mapping_path(&mappings[i], class) != NULL) {
            is_placed = true;
            *sometimes = mappings[i].ocsf_as == AS_WEB;
        }
    }
    return is_placed;
}

static bool add_others(struct plan *plan, const struct record *record)
{
    bool fits = true;
    bool sometimes;

    for (size_t i = 0; i < record_num_fields(record) && fits; i++) {
        if (!is_placed(record_name(record, i), plan->class, &sometimes) || sometimes) {
            fits = add_unmapped(plan, record, i, sometimes);
        }
    }
    return fits;
}

static struct plan *plan_new(const struct record *record, enum ocsf_class class)
{
    struct bytes about = record_layout_about(record_layout_of(record));
    struct plan *plan = calloc(1, sizeof(*plan));

    if (plan == NULL) {
        return NULL;
    }
    plan->class = class;
    plan->family = find_field(record, "basictap.family");
    plan->protocol = find_field(record, "network.protocol");
    plan->about = malloc(about.len);
    if (plan->about == NULL || !bytes_copy(about, plan->about, about.len, &plan->about_len) ||
        !add_constants(plan) || !add_rows(plan, record) || !add_others(plan, record)) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}

static const struct plan *plan_of(struct ocsf *ocsf, const struct record *record)
{
    struct bytes about = record_layout_about(record_layout_of(record));
    enum ocsf_class class = ocsf_class_of(record);
    struct plan *plan;

    for (size_t i = 0; i < MAX_PLANS; i++) {
        plan = ocsf->plans[i];
        if (plan != NULL && plan->class == class &&
            bytes_equal(about, bytes_view(plan->about, plan->about_len))) {
            return plan;
        }
    }
    plan = plan_new(record, class);
    if (plan != NULL) {
        plan_free(ocsf->plans[ocsf->next]);
        ocsf->plans[ocsf->next] = plan;
        ocsf->next = (ocsf->next + 1) % MAX_PLANS;
    }
    return plan;
}

/* ---- values ---- */

/* A document on its way. */
struct writing {
    struct json json;
    const char *in; /* the path that was written last */
    const struct plan *plan;
    const struct record *record;
};

static struct bytes text_at(const struct writing *writing, size_t field)
{
    return field != NO_FIELD && record_has(writing->record, field)
               ? record_text(writing->record, field)
               : BYTES("");
}

static void put_key(struct writing *writing, const char *path)
{
    json_key(&writing->json, bytes_of_text(nest_descend(&writing->json, writing->in, path)));
    writing->in = path;
}

static void put_number(struct json *json, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    json_token(json, bytes_of_text(text));
}

/* x_id, and beside it x. */
static void put_word(struct writing *writing, const char *path, unsigned number,
                     struct bytes caption)
{
    const char *dot = strrchr(path, '.');
    const char *key = dot != NULL ? dot + 1 : path;

    put_key(writing, path);
    put_number(&writing->json, number);
    json_key(&writing->json, bytes_view(key, strlen(key) - strlen("_id")));
    json_text(&writing->json, caption);
}

static void put_words(struct writing *writing, const struct entry *entry, struct bytes text)
{
    const struct mapping_word *word = mapping_find_word(entry->row->words, text);

    if (word != NULL) {
        put_word(writing, entry->path, word->number, bytes_of_text(word->caption));
    }
}

/* A login that was inferred has no mechanism, but may well be Basic. */
static void put_protocol(struct writing *writing, const struct entry *entry, struct bytes text)
{
    bool is_basic = bytes_equal(text_at(writing, writing->plan->family), BYTES("basic"));

    if (is_basic) {
        text = BYTES("http-basic");
    }
    if (mapping_find_word(entry->row->words, text) != NULL) {
        put_words(writing, entry, text);
    } else {
        put_word(writing, entry->path, 99, text);
    }
}

/* Only a password that anybody could read is one in clear text. */
static void put_cleartext(struct writing *writing, const struct entry *entry, struct bytes text)
{
    struct bytes family = text_at(writing, writing->plan->family);
    bool is_clear = bytes_equal(text, BYTES("clear"));

    if (text.len == 0 || (is_clear && bytes_equal(family, BYTES("unknown")))) {
        return;
    }
    put_key(writing, entry->path);
    json_token(&writing->json,
               is_clear && bytes_equal(family, BYTES("basic")) ? BYTES("true") : BYTES("false"));
}

static void put_milliseconds(struct writing *writing, const char *path, struct bytes text)
{
    uint64_t milliseconds;

    if (instant_parse(text, &milliseconds)) {
        put_key(writing, path);
        put_number(&writing->json, milliseconds);
    }
}

static void put_md5(struct writing *writing, const char *path, struct bytes text)
{
    put_key(writing, path);
    json_open(&writing->json, '{');
    json_key(&writing->json, BYTES("algorithm_id"));
    put_number(&writing->json, 1);
    json_key(&writing->json, BYTES("algorithm"));
    json_text(&writing->json, BYTES("MD5"));
    json_key(&writing->json, BYTES("value"));
    json_text(&writing->json, text);
    json_close(&writing->json, '}');
}

/* By the kind that the record says. */
static void put_value(struct writing *writing, const struct entry *entry, struct bytes text)
{
    char kind = entry->field != NO_FIELD ? record_kind(writing->record, entry->field) : 't';

    put_key(writing, entry->path);
    if (kind == 'n' || kind == 'b') {
        json_token(&writing->json, text);
    } else if (kind == 'l') {
        json_list(&writing->json, text);
    } else {
        json_text(&writing->json, text);
    }
}

static bool is_web(const struct writing *writing)
{
    return bytes_equal(text_at(writing, writing->plan->protocol), BYTES("http"));
}

static void put_row(struct writing *writing, const struct entry *entry, struct bytes text)
{
    switch (entry->row->ocsf_as) {
    case AS_WORD:
        put_words(writing, entry, text);
        return;
    case AS_PROTOCOL:
        put_protocol(writing, entry, text);
        return;
    case AS_CLEARTEXT:
        put_cleartext(writing, entry, text);
        return;
    case AS_IT_IS:
    case AS_TEXT:
    case AS_MILLISECONDS:
    case AS_MD5:
    case AS_WEB:
    case AS_ADDRESS:
    case AS_COLONS:
        break;
    }
    if (text.len == 0 && entry->row->otherwise != NULL) {
        text = bytes_of_text(entry->row->otherwise);
    }
    if (text.len == 0 || (entry->row->ocsf_as == AS_WEB && !is_web(writing))) {
        return;
    }
    if (entry->row->ocsf_as == AS_MILLISECONDS) {
        put_milliseconds(writing, entry->path, text);
    } else if (entry->row->ocsf_as == AS_MD5) {
        put_md5(writing, entry->path, text);
    } else if (entry->row->ocsf_as == AS_TEXT) {
        put_key(writing, entry->path);
        json_text(&writing->json, text);
    } else {
        put_value(writing, entry, text);
    }
}

static void put_entry(struct writing *writing, const struct entry *entry)
{
    struct bytes text = text_at(writing, entry->field);

    if (entry->constant != NULL) {
        put_key(writing, entry->path);
        json_token(&writing->json, bytes_of_text(entry->constant->token));
    } else if (entry->row != NULL) {
        put_row(writing, entry, text);
    } else if (text.len > 0 && !(entry->unless_web && is_web(writing))) {
        put_value(writing, entry, text);
    }
}

static void put_named(struct json *json, const char *key, const char *text)
{
    json_key(json, bytes_of_text(key));
    json_text(json, bytes_of_text(text));
}

static void put_numbered(struct json *json, const char *key, unsigned number)
{
    json_key(json, bytes_of_text(key));
    put_number(json, number);
}

static void put_class(struct json *json, const struct ocsf_numbers *numbers)
{
    char name[96];

    (void)snprintf(name, sizeof(name), "%s: %s", numbers->class_name, numbers->activity_name);
    put_numbered(json, "class_uid", numbers->class_uid);
    put_named(json, "class_name", numbers->class_name);
    put_numbered(json, "category_uid", numbers->category_uid);
    put_named(json, "category_name", numbers->category_name);
    put_numbered(json, "activity_id", numbers->activity_id);
    put_named(json, "activity_name", numbers->activity_name);
    put_numbered(json, "type_uid", numbers->class_uid * 100 + numbers->activity_id);
    put_named(json, "type_name", name);
}

size_t ocsf_write(struct ocsf *ocsf, const struct record *record, char *at, size_t size)
{
    struct writing writing = {.in = "", .record = record};

    writing.plan = plan_of(ocsf, record);
    if (writing.plan == NULL) {
        return 0;
    }
    json_init(&writing.json, at, size);
    json_open(&writing.json, '{');
    put_class(&writing.json, &ocsf_numbers[writing.plan->class]);
    for (size_t i = 0; i < writing.plan->num_entries; i++) {
        put_entry(&writing, &writing.plan->entries[i]);
    }
    (void)nest_descend(&writing.json, writing.in, "");
    json_close(&writing.json, '}');
    return json_end(&writing.json) ? writing.json.len : 0;
}
