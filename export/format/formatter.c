#include "export/format/formatter.h"

#include <stdlib.h>

#include "export/format/cef.h"
#include "export/format/ocsf.h"

/* OCSF names things at greater length than we do. */
enum { MAX_LINE = RECORD_MAX_JSON + 32 * 1024 };

struct formatter {
    enum formatter_kind kind;
    struct ocsf *ocsf;
    struct lookup lookup; /* of CEF */
    char line[MAX_LINE];
};

/* Before the number, in a line of each kind. None can stand in a value: there a quotation mark, and
 * in CEF's extension an equals sign, has a backslash before it. */
static const char *const sequence_marks[NUM_FORMATTERS] = {[FORMATTER_ECS] = "\"sequence\":",
                                                           [FORMATTER_OCSF] = "\"sequence\":",
                                                           [FORMATTER_CEF] = " cn1="};

struct formatter *formatter_new(enum formatter_kind kind)
{
    struct formatter *formatter = calloc(1, sizeof(*formatter));

    if (formatter == NULL) {
        return NULL;
    }
    formatter->kind = kind;
    if (kind == FORMATTER_OCSF) {
        formatter->ocsf = ocsf_new();
        if (formatter->ocsf == NULL) {
            formatter_free(formatter);
            return NULL;
        }
    }
    return formatter;
}

void formatter_free(struct formatter *formatter)
{
    if (formatter != NULL) {
        ocsf_free(formatter->ocsf);
        free(formatter);
    }
}

bool formatter_write(struct formatter *formatter, const struct record *record, struct bytes *line)
{
    size_t len = 0;

    switch (formatter->kind) {
    case FORMATTER_OCSF:
        len = ocsf_write(formatter->ocsf, record, formatter->line, sizeof(formatter->line));
        break;
    case FORMATTER_CEF:
        len = cef_write(&formatter->lookup, record, formatter->line, sizeof(formatter->line));
        break;
    case FORMATTER_ECS:
    case NUM_FORMATTERS:
        *line = record_json(record);
        return line->len > 0;
    }
    *line = bytes_view(formatter->line, len);
    return len > 0;
}

bool formatter_find_sequence(enum formatter_kind kind, struct bytes line, uint64_t *sequence)
{
    struct bytes mark = bytes_of_text(sequence_marks[kind]);
    size_t position;
    bool is_found = false;

    while (bytes_find(line, mark, &position)) { /* the last: a name in CEF's header may have one */
        line = bytes_after(line, position + mark.len);
        is_found = true;
    }
    return is_found && take_decimal(&line, UINT64_MAX, sequence);
}
