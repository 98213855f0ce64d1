#include "sensor/config.h"

#include <stddef.h>

#include "sensor/config_setting.h"

#define MIB(num) ((uint64_t)(num) << 20)
#define TEXT(member, name)                                                                         \
    {                                                                                              \
        name, SETTING_TEXT, offsetof(struct config, member), 0, 0, 0, NULL                         \
    }
#define FLAG(member, name)                                                                         \
    {                                                                                              \
        name, SETTING_FLAG, offsetof(struct config, member), 0, 0, 0, NULL                         \
    }
#define NUMBER(member, name, min, max)                                                             \
    {                                                                                              \
        name, SETTING_NUMBER, offsetof(struct config, member), min, max, 0, NULL                   \
    }
#define WAY(member, name)                                                                          \
    {                                                                                              \
        name, SETTING_CHOICE, offsetof(struct config, member), 0, 0, 0, way_words                  \
    }
#define MACS(member, name)                                                                         \
    {                                                                                              \
        name, SETTING_MACS, offsetof(struct config, member), 0, 0, 0, NULL                         \
    }
#define PATHS(member, num_member, name)                                                            \
    {                                                                                              \
        name, SETTING_PATHS, offsetof(struct config, member), 0, 0,                                \
            offsetof(struct config, num_member), NULL                                              \
    }
#define CHOICE(member, name, words)                                                                \
    {                                                                                              \
        name, SETTING_CHOICE, offsetof(struct config, member), 0, 0, 0, words                      \
    }

static const char *const way_words[] = {
    [PSEUDONYM_CLEAR] = "clear", [PSEUDONYM_HMAC] = "hmac", [PSEUDONYM_DROP] = "drop", NULL};
static const char *const wait_words[] = {[CONFIG_WAIT_AUTO] = "auto",
                                         [CONFIG_WAIT_ALWAYS] = "always",
                                         [CONFIG_WAIT_NEVER] = "never",
                                         NULL};

static const struct setting settings[] = {
    TEXT(name, "name"),
    TEXT(user, "user"),
    TEXT(rules, "rules"),
    TEXT(filter, "bpf"),
    NUMBER(capture.snap_length, "capture.snap_length", 128, 1 << 20),
    NUMBER(capture.buffer_mib, "capture.buffer_mib", 1, 2047), /* libpcap: an int of bytes */
    NUMBER(flow.max, "flow.max", 16, 1 << 26),
    FLAG(flow.key_vlan, "flow.key_vlan"),
    NUMBER(flow.idle_seconds, "flow.idle_seconds", 1, 86400),
    NUMBER(flow.half_closed_seconds, "flow.half_closed_seconds", 1, 86400),
    NUMBER(flow.closed_seconds, "flow.closed_seconds", 1, 86400),
    NUMBER(flow.max_sessions, "flow.max_sessions", 16, 10000000),
    NUMBER(flow.max_kept_bytes, "flow.max_kept_bytes", 65536, MIB(65536)),
    FLAG(flow.hints, "flow.hints"),
    NUMBER(reassembly.max_segments, "reassembly.max_segments", 1, 65535),
    NUMBER(reassembly.max_bytes, "reassembly.max_bytes", 65536, MIB(1024)),
    NUMBER(reassembly.max_total_bytes, "reassembly.max_total_bytes", 65536, MIB(65536)),
    NUMBER(reassembly.hole_seconds, "reassembly.hole_seconds", 1, 3600),
    NUMBER(defrag.max_packets, "defrag.max_packets", 1, 65536),
    NUMBER(defrag.timeout_seconds, "defrag.timeout_seconds", 1, 3600),
    NUMBER(devices.max, "devices.max", 1, 10000000),
    NUMBER(devices.max_windows, "devices.max_windows", 1, 10000000),
    MACS(devices.routers, "devices.routers"),
    PATHS(tls.keylogs, tls.num_keylogs, "tls.keylog"),
    PATHS(tls.rsa_keys, tls.num_rsa_keys, "tls.rsa_key"),
    CHOICE(tls.wait, "tls.wait", wait_words),
    NUMBER(tls.max_waiting, "tls.max_waiting", 4096, MIB(64)),
    NUMBER(tls.max_waiting_total, "tls.max_waiting_total", 65536, MIB(65536)),
    NUMBER(tls.max_wait_seconds, "tls.max_wait", 1, 86400),
    NUMBER(tls.max_key_sessions, "tls.max_key_sessions", 16, 100000000),
    TEXT(redis.url, "redis.url"),
    TEXT(redis.password_file, "redis.password_file"),
    TEXT(redis.sentinel_password_file, "redis.sentinel_password_file"),
    TEXT(redis.prefix, "redis.prefix"),
    TEXT(redis.ca, "redis.ca"),
    TEXT(redis.certificate, "redis.certificate"),
    TEXT(redis.key, "redis.key"),
    TEXT(redis.server_name, "redis.server_name"),
    FLAG(redis.list, "redis.list"),
    FLAG(redis.live, "redis.live"),
    NUMBER(redis.stream_max, "redis.stream_max", 1, 1000000000),
    NUMBER(redis.max_devices, "redis.max_devices", 1, 100000000),
    NUMBER(redis.clock_tolerance_seconds, "redis.clock_tolerance", 0, 3600),
    TEXT(store.path, "store.path"),
    NUMBER(store.max_bytes, "store.max_bytes", MIB(1), MIB(1024 * 1024)),
    NUMBER(store.max_age_days, "store.max_age_days", 0, 36500),
    NUMBER(store.queue, "store.queue", 16, 10000000),
    {"sinks", SETTING_SINKS, offsetof(struct config, sinks), 0, 0, 0, NULL},
    WAY(pseudonyms.users, "pseudonyms.users"),
    WAY(pseudonyms.macs, "pseudonyms.mac"),
    WAY(pseudonyms.ips, "pseudonyms.ip"),
    TEXT(pseudonyms.key_file, "pseudonyms.key_file"),
};
const struct settings config_settings = {settings, sizeof(settings) / sizeof(settings[0])};

