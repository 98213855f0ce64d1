#include "export/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "export/format/json.h"

struct record_layout {
    const struct schema *schema;
    struct field fields[RECORD_MAX_FIELDS]; /* the schema's, then the identity's */
    size_t num_fields;
    size_t order[RECORD_MAX_FIELDS]; /* of JSON: fields that share a prefix are neighbours */
    char text[RECORD_MAX_TEXT];
    char json[RECORD_MAX_JSON];
};

struct record {
    const struct record_layout *layout;
    size_t size;
    size_t json_at; /* in data */
    size_t json_len;
    char *data;      /* all texts one after another, then the JSON */
    uint32_t ends[]; /* where each field's text ends in data; the data follows */
};

/* How many leading bytes of whole segments two names share: "a.b.c" and "a.b.d" 4, with their dots.
 */
static size_t shared_prefix(const char *a, const char *b)
{
    size_t shared = 0;

    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
        if (a[i] == '.') {
            shared = i + 1;
        }
    }
    return shared;
}

/* JSON cannot hold both "a" and "a.b", nor a name twice. */
static bool names_clash(const char *a, const char *b)
{
    size_t len = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

    return strncmp(a, b, len) == 0 && (a[len] == '\0' || a[len] == '.') &&
           (b[len] == '\0' || b[len] == '.');
}

/*
 * Every field goes behind the last one with which it shares the longest prefix. So each object of
 * the document is one run of neighbours: a run is only ever extended at its end or within.
 */
static bool place(struct record_layout *layout, size_t index)
{
    const char *name = layout->fields[index].name;
    size_t longest = 0;
    size_t position = index;

    for (size_t i = 0; i < index; i++) {
        const char *other = layout->fields[layout->order[i]].name;
        size_t shared = shared_prefix(name, other);

        if (names_clash(name, other)) {
            return false;
        }
        if (shared > 0 && shared >= longest) {
            longest = shared;
            position = i + 1;
        }
    }
    memmove(&layout->order[position + 1], &layout->order[position],
            (index - position) * sizeof(layout->order[0]));
    layout->order[position] = index;
    return true;
}

static bool add(struct record_layout *layout, const struct field *field)
{
    if (layout->num_fields == RECORD_MAX_FIELDS) {
        return false;
    }
    layout->fields[layout->num_fields] = *field;
    return place(layout, layout->num_fields++);
}

static bool add_constant(struct record_layout *layout, const char *name, const char *text)
{
    struct field field = {.name = name, .constant = text, .kind = FIELD_CONSTANT};

    return schema_find(layout->schema, bytes_of_text(name)) != NULL || text == NULL ||
           add(layout, &field);
}

/* Every ECS document has a time: that of the last thing it tells, unless its schema says. */
static bool add_timestamp(struct record_layout *layout)
{
    const struct field *end = schema_find(layout->schema, BYTES("event.end"));
    struct field field;

    if (end == NULL || schema_find(layout->schema, BYTES("@timestamp")) != NULL) {
        return true;
    }
    field = *end;
    field.name = "@timestamp";
    return add(layout, &field);
}

static bool add_identity(struct record_layout *layout, const struct exporter_identity *identity)
{
    return add_constant(layout, "ecs.version", "8.11") &&
           add_constant(layout, "observer.name", identity->observer_name) &&
           add_constant(layout, "observer.vendor", "basictap") &&
           add_constant(layout, "observer.product", "basictap") &&
           add_constant(layout, "observer.version", identity->observer_version) &&
           add_constant(layout, "observer.type", "sensor");
}

struct record_layout *record_layout_new(const struct schema *schema,
                                        const struct exporter_identity *identity)
{
    struct record_layout *layout = calloc(1, sizeof(*layout));
    bool fits;

    if (layout == NULL) {
        return NULL;
    }
    layout->schema = schema;
    fits = add_timestamp(layout);
    for (size_t i = 0; fits && i < schema->num_fields; i++) {
        fits = add(layout, &schema->fields[i]);
    }
    if (!fits || !add_identity(layout, identity)) {
        record_layout_free(layout);
        return NULL;
    }
    return layout;
}

void record_layout_free(struct record_layout *layout)
{
    free(layout);
}

const struct schema *record_layout_schema(const struct record_layout *layout)
{
    return layout->schema;
}

/* JSON and Redis readers know no infinity. */
static bool is_left_out(const struct field *field, const void *object)
{
    double number;

    return field_is_absent(field, object) ||
           (field_number(field, object, &number) && !isfinite(number));
}

