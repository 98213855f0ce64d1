#include "export/sink/redis_batch.h"

#include <stdio.h>
#include <time.h>

#include "dissectors/base/text.h"
#include "export/sink/findings_lua.h"

enum {
    MAX_RECORDS = 128, /* of a call: Redis does nothing else meanwhile */
    MAX_BYTES = 512 * 1024,
    SHARED_KEYS = 6,
    RECORD_KEYS = 4,
    FIRST_WORDS = 8, /* arguments before the names of fields */
};

size_t redis_batch_size(const struct record *const *records, size_t num)
{
    size_t bytes = 0;
    size_t size = 0;

    do {
        bytes += record_size(records[size++]);
    } while (size < num && size < MAX_RECORDS && bytes < MAX_BYTES &&
             record_layout_of(records[size]) == record_layout_of(records[0]));
    return size;
}

/* A word that is put together from parts, without a copy of its own: "<prefix>:<name><more>". */
static void add_key(struct redis_commands *commands, const struct redis_batch_options *options,
                    const char *name, struct bytes more)
{
    char key[1024];
    int len = snprintf(key, sizeof(key), "%s:%s%.*s", options->prefix, name, (int)more.len,
                       more.len > 0 ? (const char *)more.at : "");

    redis_command_word(
        commands,
        bytes_view(key, len > 0 && len < (int)sizeof(key) ? (size_t)len : sizeof(key) - 1));
}

static void add_sensor_key(struct redis_commands *commands,
                           const struct redis_batch_options *options)
{
    add_key(commands, options, "sensor:", bytes_of_text(options->sensor));
}

/* Seconds since 1970 of "2026-11-21T08:00:01.250000Z", as text; "0" for anything else. */
static void epoch_of(struct bytes time, char text[32])
{
    struct tm utc = {0};
    char copy[32];
    size_t len;
    const char *rest;

    (void)snprintf(text, 32, "0");
    if (!bytes_copy(time, copy, sizeof(copy) - 1, &len)) {
        return;
    }
    copy[len] = '\0';
    rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &utc);
    if (rest != NULL) {
        (void)snprintf(text, 32, "%lld%.7s", (long long)timegm(&utc), rest[0] == '.' ? rest : "");
    }
}

static void add_use_key(struct redis_commands *commands, const struct redis_batch_options *options,
                        const struct record *record)
{
    struct bytes service = record_find(record, "basictap.service");
    char name[64];

    (void)snprintf(name, sizeof(name), "use:%.*s:", (int)service.len,
                   service.len > 0 ? (const char *)service.at : "");
    add_key(commands, options, name, record_find(record, "basictap.family"));
}

/* "2026-11-21T..." names :day:20261121. */
static void add_day_key(struct redis_commands *commands, const struct redis_batch_options *options,
                        const struct record *record)
{
    struct bytes rest = bytes_first(record_find(record, "@timestamp"), 10);
    struct bytes part;
    char digits[16] = "";
    char more[12];

    while (take_until(&rest, '-', &part)) {
        (void)text_set(more, sizeof(more), part);
        (void)text_append(digits, sizeof(digits), more);
    }
    (void)text_set(more, sizeof(more), rest);
    (void)text_append(digits, sizeof(digits), more);
    add_key(commands, options, "day:", bytes_of_text(digits));
}

static void add_record_keys(struct redis_commands *commands,
                            const struct redis_batch_options *options, const struct record *record)
{
    struct bytes device = record_find(record, "device.id");
    struct bytes policy = record_find(record, "basictap.switch");

    add_key(commands, options, device.len > 0 ? "device:" : "findings", device);
    add_use_key(commands, options, record);
    add_day_key(commands, options, record);
    add_key(commands, options, policy.len > 0 ? "switch:" : "findings", policy);
}

