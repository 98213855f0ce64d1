#include "export/report/columns.h"

#include <string.h>
#include <time.h>

#include "dissectors/base/text.h"
#include "export/report/width.h"

enum { GAP = 2 };

struct description {
    const char *title;
    size_t min; /* cut no shorter */
    size_t max; /* cut to that even when there is room */
};

static const struct description descriptions[NUM_COLUMNS] = {
    [COLUMN_DEVICE] = {"DEVICE", 14, 40},       [COLUMN_NAME] = {"NAME", 8, 32},
    [COLUMN_CLIENT] = {"CLIENT", 8, 28},        [COLUMN_SERVICE] = {"SERVICE", 7, 15},
    [COLUMN_MECHANISM] = {"MECHANISM", 10, 28}, [COLUMN_USER] = {"USER", 14, 40},
    [COLUMN_TARGET] = {"TARGET", 10, 28},       [COLUMN_OUTCOME] = {"OUTCOME", 22, 48},
    [COLUMN_FIRST] = {"FIRST", 8, 11},          [COLUMN_LAST] = {"LAST", 8, 11},
    [COLUMN_CERTAINTY] = {"CERTAINTY", 9, 20},
};

/* Who must act needs device, service, user, outcome; and how sure we are. */
static const enum column dispensable[] = {COLUMN_FIRST, COLUMN_CLIENT,    COLUMN_TARGET,
                                          COLUMN_NAME,  COLUMN_MECHANISM, COLUMN_LAST};

/* Cells are many: what text and numbers can say is said without a format. */
static void add(char cell[CELL_SIZE], const char *text)
{
    (void)text_append(cell, CELL_SIZE, text);
}

static void add_number(char cell[CELL_SIZE], const char *before, uint64_t number)
{
    add(cell, before);
    (void)text_append_number(cell, CELL_SIZE, number);
}

static void add_probability(char cell[CELL_SIZE], const char *before, double probability)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%s%.2f", before, probability);
    add(cell, text);
}

/* "imap-login", "imap-login +1", "imap-login +3 or more" */
static void say_values(char cell[CELL_SIZE], const struct values *values)
{
    if (values->num > 0) {
        add(cell, values->text[0]);
    }
    if (values->more) {
        add_number(cell, " +", MAX_VALUES);
        add(cell, " or more");
    } else if (values->num > 1) {
        add_number(cell, " +", values->num - 1);
    }
}

/* In the order of what they mean for the one who asks. */
static void say_outcomes(char cell[CELL_SIZE], const struct row *row)
{
    static const enum outcome order[] = {OUTCOME_ACCEPTED,   OUTCOME_REJECTED,  OUTCOME_BLOCKED,
                                         OUTCOME_CHALLENGED, OUTCOME_ABANDONED, OUTCOME_UNKNOWN};

    if (row->section == SECTION_UNREADABLE) {
        add_number(cell, "sessions ", row->outcomes[OUTCOME_UNKNOWN]);
        return;
    }
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        uint64_t count = row->outcomes[order[i]];

        if (count > 0) {
            add(cell, cell[0] != '\0' ? ", " : "");
            add(cell, outcome_word(order[i]));
            add_number(cell, " ", count);
        }
    }
}

/* What is inferred stands under a heading that says so: the number is worth the room. */
static void say_certainties(char cell[CELL_SIZE], const struct row *row)
{
    if (row->least_confidence >= 0) {
        add_probability(cell, "", row->least_confidence);
        if (row->most_confidence > row->least_confidence) {
            add_probability(cell, "-", row->most_confidence);
        }
        return;
    }
    for (unsigned i = 0; i < NUM_CERTAINTIES; i++) {
        if (row->certainties[i]) {
            add(cell, cell[0] != '\0' ? ", " : "");
            add(cell, certainty_word(i));
        }
    }
}

static void say_time(const struct columns *columns, char cell[CELL_SIZE], uint64_t ns)
{
    time_t seconds = (time_t)(ns / 1000000000u);
    struct tm utc = {0};

    if (ns > 0 && gmtime_r(&seconds, &utc) != NULL) {
        (void)strftime(cell, CELL_SIZE, columns->one_day ? "%H:%M:%S" : "%m-%d %H:%M", &utc);
    }
}

static void say_cell(const struct columns *columns, const struct row *row, enum column column,
                     char cell[CELL_SIZE])
{
    cell[0] = '\0';
    switch (column) {
    case COLUMN_DEVICE:
        add(cell, row->device->id);
        break;
    case COLUMN_NAME:
        add(cell, row->name != NULL ? row->name : "");
        break;
    case COLUMN_CLIENT:
        add(cell, row->client != NULL ? row->client : "");
        break;
    case COLUMN_SERVICE:
        add(cell, row->service);
        break;
    case COLUMN_MECHANISM:
        say_values(cell, &row->mechanisms);
        break;
    case COLUMN_USER:
        say_values(cell, &row->users);
        break;
    case COLUMN_TARGET:
        say_values(cell, &row->targets);
        break;
    case COLUMN_OUTCOME:
        say_outcomes(cell, row);
        break;
    case COLUMN_FIRST:
        say_time(columns, cell, row->first_ns);
        break;
    case COLUMN_LAST:
        say_time(columns, cell, row->last_ns);
        break;
    case COLUMN_CERTAINTY:
        say_certainties(cell, row);
        break;
    case NUM_COLUMNS:
        break;
    }
}

