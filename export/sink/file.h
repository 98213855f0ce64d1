/*
 * file: lines into a file or to standard output, behind a buffer.
 *
 * When nothing can be written for now (disk full) the buffer keeps what it has, so that no line is
 * torn; lines that find no room in it are counted. A file that is gone for good (EPIPE, EIO) ends
 * the sink, and everything from then on is counted.
 */
#ifndef BASICTAP_EXPORT_SINK_FILE_H
#define BASICTAP_EXPORT_SINK_FILE_H

#include "export/exporter.h"

enum { FILE_BUFFER = 256 * 1024 };

struct file_sink;

/* path "-": standard output. */
struct file_sink *file_sink_open(const struct exporter_options *options, struct diag *diag);
void file_sink_put(struct file_sink *sink, struct bytes line); /* the LF is added */
bool file_sink_flush(struct file_sink *sink);                  /* false: something is left */
void file_sink_stats(const struct file_sink *sink, struct exporter_stats *stats); /* adds its own */
void file_sink_close(struct file_sink *sink); /* flushes; NULL is fine */

#endif
