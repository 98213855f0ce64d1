/* numbered: records as a sink gets them, with a number of the journal's. */
#ifndef BASICTAP_TESTS_EXPORT_SINK_NUMBERED_H
#define BASICTAP_TESTS_EXPORT_SINK_NUMBERED_H

#include <stdlib.h>

#include "export/sink/sink.h"
#include "tests/export/sample.h"
#include "tests/support/test.h"

enum { MAX_NUMBERED = 4096 };

static const struct exporter_identity numbered_identity = {"tap-1", "0.1.0"};

struct numbered {
    struct record_layout *layout;
    struct record *records[MAX_NUMBERED];
    size_t num;
};

static inline void numbered_init(struct numbered *numbered)
{
    *numbered = (struct numbered){0};
    numbered->layout = record_layout_new(&sample_schema, &numbered_identity);
    assert_non_null(numbered->layout);
}

/* Next in the row. */
static inline void numbered_add(struct numbered *numbered, const struct sample *sample,
                                uint64_t sequence)
{
    char *packed = malloc(RECORD_MAX_PACKED);
    struct record *record = record_new(numbered->layout, sample);

    assert_non_null(packed);
    assert_non_null(record);
    assert_true(numbered->num < MAX_NUMBERED);
    numbered->records[numbered->num] =
        record_unpack(numbered->layout, bytes_view(packed, record_pack(record, packed)), sequence);
    assert_non_null(numbered->records[numbered->num++]);
    record_free(record);
    free(packed);
}

/* Logins first to last; their number is also their second of the day. */
static inline void numbered_logins(struct numbered *numbered, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++) {
        struct sample sample = sample_login(i);

        numbered_add(numbered, &sample, i);
    }
}

static inline void numbered_clear(struct numbered *numbered)
{
    for (size_t i = 0; i < numbered->num; i++) {
        record_free(numbered->records[i]);
    }
    record_layout_free(numbered->layout);
}

static inline enum sink_result numbered_write(struct sink *sink, const struct numbered *numbered,
                                              size_t *taken, struct diag *why)
{
    *taken = 0;
    return sink->type->write(sink->self, (const struct record *const *)numbered->records,
                             numbered->num, UINT64_MAX, taken, why);
}

#endif