/* As wide as the widest cell of the row and those before, within the column's own limit. */
static void measure_row(struct columns *columns, const struct row *row)
{
    char cell[CELL_SIZE];

    for (enum column column = 0; column < NUM_COLUMNS; column++) {
        size_t width;

        if (columns->width[column] == descriptions[column].max) {
            continue;
        }
        say_cell(columns, row, column, cell);
        width = text_width(bytes_of_text(cell));
        if (width > 0 && width < strlen(descriptions[column].title)) {
            width = strlen(descriptions[column].title);
        }
        if (width > descriptions[column].max) {
            width = descriptions[column].max;
        }
        if (width > columns->width[column]) {
            columns->width[column] = width;
        }
    }
}

/* The rows that will be shown; a column that is empty in all of them keeps the width 0. */
static void measure(struct columns *columns, const struct rows *rows, size_t max_shown)
{
    size_t shown = 0;

    for (size_t i = 0; i < rows->num_rows; i++) {
        shown = i > 0 && rows->rows[i]->section == rows->rows[i - 1]->section ? shown + 1 : 1;
        if (shown <= max_shown) {
            measure_row(columns, rows->rows[i]);
        }
    }
}

static size_t total_of(const size_t width[NUM_COLUMNS])
{
    size_t total = 0;

    for (size_t i = 0; i < NUM_COLUMNS; i++) {
        total += width[i] > 0 ? width[i] + (total > 0 ? GAP : 0) : 0;
    }
    return total;
}

/* The widest column that can give; NUM_COLUMNS: none can. */
static size_t widest_of(const size_t width[NUM_COLUMNS])
{
    size_t widest = NUM_COLUMNS;

    for (size_t i = 0; i < NUM_COLUMNS; i++) {
        if (width[i] > descriptions[i].min && (widest == NUM_COLUMNS || width[i] > width[widest])) {
            widest = i;
        }
    }
    return widest;
}

/* Takes from the widest column, one by one, until all fit. False: they cannot. */
static bool shrink(size_t width[NUM_COLUMNS], size_t room)
{
    while (total_of(width) > room) {
        size_t widest = widest_of(width);

        if (widest == NUM_COLUMNS) {
            return false;
        }
        width[widest]--;
    }
    return true;
}

void columns_fit(struct columns *columns, const struct rows *rows, size_t max_shown, unsigned width)
{
    const uint64_t day = UINT64_C(86400000000000);
    size_t full[NUM_COLUMNS];

    *columns =
        (struct columns){.one_day = rows->totals.first_ns / day == rows->totals.last_ns / day};
    measure(columns, rows, max_shown);
    memcpy(full, columns->width, sizeof(full));
    for (size_t i = 0; width > 0 && !shrink(columns->width, width); i++) {
        if (i == sizeof(dispensable) / sizeof(dispensable[0])) {
            return; /* lines will be too long: better than nothing in them */
        }
        columns->left_out[dispensable[i]] = full[dispensable[i]] > 0;
        full[dispensable[i]] = 0;
        memcpy(columns->width, full, sizeof(full));
    }
}

static void print_line(const struct columns *columns, FILE *out, const struct row *row)
{
    char cell[CELL_SIZE];
    size_t pending = 0; /* spaces that are owed: none at the end of a line */

    for (unsigned i = 0; i < NUM_COLUMNS; i++) {
        size_t width = columns->width[i];
        size_t used;

        if (width == 0) {
            continue;
        }
        cell[0] = '\0';
        if (row != NULL) {
            say_cell(columns, row, i, cell);
        } else {
            add(cell, descriptions[i].title);
        }
        used = text_width(bytes_of_text(cell));
        used = used < width ? used : width;
        if (used > 0) {
            print_spaces(out, pending);
            print_cell(out, bytes_of_text(cell), used);
            pending = 0;
        }
        pending += width - used + GAP;
    }
    (void)fputc('\n', out);
}

void columns_print_heading(const struct columns *columns, FILE *out)
{
    print_line(columns, out, NULL);
}

void columns_print_row(const struct columns *columns, FILE *out, const struct row *row)
{
    print_line(columns, out, row);
}

void columns_left_out(const struct columns *columns, char text[CELL_SIZE])
{
    text[0] = '\0';
    for (size_t i = 0; i < NUM_COLUMNS; i++) {
        if (columns->left_out[i]) {
            add(text, text[0] != '\0' ? ", " : "");
            add(text, descriptions[i].title);
        }
    }
}
