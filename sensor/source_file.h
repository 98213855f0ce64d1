/*
 * source_file: the bytes of a file, a pipe or standard input, packed or not, through one window
 * that is moved and refilled on request only.
 */
#ifndef BASICTAP_SENSOR_SOURCE_FILE_H
#define BASICTAP_SENSOR_SOURCE_FILE_H

#include "dissectors/base/diag.h"
#include "sensor/source_unpack.h"

enum fill_result {
    FILL_DONE, /* the window has the bytes that were asked for */
    FILL_WAIT, /* a pipe has none at the moment, or a signal came */
    FILL_END,  /* the file ended before; the window has the rest */
    FILL_FAILED,
};

struct input {
    int fd;
    bool is_open;
    bool is_regular;
    bool is_told;      /* whether it is packed */
    uint64_t num_read; /* bytes of all files so far, as they lie on the disk */
    struct unpacker *unpacker;
    uint8_t *memory; /* kept from file to file */
    size_t size;
    size_t begin; /* the window */
    size_t end;
    uint8_t *packed; /* what is read ahead of the unpacker */
    size_t packed_begin;
    size_t packed_end;
};

/* "-" is standard input. False and words: it cannot be opened. */
bool input_open(struct input *input, const char *name, struct diag *diag);

/* Valid until input_fill, input_close, input_clear. */
struct bytes input_window(const struct input *input);

/* Gives up all of the window but the rest at its end. */
void input_keep(struct input *input, struct bytes rest);

/* Reads until the window has at least want bytes. Waits 100 ms at most where data may not come. */
enum fill_result input_fill(struct input *input, size_t want, struct diag *diag);

void input_close(struct input *input);
void input_clear(struct input *input); /* closes it and frees the memory */

#endif