static void add_keys(struct redis_commands *commands, const struct redis_batch_options *options,
                     const struct record *const *records, size_t num)
{
    add_key(commands, options, "findings", BYTES(""));
    /* While a slot moves a Cluster refuses calls with a key that is nowhere. */
    add_key(commands, options, options->list ? "findings:list" : "findings", BYTES(""));
    add_key(commands, options, "seen", BYTES(""));
    add_key(commands, options, "devices", BYTES(""));
    add_sensor_key(commands, options);
    add_key(commands, options, "meta", BYTES(""));
    for (size_t i = 0; i < num; i++) {
        add_record_keys(commands, options, records[i]);
    }
}

static void add_record(struct redis_commands *commands, const struct record *record)
{
    char time[32];

    epoch_of(record_find(record, "@timestamp"), time);
    redis_command_number(commands, record_sequence(record));
    redis_command_text(commands, time);
    for (size_t i = 0; i < record_num_fields(record); i++) {
        redis_command_word(commands, record_text(record, i));
    }
    redis_command_word(commands, record_json(record));
}

/* "FCALL name num_keys", after an ASKING where one is needed. */
static void begin_call(struct redis_commands *commands, const struct redis_batch_options *options,
                       const char *name, size_t num_keys, size_t num_words)
{
    if (options->asking) {
        redis_command_begin(commands, 1);
        redis_command_text(commands, "ASKING");
    }
    redis_command_begin(commands, 3 + num_keys + num_words);
    redis_command_text(commands, "FCALL");
    redis_command_text(commands, name);
    redis_command_number(commands, num_keys);
}

/* In the order that findings.lua gives. */
void redis_batch_apply(struct redis_commands *commands, const struct redis_batch_options *options,
                       const struct record *const *records, size_t num, uint64_t after)
{
    size_t num_fields = record_num_fields(records[0]);

    begin_call(commands, options, "basictap_1_apply", SHARED_KEYS + RECORD_KEYS * num,
               FIRST_WORDS + num_fields + num * (num_fields + 3));
    add_keys(commands, options, records, num);
    redis_command_text(commands, options->journal_id);
    redis_command_number(commands, after);
    redis_command_number(commands, options->kept);
    redis_command_text(commands, options->list ? "1" : "0");
    if (options->live) {
        add_key(commands, options, "findings:live", BYTES(""));
    } else {
        redis_command_text(commands, "");
    }
    redis_command_number(commands, options->clock_tolerance_s);
    redis_command_number(commands, options->max_devices);
    redis_command_number(commands, num_fields);
    for (size_t i = 0; i < num_fields; i++) {
        redis_command_text(commands, record_name(records[0], i));
    }
    for (size_t i = 0; i < num; i++) {
        add_record(commands, records[i]);
    }
}

void redis_batch_begin(struct redis_commands *commands, const struct redis_batch_options *options,
                       const char *from)
{
    begin_call(commands, options, "basictap_1_begin", 4, 2);
    add_sensor_key(commands, options);
    add_key(commands, options, "findings", BYTES(""));
    add_key(commands, options, "seen", BYTES(""));
    add_key(commands, options, "meta", BYTES(""));
    redis_command_text(commands, options->journal_id);
    redis_command_text(commands, from);
}

void redis_batch_beat(struct redis_commands *commands, const struct redis_batch_options *options,
                      const struct record *state, uint64_t applied)
{
    begin_call(commands, options, "basictap_1_beat", 1, 2 + 2 * record_num_fields(state));
    add_sensor_key(commands, options);
    redis_command_text(commands, options->journal_id);
    redis_command_number(commands, applied);
    for (size_t i = 0; i < record_num_fields(state); i++) {
        redis_command_text(commands, record_name(state, i));
        redis_command_word(commands, record_text(state, i));
    }
}

void redis_batch_load(struct redis_commands *commands)
{
    redis_command_begin(commands, 4);
    redis_command_text(commands, "FUNCTION");
    redis_command_text(commands, "LOAD");
    redis_command_text(commands, "REPLACE");
    redis_command_word(commands, bytes_view(findings_lua, sizeof(findings_lua)));
}
