#include "sensor/commands/report.h"

#include "export/journal.h"
#include "sensor/commands/exit.h"
#include "sensor/commands/output.h"
#include "sensor/commands/setup.h"
#include "sensor/log.h"

enum { READ_AT_ONCE = 256, READ_BYTES = 1 << 20 };

static void on_fact(void *ctx, const struct schema *schema, const void *fact)
{
    table_add(ctx, schema, fact);
}

/* What is known of every device, which is more than the findings that are still there. */
static bool print_table(struct journal *journal, const struct config *config, FILE *file,
                        struct diag *diag)
{
    struct table *table = table_new(&(struct table_limits){.max_devices = config->devices.max});
    struct table_style style = output_style(file);
    bool is_read;

    if (table == NULL) {
        diag_set(diag, "out of memory");
        return false;
    }
    is_read = journal_each_fact(journal, on_fact, table, diag);
    if (is_read) {
        table_print(table, file, &style);
        (void)fprintf(file,
                      "\nFrom the journal of %s. What it could not see is told by each run's "
                      "own answer.\n",
                      journal_sensor(journal)[0] != '\0' ? journal_sensor(journal) : "replays");
    }
    table_free(table);
    return is_read;
}

static bool print_lines(struct journal *journal, FILE *file)
{
    struct record *records[READ_AT_ONCE];
    uint64_t position = 0;
    size_t num;

    do {
        num = journal_read(journal, position, records, READ_AT_ONCE, READ_BYTES, &position);
        for (size_t i = 0; i < num; i++) {
            struct bytes line = record_json(records[i]);

            (void)fwrite(line.at, 1, line.len, file);
            (void)fputc('\n', file);
            record_free(records[i]);
        }
    } while (num > 0);
    return true;
}

int report_run(const struct options *options, const struct config *config)
{
    const char *path = config->store.path[0] != '\0' ? config->store.path : setup_default_store;
    struct diag diag = {{0}};
    struct journal *journal = journal_open_reader(path, &diag);
    FILE *file = journal != NULL ? output_open(options->output, false, &diag) : NULL;
    int status = EXIT_USAGE;
    bool is_read = false;

    if (file != NULL) {
        is_read = options->format == FORMAT_ECS ? print_lines(journal, file)
                                                : print_table(journal, config, file, &diag);
    }
    if (is_read) {
        status = output_end(file) ? EXIT_DONE : EXIT_PARTLY;
    } else {
        log_error("%s", diag.text);
    }
    output_close(file);
    journal_close(journal);
    return status;
}
