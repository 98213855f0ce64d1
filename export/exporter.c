#include "export/exporter.h"

#include <stdlib.h>

#include "export/record.h"
#include "export/sink/file.h"
#include "export/sink/redis_pump.h"

enum { MAX_LAYOUTS = 16 }; /* kinds of records in one program */

struct exporter {
    struct exporter_options options;
    struct record_layout *layouts[MAX_LAYOUTS];
    size_t num_layouts;
    struct file_sink *file;   /* NULL: none */
    struct redis_pump *redis; /* NULL: none */
    uint64_t not_made;        /* records that did not fit, or found no memory */
};

struct exporter *exporter_open(const struct exporter_options *options, struct diag *diag)
{
    struct exporter *exporter = calloc(1, sizeof(*exporter));

    if (exporter == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    exporter->options = *options;
    if (options->ecs_path != NULL) {
        exporter->file = file_sink_open(&exporter->options, diag);
        if (exporter->file == NULL) {
            goto fail;
        }
    }
    if (options->redis_url != NULL) {
        exporter->redis = redis_pump_open(&exporter->options, diag);
        if (exporter->redis == NULL) {
            goto fail;
        }
    }
    return exporter;

fail:
    exporter_close(exporter);
    return NULL;
}

/* The layout of a schema, made at its first record; NULL: it cannot be. */
static struct record_layout *layout_of(struct exporter *exporter, const struct schema *schema)
{
    struct record_layout *layout = NULL;

    for (size_t i = 0; i < exporter->num_layouts; i++) {
        if (record_layout_schema(exporter->layouts[i]) == schema) {
            return exporter->layouts[i];
        }
    }
    if (exporter->num_layouts < MAX_LAYOUTS) {
        layout = record_layout_new(schema, &exporter->options.identity);
    }
    if (layout != NULL) {
        exporter->layouts[exporter->num_layouts++] = layout;
    }
    return layout;
}

static struct record *make(struct exporter *exporter, const struct schema *schema,
                           const void *object)
{
    struct record_layout *layout = layout_of(exporter, schema);
    struct record *record = layout != NULL ? record_new(layout, object) : NULL;

    exporter->not_made += record == NULL;
    return record;
}

void exporter_put(struct exporter *exporter, const struct schema *schema, const void *object)
{
    struct record *record = make(exporter, schema, object);

    if (record != NULL && exporter->file != NULL) {
        file_sink_put(exporter->file, record_json(record));
    }
    if (exporter->redis != NULL) {
        redis_pump_take(exporter->redis, record);
    } else {
        record_free(record);
    }
}

void exporter_put_state(struct exporter *exporter, const struct schema *schema, const void *object,
                        bool line)
{
    struct record *record = make(exporter, schema, object);

    if (record != NULL && line && exporter->file != NULL) {
        file_sink_put(exporter->file, record_json(record));
    }
    if (exporter->redis != NULL) {
        redis_pump_take_state(exporter->redis, record);
    } else {
        record_free(record);
    }
}

bool exporter_flush(struct exporter *exporter, unsigned deadline_ms)
{
    bool written = exporter->file == NULL || file_sink_flush(exporter->file);

    return (exporter->redis == NULL || redis_pump_flush(exporter->redis, deadline_ms)) && written;
}

void exporter_stats(struct exporter *exporter, struct exporter_stats *stats)
{
    *stats = (struct exporter_stats){.write_errors = exporter->not_made};
    if (exporter->file != NULL) {
        file_sink_stats(exporter->file, stats);
    }
    if (exporter->redis != NULL) {
        redis_pump_stats(exporter->redis, stats);
    }
}

void exporter_close(struct exporter *exporter)
{
    if (exporter == NULL) {
        return;
    }
    file_sink_close(exporter->file);
    redis_pump_close(exporter->redis);
    for (size_t i = 0; i < exporter->num_layouts; i++) {
        record_layout_free(exporter->layouts[i]);
    }
    free(exporter);
}
