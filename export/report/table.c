#include "export/report/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "export/report/columns.h"
#include "export/report/rows.h"

struct table {
    struct rows rows;
    size_t max_shown;
};

static const char *const headings[NUM_SECTIONS] = {
    [SECTION_BASIC] = "Basic: a password on the wire",
    [SECTION_INFERRED] = "Inferred from encrypted sessions, not read",
    [SECTION_INTEGRATED] = "Integrated: NTLM, Kerberos",
    [SECTION_CHALLENGE] = "Challenge and response: no password on the wire",
    [SECTION_MODERN] = "Modern: tokens, certificates",
    [SECTION_OTHER] = "Mechanism not known",
    [SECTION_NONE] = "No authentication: relay, direct send",
    [SECTION_PROXY] = "Given to a proxy, not to Exchange",
    [SECTION_UNREADABLE] = "Encrypted sessions that could not be read",
};

struct table *table_new(const struct table_limits *limits)
{
    struct table *table = calloc(1, sizeof(*table));

    if (table == NULL) {
        return NULL;
    }
    table->max_shown = limits->max_shown > 0 ? limits->max_shown : 1000;
    if (!rows_init(&table->rows, limits->max_rows > 0 ? limits->max_rows : 20000,
                   limits->max_devices > 0 ? limits->max_devices : 100000)) {
        table_free(table);
        return NULL;
    }
    return table;
}

void table_free(struct table *table)
{
    if (table != NULL) {
        rows_clear(&table->rows);
        free(table);
    }
}

void table_add(struct table *table, const struct schema *schema, const void *record)
{
    rows_add(&table->rows, schema, record);
}

static void print_bold(FILE *out, const struct table_style *style, const char *words)
{
    (void)fprintf(out, style->colour ? "\033[1m%s\033[0m\n" : "%s\n", words);
}

/* How many devices stand for what; each is in one number at most. */
struct summary {
    size_t basic;
    size_t refused;
    size_t inferred;
    size_t unreadable; /* nothing of theirs could be read or inferred */
};

static struct summary sum_up(const struct rows *rows)
{
    struct summary sum = {0};

    for (size_t i = 0; i < rows->num_devices; i++) {
        const struct device *device = rows->devices[i];

        if (device->basic > 0) {
            sum.basic++;
        } else if (device->basic_refused > 0) {
            sum.refused++;
        } else if (device->basic_inferred > 0) {
            sum.inferred++;
        } else if (device->read == 0 && device->inferred == 0 && device->unreadable > 0) {
            sum.unreadable++;
        }
    }
    return sum;
}

static const char *devices(size_t num)
{
    return num == 1 ? "device" : "devices";
}

static void print_answer(const struct rows *rows, const struct summary *sum, FILE *out)
{
    size_t all = rows->num_devices;

    if (all == 0) {
        (void)fprintf(out, "No use of Basic Authentication was seen: no login of any kind was.\n");
    } else if (sum->basic == 0 && sum->refused == 0) {
        (void)fprintf(out, "No use of Basic Authentication was seen, on %zu %s.\n", all,
                      devices(all));
    } else {
        (void)fprintf(out, "%zu of %zu %s still send%s a password", sum->basic, all, devices(all),
                      sum->basic == 1 ? "s" : "");
        if (sum->refused > 0) {
            (void)fprintf(out, "; %zu %s refused already", sum->refused,
                          sum->refused == 1 ? "is" : "are");
        }
        (void)fprintf(out, ".\n");
    }
    if (sum->inferred > 0) {
        (void)fprintf(out, "%zu%s probably %s: inferred from encrypted sessions.\n", sum->inferred,
                      sum->basic + sum->refused > 0 ? " more" : "",
                      sum->inferred == 1 ? "does" : "do");
    }
    if (sum->unreadable > 0) {
        (void)fprintf(out, "%zu %s could not be judged: all sessions were encrypted.\n",
                      sum->unreadable, devices(sum->unreadable));
    }
}

