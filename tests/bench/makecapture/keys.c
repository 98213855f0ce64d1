/*
 * keys: the key log of the sessions that are made, in the format of NSS.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/makecapture/makecapture.h"

static FILE *file;

void keys_open(const char *path)
{
    file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
}

static void write_hex(const uint8_t *bytes)
{
    for (size_t i = 0; i < 32; i++) {
        (void)fprintf(file, "%02x", bytes[i]);
    }
}

void keys_note(const char *label, const uint8_t client_random[32], const uint8_t secret[32])
{
    if (file == NULL) {
        return;
    }
    (void)fprintf(file, "%s ", label);
    write_hex(client_random);
    (void)fputc(' ', file);
    write_hex(secret);
    (void)fputc('\n', file);
}

void keys_close(void)
{
    if (file == NULL) {
        return;
    }
    (void)fprintf(file, "# sessions %llu content %llu\n", (unsigned long long)totals.sessions,
                  (unsigned long long)totals.content);
    if (ferror(file) != 0 || fclose(file) != 0) {
        perror("keys");
        exit(1);
    }
}
