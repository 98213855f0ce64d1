/*
 * A journal that is damaged, or that somebody else wrote: what a layout says of itself, and values.
 * Nothing may crash, and what is accepted must be a record like any other.
 *
 * Input: the length of what the layout says (two bytes), that, and the values.
 */
#include <stdlib.h>

#include "export/record.h"
#include "tests/export/json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_record(const struct record *record, struct bytes values)
{
    static uint8_t packed[RECORD_MAX_PACKED];

    require(is_json(record_json(record)));
    require(is_utf8(record_json(record)));
    require(record_sequence(record) == 7);
    for (size_t i = 0; i < record_num_fields(record); i++) {
        (void)record_find(record, record_name(record, i));
    }
    require(record_pack(record, packed) <= values.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = bytes_view(data, size);
    struct record_layout *layout;
    struct record *record;
    struct bytes about;

    if (!take_u16_vector(&in, &about)) {
        return 0;
    }
    layout = record_layout_parse(about);
    if (layout == NULL) {
        return 0;
    }
    require(bytes_equal(record_layout_about(layout), about));
    record = record_unpack(layout, in, 7);
    if (record != NULL) {
        check_record(record, in);
    }
    record_free(record);
    record_layout_free(layout);
    return 0;
}