static void print_span(const struct totals *totals, FILE *out)
{
    time_t first = (time_t)(totals->first_ns / 1000000000u);
    time_t last = (time_t)(totals->last_ns / 1000000000u);
    struct tm utc = {0};
    char from[32];
    char to[32];

    if (totals->last_ns == 0) {
        return;
    }
    (void)gmtime_r(&first, &utc);
    (void)strftime(from, sizeof(from), "%Y-%m-%d %H:%M:%S", &utc);
    (void)gmtime_r(&last, &utc);
    (void)strftime(to, sizeof(to), first / 86400 == last / 86400 ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S",
                   &utc);
    (void)fprintf(out, "From %s to %s UTC.\n", from, to);
}

static void print_section(const struct table *table, const struct columns *columns, FILE *out,
                          const struct table_style *style, enum section section)
{
    const struct rows *rows = &table->rows;
    size_t num = 0;

    for (size_t i = 0; i < rows->num_rows; i++) {
        if (rows->rows[i]->section != section) {
            continue;
        }
        if (num == 0) {
            (void)fputc('\n', out);
            print_bold(out, style, headings[section]);
            columns_print_heading(columns, out);
        }
        if (num++ < table->max_shown) {
            columns_print_row(columns, out, rows->rows[i]);
        }
    }
    if (num > table->max_shown) {
        (void)fprintf(out, "and %zu more\n", num - table->max_shown);
    }
}

/* "41 basic, 3 modern" */
static void print_counts(FILE *out, const char *title, const uint64_t counts[NUM_FAMILIES])
{
    static const enum family order[] = {FAMILY_BASIC,  FAMILY_INTEGRATED,  FAMILY_CHALLENGE,
                                        FAMILY_MODERN, FAMILY_CERTIFICATE, FAMILY_UNKNOWN,
                                        FAMILY_NONE};
    const char *before = title;

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (counts[order[i]] > 0) {
            (void)fprintf(out, "%s %llu %s", before, (unsigned long long)counts[order[i]],
                          order[i] == FAMILY_NONE ? "without authentication"
                                                  : family_word(order[i]));
            before = ",";
        }
    }
    if (before != title) {
        (void)fputc('\n', out);
    }
}

static void print_count(FILE *out, const char *title, uint64_t count)
{
    if (count > 0) {
        (void)fprintf(out, "%s %llu\n", title, (unsigned long long)count);
    }
}

static void print_totals(const struct rows *rows, FILE *out, const struct table_style *style)
{
    if (rows->num_rows == 0 && rows->no_room == 0) {
        return;
    }
    (void)fputc('\n', out);
    print_bold(out, style, "Attempts");
    print_counts(out, "  read       ", rows->totals.read);
    print_counts(out, "  inferred   ", rows->totals.inferred);
    print_count(out, "  undecided  ", rows->totals.undecided);
    print_count(out, "  to a proxy ", rows->totals.proxy);
    print_count(out, "  unreadable ", rows->totals.unreadable);
    print_count(out, "  in no row (limit reached), but counted above:", rows->no_room);
}

static void print_rules(const struct rows *rows, FILE *out, const struct table_style *style)
{
    if (rows->num_rules == 0) {
        return;
    }
    (void)fputc('\n', out);
    print_bold(out, style, "Rules that fired, the most severe of each finding");
    for (size_t i = 0; i < rows->num_rules; i++) {
        const struct fired_rule *rule = &rows->rules[i];

        (void)fprintf(out, "  %-13s  %s (%llu)\n", rule->level,
                      rule->name[0] != '\0' ? rule->name : rule->id,
                      (unsigned long long)rule->count);
    }
}

void table_print(struct table *table, FILE *out, const struct table_style *style)
{
    struct rows *rows = &table->rows;
    struct summary sum = sum_up(rows);
    struct columns columns;
    char left_out[CELL_SIZE];

    rows_sort(rows);
    columns_fit(&columns, rows, table->max_shown, style->width);
    print_bold(out, style, "Who still uses Basic Authentication");
    print_answer(rows, &sum, out);
    print_span(&rows->totals, out);
    for (unsigned i = 0; i < NUM_SECTIONS; i++) {
        print_section(table, &columns, out, style, i);
    }
    columns_left_out(&columns, left_out);
    if (left_out[0] != '\0') {
        (void)fprintf(out, "\n(no room in %u columns for %s)\n", style->width, left_out);
    }
    print_totals(rows, out, style);
    print_rules(rows, out, style);
}
