/* width: text in columns of a terminal. */
#ifndef BASICTAP_EXPORT_REPORT_WIDTH_H
#define BASICTAP_EXPORT_REPORT_WIDTH_H

#include <stdio.h>

#include "dissectors/base/bytes.h"

/* Columns that UTF-8 text takes: wide East Asian characters and emoji two, combining ones none. */
size_t text_width(struct bytes text);

/* Prints exactly width columns: padded with spaces, or cut with an ellipsis as its last. Characters
 * that would turn the line around or hide (direction marks, zero width) are left out. */
void print_cell(FILE *out, struct bytes text, size_t width);
void print_spaces(FILE *out, size_t num);

#endif
