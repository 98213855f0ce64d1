/*
 * Random text in every member of a record: the JSON must still be JSON in valid UTF-8, the flat
 * fields the same set, and the table must print.
 *
 * Input: members one after another, each a length byte and that many bytes; then numbers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "export/record.h"
#include "export/report/table.h"
#include "tests/export/json_check.h"
#include "tests/export/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Raw bytes, as no dissector would set them. */
static void fill(struct bytes *in, char *text, size_t size)
{
    struct bytes bytes;
    size_t len = 0;

    if (take_u8_vector(in, &bytes)) {
        (void)bytes_copy(bytes_first(bytes, size - 1), text, size - 1, &len);
    }
    text[len] = '\0';
}

static void fill_sample(struct bytes *in, struct sample *sample)
{
    const struct field *field;

    for (size_t i = 0; i < sample_schema.num_fields; i++) {
        field = &sample_schema.fields[i];
        if (field->kind == FIELD_TEXT) {
            fill(in, (char *)sample + field->offset,
                 strcmp(field->name, "basictap.kind") == 0 || strcmp(field->name, "rule.level") == 0
                     ? 16
                     : 32);
        }
    }
    (void)take_u64(in, &sample->last.ns);
    (void)take_u64(in, &sample->start.ns);
    (void)take_u64(in, &sample->count);
    (void)take_into(in, &sample->confidence, sizeof(sample->confidence));
    (void)take_into(in, sample->client.octets, sizeof(sample->client.octets));
}

static void check_record(struct record_layout *layout, const struct sample *sample)
{
    struct record *record = record_new(layout, sample);
    struct bytes json;

    require(record != NULL);
    json = record_json(record);
    require(is_utf8(json));
    require(is_json(json));
    require(record_num_fields(record) == sample_schema.num_fields + 6);
    for (size_t i = 0; i < record_num_fields(record); i++) {
        require(is_utf8(record_text(record, i)));
    }
    record_free(record);
}

static void check_table(const struct sample *sample, unsigned width)
{
    struct table *table = table_new(&(struct table_limits){.max_rows = 4, .max_devices = 4});
    struct table_style style = {.width = 40 + width};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    table_add(table, &sample_schema, sample);
    table_print(table, out, &style);
    table_print_coverage(out, &style, &sample_schema, sample);
    (void)fclose(out);
    require(is_utf8(bytes_view(text, len)));
    free(text);
    table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct exporter_identity identity = {"tap", "0"};
    static struct record_layout *layout;
    struct bytes in = bytes_view(data, size);
    struct sample sample = {.client = {.version = 6}, .mac = {.known = true}};
    uint8_t width = 0;

    if (layout == NULL) {
        layout = record_layout_new(&sample_schema, &identity);
    }
    (void)take_u8(&in, &width);
    fill_sample(&in, &sample);
    check_record(layout, &sample);
    check_table(&sample, width);
    return 0;
}
