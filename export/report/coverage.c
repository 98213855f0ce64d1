/* The block below the table: see table_print_coverage in table.h. */
#include <string.h>

#include "export/report/table.h"

enum { LABEL_WIDTH = 22, MIN_WIDTH = 40, PIPE_WIDTH = 100 };

struct place {
    size_t skip;  /* of every name */
    size_t width; /* for the members of a group */
};

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

/* Text of one line that is being put together; what does not fit is left out. */
struct text {
    char characters[160];
    size_t len;
};

static void add(struct text *text, char character)
{
    if (text->len < sizeof(text->characters)) {
        text->characters[text->len++] = character;
    }
}

static void add_words(struct text *text, const char *words, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        add(text, (char)(words[i] == '.' || words[i] == '_' ? ' ' : words[i]));
    }
}

/* 1234567 as "1,234,567" */
static void add_number(struct text *text, struct bytes digits, bool grouped)
{
    uint8_t digit;

    while (take_u8(&digits, &digit)) {
        add(text, (char)digit);
        if (grouped && digits.len > 0 && digits.len % 3 == 0) {
            add(text, ',');
        }
    }
}

/* "1,234,567 truncated" */
static struct text item_of(const struct field *field, const void *record)
{
    char scratch[FIELD_TEXT_MAX];
    struct text text = {.len = 0};
    size_t start = prefix_len(field->name);

    start += start > 0;
    add_number(&text, field_text(field, record, scratch), field->kind != FIELD_REAL);
    add(&text, ' ');
    add_words(&text, field->name + start, strlen(field->name + start));
    return text;
}

static void print_label(FILE *out, const char *name, size_t skip)
{
    size_t len = prefix_len(name);
    struct text label = {.len = 0};

    if (len > skip) {
        add_words(&label, name + skip, len - skip);
    } else {
        add_words(&label, "in all", 6);
    }
    (void)fprintf(out, "  %.*s%*s", (int)label.len, label.characters,
                  label.len < LABEL_WIDTH ? (int)(LABEL_WIDTH - label.len) : 1, "");
}

/* The line of the group that begins at a field: all its shown members, folded at the width. */
static void print_group(FILE *out, const struct schema *schema, const void *record, size_t begin,
                        const struct place *place)
{
    size_t used = 0;

    print_label(out, schema->fields[begin].name, place->skip);
    for (size_t i = begin; i < schema->num_fields; i++) {
        const struct field *field = &schema->fields[i];
        struct text item;

        if (!is_shown(field, record) || !same_group(field->name, schema->fields[begin].name)) {
            continue;
        }
        item = item_of(field, record);
        if (used > 0 && used + 3 + item.len > place->width) { /* ", " and the next ',' */
            (void)fprintf(out, ",\n%*s", 2 + LABEL_WIDTH, "");
            used = 0;
        }
        (void)fprintf(out, "%s%.*s", used > 0 ? ", " : "", (int)item.len, item.characters);
        used += (used > 0 ? 2 : 0) + item.len;
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
    size_t width = style->width == 0          ? PIPE_WIDTH
                   : style->width < MIN_WIDTH ? MIN_WIDTH
                                              : style->width;
    struct place place = {shared_by_all(schema), width - LABEL_WIDTH - 2};

    (void)fprintf(out, style->colour ? "\n\033[1m%s\033[0m\n" : "\n%s\n",
                  "What this answer rests on");
    for (size_t i = 0; i < schema->num_fields; i++) {
        if (begins_group(schema, record, i)) {
            print_group(out, schema, record, i, &place);
        }
    }
}
