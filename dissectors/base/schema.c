#include "dissectors/base/schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dissectors/base/text.h"

static const void *member(const struct field *field, const void *object)
{
    return (const char *)object + field->offset;
}

bool field_is_numeric(const struct field *field)
{
    return field->kind == FIELD_U64 || field->kind == FIELD_U32 || field->kind == FIELD_U16 ||
           field->kind == FIELD_REAL;
}

static uint64_t integer(const struct field *field, const void *object)
{
    uint64_t u64 = 0;
    uint32_t u32 = 0;
    uint16_t u16 = 0;

    if (field->kind == FIELD_U64) {
        memcpy(&u64, member(field, object), sizeof(u64));
        return u64;
    }
    if (field->kind == FIELD_U32) {
        memcpy(&u32, member(field, object), sizeof(u32));
        return u32;
    }
    memcpy(&u16, member(field, object), sizeof(u16));
    return u16;
}

static double real(const struct field *field, const void *object)
{
    double value;

    memcpy(&value, member(field, object), sizeof(value));
    return value;
}

static unsigned word_value(const struct field *field, const void *object)
{
    unsigned value;

    memcpy(&value, member(field, object), sizeof(value)); /* our enums are unsigned int */
    return value;
}

static const char *string(const struct field *field, const void *object)
{
    const char *text;

    if (field->kind == FIELD_TEXT) {
        return member(field, object);
    }
    if (field->kind == FIELD_CONSTANT) {
        return field->constant;
    }
    if (field->kind == FIELD_WORD) {
        return field->word(word_value(field, object));
    }
    memcpy(&text, member(field, object), sizeof(text));
    return text != NULL ? text : "";
}

bool field_number(const struct field *field, const void *object, double *out)
{
    if (!field_is_numeric(field) || field_is_absent(field, object)) {
        return false;
    }
    *out = field->kind == FIELD_REAL ? real(field, object) : (double)integer(field, object);
    return true;
}

bool field_is_absent(const struct field *field, const void *object)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_STRING:
    case FIELD_WORD:
    case FIELD_CONSTANT:
        return string(field, object)[0] == '\0';
    case FIELD_U64:
    case FIELD_U32:
    case FIELD_U16:
        return field->zero_absent && integer(field, object) == 0;
    case FIELD_REAL:
        return real(field, object) < 0 || isnan(real(field, object));
    case FIELD_TIME:
        return ((const struct timestamp *)member(field, object))->ns == 0;
    case FIELD_ADDRESS:
        return ((const struct address *)member(field, object))->version == 0;
    case FIELD_MAC:
        return !((const struct mac *)member(field, object))->known;
    case FIELD_BOOL:
        break;
    }
    return false;
}

static void print_time(uint64_t ns, char *text, size_t size)
{
    time_t seconds = (time_t)(ns / 1000000000u);
    struct tm utc = {0};
    char date[32];

    (void)gmtime_r(&seconds, &utc);
    (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(text, size, "%s.%06uZ", date, (unsigned)(ns % 1000000000u / 1000u));
}

struct bytes field_text(const struct field *field, const void *object, char scratch[FIELD_TEXT_MAX])
{
    scratch[0] = '\0';
    if (field_is_absent(field, object)) {
        return bytes_view(scratch, 0);
    }
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_STRING:
    case FIELD_WORD:
    case FIELD_CONSTANT:
        return bytes_of_text(string(field, object));
    case FIELD_U64:
    case FIELD_U32:
    case FIELD_U16:
        (void)text_append_number(scratch, FIELD_TEXT_MAX, integer(field, object));
        break;
    case FIELD_REAL:
        (void)snprintf(scratch, FIELD_TEXT_MAX, "%.6g", real(field, object));
        break;
    case FIELD_TIME:
        print_time(((const struct timestamp *)member(field, object))->ns, scratch, FIELD_TEXT_MAX);
        break;
    case FIELD_ADDRESS:
        address_print(member(field, object), scratch);
        break;
    case FIELD_MAC:
        mac_print(member(field, object), scratch);
        break;
    case FIELD_BOOL:
        return *(const bool *)member(field, object) ? BYTES("true") : BYTES("false");
    }
    return bytes_of_text(scratch);
}

const struct field *schema_find(const struct schema *schema, struct bytes name)
{
    for (size_t i = 0; i < schema->num_fields; i++) {
        if (bytes_equal(bytes_of_text(schema->fields[i].name), name)) {
            return &schema->fields[i];
        }
    }
    return NULL;
}
