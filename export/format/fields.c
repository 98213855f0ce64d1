#include "export/format/fields.h"

#include <string.h>

#include "export/format/mapping.h"

static const char introduction[] = "# Fields\n"
                                   "\n"
                                   "Generated from the schema of a finding and "
                                   "`export/format/mapping.c`; do not edit. A test says\n"
                                   "how to make it anew when it is out of date.\n"
                                   "\n"
                                   "The first column is the name in ECS 8.11 (JSON), in Redis and "
                                   "in the table below. OCSF is schema\n"
                                   "1.4.0; a field without a path there is kept as `unmapped.` and "
                                   "its name, one with a dash is said\n"
                                   "by other attributes. CEF is version 0.\n"
                                   "\n";

static const char *const class_titles[NUM_OCSF_CLASSES] = {
    [OCSF_AUTHENTICATION] = "an attempt to authenticate (`basictap.kind` auth)",
    [OCSF_NETWORK] = "a TLS session that could not be read (tls)",
    [OCSF_DETECTION] = "a rule over several findings fired (alert)",
    [OCSF_COMPLIANCE] = "the summary of a device (device)",
    [OCSF_BASE] = "anything else (coverage)",
};

static void write_classes(FILE *file)
{
    (void)fputs("## Classes of OCSF\n\n| class | category | activity | what |\n|---|---|---|---|\n",
                file);
    for (size_t i = 0; i < NUM_OCSF_CLASSES; i++) {
        const struct ocsf_numbers *numbers = &ocsf_numbers[i];

        (void)fprintf(file, "| %u %s | %u %s | %u %s | %s |\n", numbers->class_uid,
                      numbers->class_name, numbers->category_uid, numbers->category_name,
                      numbers->activity_id, numbers->activity_name, class_titles[i]);
    }
}

static const char *kind_word(const struct field *field)
{
    if (field_is_numeric(field)) {
        return "number";
    }
    if (field->list) {
        return "list";
    }
    switch (field->kind) {
    case FIELD_BOOL:
        return "boolean";
    case FIELD_TIME:
        return "time";
    case FIELD_ADDRESS:
        return "IP address";
    case FIELD_MAC:
        return "MAC address";
    case FIELD_WORD:
    case FIELD_CONSTANT:
        return "word";
    case FIELD_TEXT:
    case FIELD_STRING:
    case FIELD_U64:
    case FIELD_U32:
    case FIELD_U16:
    case FIELD_REAL:
        break;
    }
    return "text";
}

/* Paths of one class after another, each once, with commas. */
static void write_paths(FILE *file, const char *name)
{
    static const enum ocsf_class shown[] = {OCSF_AUTHENTICATION, OCSF_NETWORK, OCSF_DETECTION,
                                            OCSF_COMPLIANCE};
    const char *told[sizeof(shown) / sizeof(shown[0]) * 4] = {NULL};
    size_t num_told = 0;

    for (size_t i = 0; i < num_mappings * 4; i++) {
        const struct mapping *row = &mappings[i / 4];
        const char *path = mapping_path(row, shown[i % 4]);
        bool is_told = strcmp(row->field, name) != 0 || path == NULL;

        for (size_t j = 0; j < num_told && !is_told; j++) {
            is_told = strcmp(told[j], path) == 0;
        }
        if (is_told || num_told == sizeof(told) / sizeof(told[0])) {
            continue;
        }
        (void)fprintf(file, path[0] == '\0' ? "-%s" : "%s`%s`", num_told > 0 ? ", " : "", path);
        told[num_told++] = path;
    }
}

static void write_cef(FILE *file, const char *name)
{
    for (size_t i = 0; i < num_mappings; i++) {
        const struct mapping *row = &mappings[i];

        if (row->cef == NULL || strcmp(row->field, name) != 0) {
            continue;
        }
        (void)fprintf(file, "`%s`", row->cef);
        if (row->cef_label != NULL) {
            (void)fprintf(file, " (%s)", row->cef_label);
        } else if (row->cef_as == AS_ADDRESS) {
            (void)fputs(strcmp(row->cef, "src") == 0 ? ", `c6a2` for IPv6" : ", `c6a3` for IPv6",
                        file);
        }
    }
}

static void write_sd(FILE *file, const char *name)
{
    for (size_t i = 0; i < num_mappings; i++) {
        if (mappings[i].sd != NULL && strcmp(mappings[i].field, name) == 0) {
            (void)fprintf(file, "`%s`", mappings[i].sd);
        }
    }
}

static void write_row(FILE *file, const char *name, const char *kind, const char *help)
{
    (void)fprintf(file, "| `%s` | %s | %s | ", name, kind, help);
    write_paths(file, name);
    (void)fputs(" | ", file);
    write_cef(file, name);
    (void)fputs(" | ", file);
    write_sd(file, name);
    (void)fputs(" |\n", file);
}

static void write_words(FILE *file, const char *title, const struct mapping_words *words)
{
    (void)fprintf(file, "\n%s: ", title);
    for (size_t i = 0; i < words->num; i++) {
        const struct mapping_word *word = &words->words[i];

        (void)fprintf(file, "%s%s %u", i > 0 ? ", " : "",
                      word->word[0] != '\0' ? word->word : "(empty)", word->number);
    }
    (void)fputs(".\n", file);
}

static void write_values(FILE *file)
{
    (void)fputs("\n## Values\n", file);
    for (size_t i = 0; i < num_mappings; i++) {
        const struct mapping *row = &mappings[i];

        if (row->words != NULL) {
            char title[256];

            for (enum ocsf_class class = OCSF_AUTHENTICATION; class < NUM_OCSF_CLASSES; class ++) {
                const char *path = mapping_path(row, class);

                if (path != NULL) {
                    (void)snprintf(title, sizeof(title), "`%s` from `%s`", path, row->field);
                    break;
                }
            }
            write_words(file, title, row->words);
        }
    }
    write_words(file, "Severity of CEF from `rule.level`", &mapping_cef_severities);
    write_words(file, "Severity of syslog from `rule.level`", &mapping_syslog_severities);
}

bool fields_write(FILE *file, const struct schema *finding)
{
    (void)fputs(introduction, file);
    write_classes(file);
    (void)fputs("\n## Fields of a finding\n\n"
                "| field | kind | meaning | OCSF | CEF | syslog |\n|---|---|---|---|---|---|\n",
                file);
    for (size_t i = 0; i < finding->num_fields; i++) {
        const struct field *field = &finding->fields[i];

        write_row(file, field->name, kind_word(field), field->help);
    }
    write_row(file, "observer.name", "text", "name of the sensor");
    write_row(file, "observer.vendor", "word", "always basictap");
    write_row(file, "observer.product", "word", "always basictap");
    write_row(file, "observer.version", "text", "version of basictap");
    write_row(file, "observer.type", "word", "always sensor");
    write_row(file, "ecs.version", "text", "version of ECS");
    write_values(file);
    return ferror(file) == 0;
}
