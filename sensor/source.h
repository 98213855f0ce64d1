/*
 * source: where frames come from: capture files in any order and container, a pipe, or a live
 * interface.
 *
 * Files are read in the order given as one timeline. A damaged file is reported (file, frame,
 * reason) and what came before the damage counts; reading goes on with the next file.
 */
#ifndef BASICTAP_SENSOR_SOURCE_H
#define BASICTAP_SENSOR_SOURCE_H

#include "dissectors/base/diag.h"
#include "dissectors/base/event.h"

struct frame {
    struct moment at;      /* time, number within its file from 1 (live: since start), file name */
    struct bytes captured; /* valid until the next source_pump; live: until frame_fn returns */
    uint32_t wire_len;     /* at least captured.len */
    int link_type;         /* LINKTYPE_ number (pcap-linktype(7)): 1 Ethernet, 113 SLL, ... */
    const char *interface; /* lives through the run; NULL: unknown */
};

typedef void frame_fn(void *ctx, const struct frame *frame);

enum source_state {
    SOURCE_MORE,
    SOURCE_IDLE, /* live: the read timeout passed with nothing (or little) to read */
    SOURCE_END,  /* files: all are read */
    SOURCE_LOST, /* live: the interface is gone or down; source_pump may be called again and reopens
                    it when it is back */
};

struct source_stats {
    uint64_t frames;
    uint64_t filtered;       /* left out by the BPF filter (files) */
    uint64_t bytes_read;     /* of files, before decompression */
    uint64_t bytes_total;    /* of regular files; 0: unknown */
    uint64_t kernel_dropped; /* live: packets that the kernel could not hand over */
    uint64_t interface_dropped;
    uint64_t damaged_files;  /* could not be opened, truncated or corrupt */
    uint64_t time_backwards; /* frames older than the one before */
    uint64_t secrets_blocks; /* pcapng decryption secrets seen */
};

/* Called for each damaged file: "mail.pcapng: frame 812: block of 70 bytes runs past the end of the
 * file". */
typedef void source_error_fn(void *ctx, const char *words);

/* Called for each pcapng Decryption Secrets Block: type 0x544c534b is an NSS key log. The bytes are
 * borrowed for the call. */
typedef void source_secrets_fn(void *ctx, uint32_t type, struct bytes secrets);

struct source_options {
    const char *filter; /* BPF; NULL: none */
    int snap_len;       /* live; 0: 262144, which holds any offloaded frame */
    int buffer_bytes;   /* live: kernel buffer; 0: 64 MiB */
    source_error_fn *on_error;
    source_secrets_fn *on_secrets; /* may be NULL */
    void *ctx;
};

struct source;

/* Files; "-" is standard input. NULL and words for a filter that does not compile; a missing file
 * is told through on_error when its turn comes. names must outlive the source, and so do the file
 * names in its frames. */
struct source *source_open_files(const char *const *names, size_t num_names,
                                 const struct source_options *options, struct diag *diag);

/* A live interface, promiscuous. NULL and words when it cannot be opened. */
struct source *source_open_live(const char *interface, const struct source_options *options,
                                struct diag *diag);

/* Calls each for up to max frames. Live: waits at most the read timeout (100 ms). */
enum source_state source_pump(struct source *source, size_t max, frame_fn *each, void *ctx);

void source_stats(struct source *source, struct source_stats *stats);
void source_close(struct source *source); /* NULL is fine */

#endif
