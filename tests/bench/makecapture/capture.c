/*
 * capture: a classic pcap file, Ethernet, in microseconds and this machine's byte order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { SNAPLEN = 262144, LINKTYPE_ETHERNET = 1 };

static const uint64_t second = 1000000000;
static const uint64_t beginning = UINT64_C(1700000000000000000); /* 14 November 2023 */

static FILE *file;
static const char *name;
static uint64_t now;

static void fail(void)
{
    perror(name);
    exit(1);
}

static void write_words(const uint32_t *words, size_t num_words)
{
    if (fwrite(words, sizeof(*words), num_words, file) != num_words) {
        fail();
    }
}

void capture_open(const char *path)
{
    const uint32_t header[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, SNAPLEN, LINKTYPE_ETHERNET};

    name = path;
    now = beginning;
    file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wb");
    if (file == NULL) {
        fail();
    }
    (void)setvbuf(file, NULL, _IOFBF, 1 << 20);
    write_words(header, sizeof(header) / sizeof(*header));
}

void capture_put(const uint8_t *frame, size_t len)
{
    const uint32_t header[] = {(uint32_t)(now / second), (uint32_t)(now / 1000 % 1000000),
                               (uint32_t)len, (uint32_t)len};

    write_words(header, sizeof(header) / sizeof(*header));
    if (fwrite(frame, 1, len, file) != len) {
        fail();
    }
    totals.packets++;
    totals.bytes += len;
    now += (uint64_t)(1e9 / options.pps * (0.5 + draw_unit()));
}

uint64_t capture_now(void)
{
    return now;
}

void capture_close(void)
{
    if (fclose(file) != 0) {
        fail();
    }
}
