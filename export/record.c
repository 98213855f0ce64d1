#include "export/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "export/format/json.h"
#include "export/format/nest.h"

/* A field, as far as values need it that have become text. */
struct column {
    const char *name;
    char kind; /* KIND_... */
};
enum { KIND_NUMBER = 'n', KIND_BOOL = 'b', KIND_LIST = 'l', KIND_TEXT = 't' };
enum { NO_FIELD = RECORD_MAX_FIELDS };

struct record_layout {
    const struct schema *schema;            /* NULL: made by record_layout_parse */
    struct field fields[RECORD_MAX_FIELDS]; /* the schema's, then the identity's; not when parsed */
    struct column columns[RECORD_MAX_FIELDS];
    size_t num_fields;
    size_t sequence;                 /* which one is event.sequence; NO_FIELD: none */
    size_t order[RECORD_MAX_FIELDS]; /* of JSON: fields that share a prefix are neighbours */
    size_t about_len;
    char about[RECORD_MAX_ABOUT];
    char names[RECORD_MAX_ABOUT]; /* of a parsed layout, each with its NUL */
    char text[RECORD_MAX_TEXT];
    char json[RECORD_MAX_JSON];
};

struct record {
    const struct record_layout *layout;
    uint64_t sequence;
    size_t size;
    size_t json_at; /* in data */
    size_t json_len;
    char *data;      /* all texts one after another, then the JSON */
    uint32_t ends[]; /* where each field's text ends in data; the data follows */
};

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
    const char *name = layout->columns[index].name;
    size_t longest = 0;
    size_t position = index;

    for (size_t i = 0; i < index; i++) {
        const char *other = layout->columns[layout->order[i]].name;
        size_t shared = nest_shared(name, other);

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

/* A line of what the layout says of itself. */
static bool add_about(struct record_layout *layout, const struct column *column)
{
    int room = (int)(sizeof(layout->about) - layout->about_len);
    int len = snprintf(layout->about + layout->about_len, (size_t)room, "%c%s\n", column->kind,
                       column->name);

    if (len < 0 || len >= room) {
        return false;
    }
    layout->about_len += (size_t)len;
    return true;
}

/* The name outlives the layout. */
static bool add_column(struct record_layout *layout, const char *name, char kind)
{
    size_t index = layout->num_fields;

    layout->columns[index] = (struct column){name, kind};
    if (strcmp(name, "event.sequence") == 0) {
        layout->sequence = index;
    }
    layout->num_fields++;
    return add_about(layout, &layout->columns[index]) && place(layout, index);
}

static char kind_of(const struct field *field)
{
    if (field_is_numeric(field)) {
        return KIND_NUMBER;
    }
    if (field->kind == FIELD_BOOL) {
        return KIND_BOOL;
    }
    return field->list ? KIND_LIST : KIND_TEXT;
}

static bool add(struct record_layout *layout, const struct field *field)
{
    if (layout->num_fields == RECORD_MAX_FIELDS) {
        return false;
    }
    layout->fields[layout->num_fields] = *field;
    return add_column(layout, field->name, kind_of(field));
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
    layout->sequence = NO_FIELD;
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

/* One line; its name goes to layout->names. */
static bool parse_column(struct record_layout *layout, struct bytes line, size_t *used)
{
    char *name = layout->names + *used;
    uint8_t kind;
    size_t len;

    if (layout->num_fields == RECORD_MAX_FIELDS || !take_u8(&line, &kind) || kind == '\0' ||
        strchr("nblt", kind) == NULL || !bytes_is_printable(line) ||
        !bytes_copy(line, name, sizeof(layout->names) - *used - 1, &len) || len == 0) {
        return false;
    }
    name[len] = '\0';
    *used += len + 1;
    return add_column(layout, name, (char)kind);
}

struct record_layout *record_layout_parse(struct bytes about)
{
    struct record_layout *layout = calloc(1, sizeof(*layout));
    struct bytes line;
    size_t used = 0;
    size_t at;
    bool makes_sense = layout != NULL && !bytes_find_byte(about, '\r', &at); /* we write none */

    if (layout != NULL) {
        layout->sequence = NO_FIELD;
    }
    while (makes_sense && take_line(&about, &line)) {
        makes_sense = used + 1 < sizeof(layout->names) && parse_column(layout, line, &used);
    }
    if (!makes_sense || about.len > 0 || layout->num_fields == 0) {
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

struct bytes record_layout_about(const struct record_layout *layout)
{
    return bytes_view(layout->about, layout->about_len);
}

/* JSON and Redis readers know no infinity. */
static bool is_left_out(const struct field *field, const void *object)
{
    double number;

    return field_is_absent(field, object) ||
           (field_number(field, object, &number) && !isfinite(number));
}

/* All texts into layout->text, one after another, what is absent empty; the length, or 0 when they
 * do not fit. */
static size_t write_texts(struct record_layout *layout, const void *object, uint32_t *ends)
{
    size_t used = 0;

    for (size_t i = 0; i < layout->num_fields; i++) {
        const struct field *field = &layout->fields[i];
        char scratch[FIELD_TEXT_MAX];
        struct bytes text = field_text(field, object, scratch);

        if (is_left_out(field, object)) {
            text = BYTES("");
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

static void write_value(struct json *json, char kind, struct bytes text)
{
    if (kind == KIND_NUMBER || kind == KIND_BOOL) {
        json_token(json, text);
    } else if (kind == KIND_LIST) {
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

/* Of the texts in layout->text. The length, or 0 when it does not fit. */
static size_t write_json(struct record_layout *layout, const uint32_t *ends)
{
    struct json json;
    const char *in = "";

    json_init(&json, layout->json, sizeof(layout->json));
    json_open(&json, '{');
    for (size_t i = 0; i < layout->num_fields; i++) {
        const struct column *column = &layout->columns[layout->order[i]];
        struct bytes text = text_of(layout->text, ends, layout->order[i]);

        if (text.len == 0) {
            continue;
        }
        json_key(&json, bytes_of_text(nest_descend(&json, in, column->name)));
        write_value(&json, column->kind, text);
        in = column->name;
    }
    (void)nest_descend(&json, in, "");
    json_close(&json, '}');
    return json_end(&json) ? json.len : 0;
}

/* From the texts, and the JSON if it has one, in the layout's scratch memory. */
static struct record *assemble(const struct record_layout *layout, const uint32_t *ends,
                               size_t json_len)
{
    size_t ends_size = layout->num_fields * sizeof(ends[0]);
    size_t text_len = ends[layout->num_fields - 1];
    size_t size = sizeof(struct record) + ends_size + text_len + json_len;
    struct record *record = malloc(size);

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

struct record *record_new(struct record_layout *layout, const void *object)
{
    uint32_t ends[RECORD_MAX_FIELDS];
    size_t json_len = write_texts(layout, object, ends) > 0 ? write_json(layout, ends) : 0;

    return json_len > 0 ? assemble(layout, ends, json_len) : NULL;
}

struct record *record_new_flat(struct record_layout *layout, const void *object)
{
    uint32_t ends[RECORD_MAX_FIELDS];

    return write_texts(layout, object, ends) > 0 ? assemble(layout, ends, 0) : NULL;
}

/* A length of 7 bits an octet, lowest first, the last one below 128. */
static size_t put_len(uint8_t *out, size_t len)
{
    size_t num = 0;

    while (len >= 128) {
        out[num++] = (uint8_t)(len | 128);
        len >>= 7;
    }
    out[num++] = (uint8_t)len;
    return num;
}

static bool take_len(struct bytes *in, size_t *len)
{
    struct bytes rest = *in;
    uint8_t octet = 128;

    *len = 0;
    for (unsigned shift = 0; octet >= 128; shift += 7) {
        if (shift > 21 || !take_u8(&rest, &octet)) {
            return false;
        }
        *len |= (size_t)(octet & 127) << shift;
    }
    *in = rest;
    return true;
}

size_t record_pack(const struct record *record, void *out)
{
    uint8_t *octets = out;
    size_t used = 0;

    for (size_t i = 0; i < record->layout->num_fields; i++) {
        size_t start = i == 0 ? 0 : record->ends[i - 1];
        size_t len = i == record->layout->sequence ? 0 : record->ends[i] - start;

        used += put_len(octets + used, len);
        memcpy(octets + used, record->data + start, len);
        used += len;
    }
    return used;
}

static bool take_digits(struct bytes *in)
{
    size_t before = in->len;
    uint8_t digit;

    while (peek_u8(*in, &digit) && digit >= '0' && digit <= '9') {
        (void)take_skip(in, 1);
    }
    return in->len < before;
}

/* A number of JSON (RFC 8259, section 6). */
static bool is_number(struct bytes text)
{
    bool is_whole = take_prefix(&text, BYTES("-0")) || take_prefix(&text, BYTES("0"));

    if (!is_whole) {
        (void)take_prefix(&text, BYTES("-"));
        is_whole = take_digits(&text);
    }
    if (!is_whole || (take_prefix(&text, BYTES(".")) && !take_digits(&text))) {
        return false;
    }
    if (take_prefix_nocase(&text, BYTES("e"))) {
        (void)(take_prefix(&text, BYTES("+")) || take_prefix(&text, BYTES("-")));
        return take_digits(&text) && text.len == 0;
    }
    return text.len == 0;
}

/* What stands in JSON as it is must be what it says: a file may be damaged. */
static bool fits_kind(char kind, struct bytes text)
{
    if (kind == KIND_BOOL) {
        return bytes_equal(text, BYTES("true")) || bytes_equal(text, BYTES("false"));
    }
    return kind != KIND_NUMBER || is_number(text);
}

/* The texts into layout->text, and their ends. */
static bool unpack_texts(struct record_layout *layout, struct bytes packed, uint64_t sequence,
                         uint32_t *ends)
{
    char number[24];
    size_t used = 0;

    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)sequence);
    for (size_t i = 0; i < layout->num_fields; i++) {
        struct bytes text;
        size_t len;

        if (!take_len(&packed, &len) || !take_bytes(&packed, len, &text)) {
            return false;
        }
        text = i == layout->sequence ? bytes_of_text(number) : text;
        if ((text.len > 0 && !fits_kind(layout->columns[i].kind, text)) ||
            !bytes_copy(text, layout->text + used, sizeof(layout->text) - used, &len)) {
            return false;
        }
        used += len;
        ends[i] = (uint32_t)used;
    }
    return packed.len == 0;
}

struct record *record_unpack(struct record_layout *layout, struct bytes packed, uint64_t sequence)
{
    uint32_t ends[RECORD_MAX_FIELDS];
    size_t json_len = unpack_texts(layout, packed, sequence, ends) ? write_json(layout, ends) : 0;
    struct record *record = json_len > 0 ? assemble(layout, ends, json_len) : NULL;

    if (record != NULL) {
        record->sequence = sequence;
    }
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
    return record->layout->columns[i].name;
}

char record_kind(const struct record *record, size_t i)
{
    return record->layout->columns[i].kind;
}

bool record_has(const struct record *record, size_t i)
{
    return text_of(record->data, record->ends, i).len > 0;
}

/* An absent number is 0 wherever fields are flat. */
struct bytes record_text(const struct record *record, size_t i)
{
    struct bytes text = text_of(record->data, record->ends, i);

    return text.len == 0 && record->layout->columns[i].kind == KIND_NUMBER ? BYTES("0") : text;
}

struct bytes record_find(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record->layout->num_fields; i++) {
        if (strcmp(record->layout->columns[i].name, name) == 0) {
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

const struct record_layout *record_layout_of(const struct record *record)
{
    return record->layout;
}

uint64_t record_sequence(const struct record *record)
{
    return record->sequence;
}
