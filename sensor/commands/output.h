/* output: where an answer for people goes. */
#ifndef BASICTAP_SENSOR_COMMANDS_OUTPUT_H
#define BASICTAP_SENSOR_COMMANDS_OUTPUT_H

#include <stdio.h>

#include "dissectors/base/diag.h"
#include "export/report/table.h"

/* path NULL: standard output. NULL and words: it cannot be opened. */
FILE *output_open(const char *path, bool append, struct diag *diag);
void output_close(FILE *file); /* NULL and standard output are fine */

/* A terminal has a width and colours; a file and a pipe have neither. */
struct table_style output_style(FILE *file);

/* True: all was written; else it has been told. */
bool output_end(FILE *file);

#endif
