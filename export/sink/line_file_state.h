/* line_file_state: what is known of a file of lines besides its lines. Only line_file.c uses it. */
#ifndef BASICTAP_EXPORT_SINK_LINE_FILE_STATE_H
#define BASICTAP_EXPORT_SINK_LINE_FILE_STATE_H

#include "dissectors/base/diag.h"
#include "export/journal.h"

struct line_file_state {
    char journal[JOURNAL_ID_SIZE]; /* that the lines come from */
    uint64_t inode;                /* of the file; another one is another file */
    uint64_t offset;               /* from where on */
    uint64_t base;                 /* sequence of the record before the first of these lines */
    uint64_t period;               /* of rotation by time; 0: not known yet */
};

/* False: there is none that makes sense. */
bool line_file_state_read(const char *path, struct line_file_state *state);

/* All or nothing, also when the power fails. False and words: the old one stands. */
bool line_file_state_write(const char *path, const struct line_file_state *state,
                           struct diag *diag);

#endif
