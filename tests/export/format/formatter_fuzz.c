/* Whatever stands in a record's texts: every format is one line of valid UTF-8 text without control
 * characters, and says the record's number; so is a syslog message within its limit. */
#include "export/format/formatter.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "export/sink/syslog_message.h"
#include "tests/export/format/finding_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_right)
{
    if (!is_right) {
        abort();
    }
}

static void require_text(struct bytes text)
{
    uint8_t first;

    while (peek_u8(text, &first)) {
        size_t len = text_character(text);

        require(len > 0 && first >= 0x20 && first != 0x7f);
        (void)take_skip(&text, len);
    }
}

/* Texts that a dissector might have made of these bytes: each line is one. */
static void fill(struct finding *finding, struct bytes in)
{
    struct {
        char *text;
        size_t size;
    } const texts[] = {
        {finding->user, sizeof(finding->user)},
        {finding->rule_name, sizeof(finding->rule_name)},
        {finding->action, sizeof(finding->action)},
        {finding->software, sizeof(finding->software)},
        {finding->path, sizeof(finding->path)},
        {finding->host_name, sizeof(finding->host_name)},
        {finding->device_id, sizeof(finding->device_id)},
        {finding->tls_names, sizeof(finding->tls_names)},
    };
    struct bytes line;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && take_line(&in, &line); i++) {
        (void)text_set(texts[i].text, texts[i].size, line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct formatter *formatters[NUM_FORMATTERS];
    static struct syslog_writer writer;
    struct finding finding = finding_sample();
    struct record_layout *layout;
    struct record *record;
    struct bytes in = {data, size};
    uint8_t kind = 0;

    (void)take_u8(&in, &kind);
    finding.kind = (enum finding_kind)(kind % (FINDING_ALERT + 1));
    finding.network_protocol = kind & 64 ? "http" : "smtp";
    fill(&finding, in);
    record = finding_record(&finding, &layout);
    require(record != NULL);
    for (enum formatter_kind i = FORMATTER_ECS; i < NUM_FORMATTERS; i++) {
        struct bytes line = BYTES("");
        uint64_t sequence;

        formatters[i] = formatters[i] == NULL ? formatter_new(i) : formatters[i];
        require(formatters[i] != NULL && formatter_write(formatters[i], record, &line));
        require_text(line);
        require(formatter_find_sequence(i, line, &sequence) && sequence == finding.sequence);
        writer.formatter = kind & 128 ? NULL : formatters[i];
        writer.max = SYSLOG_MIN_MESSAGE + (size_t)kind * 8;
        line = syslog_write(&writer, record);
        require(line.len <= writer.max);
        require_text(line);
    }
    record_free(record);
    record_layout_free(layout);
    return 0;
}
