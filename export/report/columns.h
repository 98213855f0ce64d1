/* columns: rows as lines of cells that fit a width. */
#ifndef BASICTAP_EXPORT_REPORT_COLUMNS_H
#define BASICTAP_EXPORT_REPORT_COLUMNS_H

#include <stdio.h>

#include "export/report/rows.h"

enum column {
    COLUMN_DEVICE,
    COLUMN_NAME,
    COLUMN_CLIENT,
    COLUMN_SERVICE,
    COLUMN_MECHANISM,
    COLUMN_USER,
    COLUMN_TARGET,
    COLUMN_OUTCOME,
    COLUMN_FIRST,
    COLUMN_LAST,
    COLUMN_CERTAINTY,
    NUM_COLUMNS,
};

enum { CELL_SIZE = 256 };

struct columns {
    size_t width[NUM_COLUMNS];  /* 0: not shown */
    bool left_out[NUM_COLUMNS]; /* for want of room */
    bool one_day;               /* times of day will do */
};

/* Widths that hold the rows that are shown, at most max_shown of a section, and fit the terminal
 * (0: any). Wide values are cut first; then columns that say least are left out. Columns that are
 * empty in every row are not shown. */
void columns_fit(struct columns *columns, const struct rows *rows, size_t max_shown,
                 unsigned width);

void columns_print_heading(const struct columns *columns, FILE *out);
void columns_print_row(const struct columns *columns, FILE *out, const struct row *row);

/* "CLIENT, FIRST"; empty: all are there. */
void columns_left_out(const struct columns *columns, char text[CELL_SIZE]);

#endif
