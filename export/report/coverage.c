/* The block below the table: see table_print_coverage in table.h. */
#include <string.h>

#include "export/report/table.h"

enum { LABEL_WIDTH = 22 };

static size_t prefix_len(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL ? (size_t)(dot - name) : 0;
}

/* Length of the leading segments, dots included, that the numbers' names all share. */
static size_t shared_by_all(const struct schema *schema)
{
    const char *first = NULL;
    size_t shared = 0;

    for (size_t i = 0; i < schema->num_fields; i++) {
        const char *name = schema->fields[i].name;
        size_t len = 0;

        if (!field_is_numeric(&schema->fields[i])) {
            continue;
        }
        if (first == NULL) {
            first = name;
            shared = prefix_len(name) + (prefix_len(name) > 0);
            continue;
        }
        for (size_t at = 0; at < shared && name[at] == first[at]; at++) {
            len = name[at] == '.' ? at + 1 : len;
        }
        shared = len;
    }
    return shared;
}

static bool is_shown(const struct field *field, const void *record)
{
    return field_is_numeric(field) && !field_is_absent(field, record);
}

static bool same_group(const char *a, const char *b)
{
    return prefix_len(a) == prefix_len(b) && strncmp(a, b, prefix_len(a)) == 0;
}

static void print_words(FILE *out, const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        (void)fputc(at[i] == '.' || at[i] == '_' ? ' ' : at[i], out);
    }
}

/* 1234567 as "1,234,567" */
static void print_number(FILE *out, struct bytes digits)
{
    uint8_t digit;

    while (take_u8(&digits, &digit)) {
        (void)fputc(digit, out);
        if (digits.len > 0 && digits.len % 3 == 0) {
            (void)fputc(',', out);
        }
    }
}

static void print_value(FILE *out, const struct field *field, const void *record)
{
    char scratch[FIELD_TEXT_MAX];
    struct bytes text = field_text(field, record, scratch);
    size_t start = prefix_len(field->name);

    start += start > 0;
    if (field->kind == FIELD_REAL) {
        (void)fprintf(out, "%.*s", (int)text.len, (const char *)text.at);
    } else {
        print_number(out, text);
    }
    (void)fputc(' ', out);
    print_words(out, field->name + start, strlen(field->name + start));
}

static void print_label(FILE *out, const char *name, size_t skip)
{
    size_t len = prefix_len(name) > skip ? prefix_len(name) - skip : 0;

    (void)fputs("  ", out);
    print_words(out, name + skip, len);
    (void)fprintf(out, "%*s", len < LABEL_WIDTH ? (int)(LABEL_WIDTH - len) : 1, "");
}

/* The line of the group that begins at a field: all its shown members. */
static void print_group(FILE *out, const struct schema *schema, const void *record, size_t begin,
                        size_t skip)
{
    const char *between = "";

    print_label(out, schema->fields[begin].name, skip);
    for (size_t i = begin; i < schema->num_fields; i++) {
        const struct field *field = &schema->fields[i];

        if (is_shown(field, record) && same_group(field->name, schema->fields[begin].name)) {
            (void)fputs(between, out);
            print_value(out, field, record);
            between = ", ";
        }
    }
    (void)fputc('\n', out);
}

static bool begins_group(const struct schema *schema, const void *record, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (is_shown(&schema->fields[i], record) &&
            same_group(schema->fields[i].name, schema->fields[index].name)) {
            return false;
        }
    }
    return is_shown(&schema->fields[index], record);
}

void table_print_coverage(FILE *out, const struct table_style *style, const struct schema *schema,
                          const void *record)
{
    size_t skip = shared_by_all(schema);

    (void)fprintf(out, style->colour ? "\n\033[1m%s\033[0m\n" : "\n%s\n",
                  "What this answer rests on");
    for (size_t i = 0; i < schema->num_fields; i++) {
        if (begins_group(schema, record, i)) {
            print_group(out, schema, record, i, skip);
        }
    }
}