/* All texts into layout->text, one after another; the length, or 0 when they do not fit. */
static size_t write_texts(struct record_layout *layout, const void *object, uint32_t *ends)
{
    size_t used = 0;

    for (size_t i = 0; i < layout->num_fields; i++) {
        const struct field *field = &layout->fields[i];
        char scratch[FIELD_TEXT_MAX];
        struct bytes text = field_text(field, object, scratch);

        if (is_left_out(field, object)) {
            text = field_is_numeric(field) ? BYTES("0") : BYTES("");
        }
        if (!text_set(layout->text + used, sizeof(layout->text) - used, text)) {
            return 0;
        }
        used += strlen(layout->text + used);
        ends[i] = (uint32_t)used;
        if (used + 1 >= sizeof(layout->text)) {
            return 0;
        }
    }
    return used;
}

/* Closes the objects that a name is not in, opens those that it is in. in: the prefix whose objects
 * are open. Returns the last segment, the key. */
static const char *descend(struct json *json, const char *in, const char *name)
{
    size_t shared = shared_prefix(in, name);
    const char *dot;

    for (dot = in + shared; (dot = strchr(dot, '.')) != NULL; dot++) {
        json_close(json, '}');
    }
    name += shared;
    while ((dot = strchr(name, '.')) != NULL) {
        json_key(json, bytes_view(name, (size_t)(dot - name)));
        json_open(json, '{');
        name = dot + 1;
    }
    return name;
}

static void write_value(struct json *json, const struct field *field, struct bytes text)
{
    if (field_is_numeric(field) || field->kind == FIELD_BOOL) {
        json_token(json, text);
    } else if (field->list) {
        json_list(json, text);
    } else {
        json_text(json, text);
    }
}

static struct bytes text_of(const char *data, const uint32_t *ends, size_t i)
{
    size_t start = i == 0 ? 0 : ends[i - 1];

    return bytes_view(data + start, ends[i] - start);
}

/* The length, or 0 when it does not fit. */
static size_t write_json(struct record_layout *layout, const void *object, const uint32_t *ends)
{
    struct json json;
    const char *in = "";

    json_init(&json, layout->json, sizeof(layout->json));
    json_open(&json, '{');
    for (size_t i = 0; i < layout->num_fields; i++) {
        const struct field *field = &layout->fields[layout->order[i]];

        if (is_left_out(field, object)) {
            continue;
        }
        json_key(&json, bytes_of_text(descend(&json, in, field->name)));
        write_value(&json, field, text_of(layout->text, ends, layout->order[i]));
        in = field->name;
    }
    (void)descend(&json, in, "");
    json_close(&json, '}');
    return json_end(&json) ? json.len : 0;
}

struct record *record_new(struct record_layout *layout, const void *object)
{
    uint32_t ends[RECORD_MAX_FIELDS];
    size_t ends_size = layout->num_fields * sizeof(ends[0]);
    size_t text_len = write_texts(layout, object, ends);
    size_t json_len = text_len > 0 ? write_json(layout, object, ends) : 0;
    size_t size = sizeof(struct record) + ends_size + text_len + json_len;
    struct record *record = json_len > 0 ? malloc(size) : NULL;

    if (record == NULL) {
        return NULL;
    }
    *record =
        (struct record){.layout = layout, .size = size, .json_at = text_len, .json_len = json_len};
    record->data = (char *)record->ends + ends_size;
    memcpy(record->ends, ends, ends_size);
    memcpy(record->data, layout->text, text_len);
    memcpy(record->data + text_len, layout->json, json_len);
    return record;
}

void record_free(struct record *record)
{
    free(record);
}

size_t record_num_fields(const struct record *record)
{
    return record->layout->num_fields;
}

const char *record_name(const struct record *record, size_t i)
{
    return record->layout->fields[i].name;
}

struct bytes record_text(const struct record *record, size_t i)
{
    return text_of(record->data, record->ends, i);
}

struct bytes record_find(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->layout->num_fields; i++) {
        if (strcmp(record->layout->fields[i].name, name) == 0) {
            return record_text(record, i);
        }
    }
    return bytes_view("", 0);
}

struct bytes record_json(const struct record *record)
{
    return bytes_view(record->data + record->json_at, record->json_len);
}

size_t record_size(const struct record *record)
{
    return record->size;
}
