/*
 * keylog_file: a key log as a file that other programs write to while it is read: it grows, is
 * emptied, is replaced by another, or is a FIFO whose writers come and go.
 *
 * The first line that is none is told, by file and line; what a line says is never told.
 */
#ifndef BASICTAP_SENSOR_KEYLOG_FILE_H
#define BASICTAP_SENSOR_KEYLOG_FILE_H

#include "dissectors/tls/keystore.h"

enum keylog_file_state {
    KEYLOG_FILE_END,   /* all that was written is read; of a FIFO: and nobody writes */
    KEYLOG_FILE_QUIET, /* a FIFO that is open for writing and empty */
    KEYLOG_FILE_MORE,  /* there may be more at once: a call reads 4 MiB at most */
};

struct keylog_file;

/* The path must outlive it. NULL and words: cannot be opened, or is no file to read from. */
struct keylog_file *keylog_file_open(const char *path, struct diag *diag);

/* Gives the keystore what was written since. The last line waits for its end. */
enum keylog_file_state keylog_file_poll(struct keylog_file *file, struct keystore *keystore);

/* For up to a second as long as a FIFO is open for writing: `--keylog <(make-keys)`. */
void keylog_file_wait(struct keylog_file *file, struct keystore *keystore);

/* A last line that lacks its end but is as long as a whole one counts (and may yet grow). */
void keylog_file_offer(struct keylog_file *file, struct keystore *keystore);

/* Nothing more comes: the last line counts as it is. */
void keylog_file_finish(struct keylog_file *file, struct keystore *keystore);

void keylog_file_close(struct keylog_file *file); /* NULL is fine; wipes */

#endif