/* What can be said of one sink. */
#define SINK(member, name, kind, min, max, words)                                                  \
    {                                                                                              \
        name, kind, offsetof(struct config_sink, member), min, max, 0, words                       \
    }

static const char *const type_words[] = {[CONFIG_SINK_NONE] = "none",
                                         [CONFIG_SINK_FILE] = "file",
                                         [CONFIG_SINK_SYSLOG] = "syslog",
                                         NULL};
static const char *const format_words[] = {[CONFIG_FORMAT_ECS] = "ecs",
                                           [CONFIG_FORMAT_OCSF] = "ocsf",
                                           [CONFIG_FORMAT_CEF] = "cef",
                                           [CONFIG_FORMAT_STRUCTURED] = "structured",
                                           NULL};

static const struct setting sink_settings[] = {
    SINK(type, "type", SETTING_CHOICE, 0, 0, type_words),
    SINK(format, "format", SETTING_CHOICE, 0, 0, format_words),
    SINK(path, "path", SETTING_TEXT, 0, 0, NULL),
    SINK(max_bytes, "max_bytes", SETTING_NUMBER, 0, MIB(1024 * 1024), NULL),
    SINK(hours, "hours", SETTING_NUMBER, 0, 8760, NULL),
    SINK(keep, "keep", SETTING_NUMBER, 1, 1000, NULL),
    SINK(sync, "sync", SETTING_FLAG, 0, 0, NULL),
    SINK(url, "url", SETTING_TEXT, 0, 0, NULL),
    SINK(max_message, "max_message", SETTING_NUMBER, 1024, 262144, NULL),
    SINK(ca, "ca", SETTING_TEXT, 0, 0, NULL),
    SINK(certificate, "certificate", SETTING_TEXT, 0, 0, NULL),
    SINK(key, "key", SETTING_TEXT, 0, 0, NULL),
    SINK(server_name, "server_name", SETTING_TEXT, 0, 0, NULL),
};
const struct settings config_sink_settings = {sink_settings,
                                              sizeof(sink_settings) / sizeof(sink_settings[0])};

void config_init(struct config *config)
{
    *config = (struct config){
        .capture = {.snap_length = 262144, .buffer_mib = 64},
        .flow = {.max = 1u << 20,
                 .idle_seconds = 600,
                 .half_closed_seconds = 60,
                 .closed_seconds = 10,
                 .max_sessions = 50000,
                 .max_kept_bytes = MIB(128),
                 .hints = true},
        .reassembly = {.max_segments = 512,
                       .max_bytes = MIB(1),
                       .max_total_bytes = MIB(64),
                       .hole_seconds = 10},
        .defrag = {.max_packets = 1024, .timeout_seconds = 30},
        .devices = {.max = 100000, .max_windows = 100000},
        .tls = {.max_waiting = 131072,
                .max_waiting_total = MIB(64),
                .max_wait_seconds = 120,
                .max_key_sessions = 200000},
        .redis = {.stream_max = 1000000, .max_devices = 1000000, .clock_tolerance_seconds = 2},
        .store = {.max_bytes = MIB(1024), .max_age_days = 90, .queue = 65536},
    };
}

void config_sink_init(struct config_sink *sink)
{
    *sink = (struct config_sink){.max_bytes = MIB(100), .hours = 24, .keep = 7, .sync = true};
}
