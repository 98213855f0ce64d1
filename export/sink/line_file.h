/*
 * line_file: a sink that writes records as lines into a file, which is rotated by size and by time:
 * path is the newest, path.1 the one before, up to path.<keep>; what would be older is removed.
 *
 * Time is that of the packets: a file holds the records of one period (UTC), so the same records
 * always make the same files. Where nothing happens, nothing is rotated.
 *
 * Each record once: beside the file stands path.state, which says from where on the lines come from
 * which journal. After a crash a line that was cut is removed, and the last whole line says how far
 * we were. A file that somebody else moved away or emptied is begun anew.
 */
#ifndef BASICTAP_EXPORT_SINK_LINE_FILE_H
#define BASICTAP_EXPORT_SINK_LINE_FILE_H

#include "export/format/formatter.h"
#include "export/sink/sink.h"

/* Strings outlive the sink. */
struct line_file_options {
    const char *path;
    enum formatter_kind format;
    uint64_t max_bytes; /* of a file; 0: as long as it gets */
    unsigned hours;     /* that a file holds; 0: all */
    unsigned keep;      /* how many old ones, at least 1 */
    bool no_sync;       /* a record counts as written before it is on the disk */
};

/* False and words: a path too long, no memory. A file that cannot be opened is tried again. */
bool line_file_sink_open(const struct line_file_options *options, struct sink *sink,
                         struct diag *diag);

#endif
