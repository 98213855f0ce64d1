#include "sensor/commands/setup.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dissectors/base/text.h"
#include "sensor/share.h"

#define STORE_FOLDER "/var/lib/basictap"
const char setup_default_store[] = STORE_FOLDER "/journal.db";
static const char oui_file[] = "/usr/share/ieee-data/oui.txt";
static const uint64_t second_ns = 1000000000u;
static const uint64_t live_window_ns = 10000000000u;
static const uint64_t day_s = 86400;

static const char *given(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static bool choose_rules(struct setup *setup, struct diag *diag)
{
    if (setup->config->rules[0] != '\0') {
        return text_copy(setup->rules, sizeof(setup->rules), setup->config->rules);
    }
    if (!share_find_rules(setup->rules, sizeof(setup->rules))) {
        diag_set(diag, "the rules are not where they were installed: give --rules DIR");
        return false;
    }
    return true;
}

/* A replay says the same on every host. */
static void choose_name(struct setup *setup)
{
    if (setup->config->name[0] != '\0') {
        (void)text_copy(setup->name, sizeof(setup->name), setup->config->name);
    } else if (!setup->is_live || gethostname(setup->name, sizeof(setup->name) - 1) != 0) {
        (void)text_copy(setup->name, sizeof(setup->name), "replay");
    }
}

static void choose_store(struct setup *setup)
{
    if (setup->config->store.path[0] != '\0') {
        (void)text_copy(setup->store, sizeof(setup->store), setup->config->store.path);
    } else if (setup->is_live) {
        (void)text_copy(setup->store, sizeof(setup->store), setup_default_store);
    }
}

/* Live, one that nobody on the network can guess; a replay gives the same answer every time. */
static bool choose_seed(struct setup *setup, struct diag *diag)
{
    if (setup->is_live &&
        getrandom(setup->seed, sizeof(setup->seed), 0) != (ssize_t)sizeof(setup->seed)) {
        diag_set(diag, "no random numbers: %s", strerror(errno));
        return false;
    }
    return true;
}

static enum formatter_kind choose_format(enum config_format format)
{
    if (format == CONFIG_FORMAT_OCSF) {
        return FORMATTER_OCSF;
    }
    return format == CONFIG_FORMAT_CEF ? FORMATTER_CEF : FORMATTER_ECS;
}

static void add_file(struct setup *setup, const struct config_sink *sink)
{
    setup->files[setup->num_files++] = (struct line_file_options){
        .path = sink->path,
        .format = choose_format(sink->format),
        .max_bytes = sink->max_bytes,
        .hours = (unsigned)sink->hours,
        .keep = (unsigned)sink->keep,
        .no_sync = !sink->sync,
    };
}

static void add_server(struct setup *setup, const struct config_sink *sink)
{
    setup->servers[setup->num_servers++] = (struct syslog_options){
        .url = sink->url,
        .format = choose_format(sink->format),
        .structured = sink->format == CONFIG_FORMAT_STRUCTURED,
        .max_message = sink->max_message,
        .tls = {.ca_file = given(sink->ca),
                .certificate_file = given(sink->certificate),
                .key_file = given(sink->key),
                .name = given(sink->server_name)},
    };
}

static void choose_sinks(struct setup *setup)
{
    for (size_t i = 0; i < setup->config->num_sinks; i++) {
        const struct config_sink *sink = &setup->config->sinks[i];

        if (sink->type == CONFIG_SINK_FILE) {
            add_file(setup, sink);
        } else {
            add_server(setup, sink);
        }
    }
}

bool setup_init(struct setup *setup, const struct options *options, const struct config *config,
                struct diag *diag)
{
    *setup = (struct setup){
        .options = options,
        .config = config,
        .is_live = options->command == COMMAND_LISTEN,
    };
    choose_name(setup);
    choose_store(setup);
    choose_sinks(setup);
    return choose_rules(setup, diag) && choose_seed(setup, diag) &&
           password_read(config->redis.password_file, setup->password, diag) &&
           password_read_file(config->redis.sentinel_password_file, setup->sentinel_password, diag);
}

void setup_clear(struct setup *setup)
{
    bytes_wipe(setup->password, sizeof(setup->password));
    bytes_wipe(setup->sentinel_password, sizeof(setup->sentinel_password));
}

struct worker_options setup_worker(const struct setup *setup)
{
    const struct config *config = setup->config;

    return (struct worker_options){
        .flows = {.max_flows = config->flow.max,
                  .key_vlan = config->flow.key_vlan,
                  .idle_ns = config->flow.idle_seconds * second_ns,
                  .half_closed_ns = config->flow.half_closed_seconds * second_ns,
                  .closed_ns = config->flow.closed_seconds * second_ns,
                  .seed = {setup->seed[0], setup->seed[1]}},
        .streams = {.max_held_bytes = config->reassembly.max_bytes,
                    .max_held_segments = config->reassembly.max_segments,
                    .max_total_bytes = config->reassembly.max_total_bytes,
                    .hole_ns = config->reassembly.hole_seconds * second_ns},
        .defrag = {.max_packets = config->defrag.max_packets,
                   .timeout_ns = config->defrag.timeout_seconds * second_ns},
        .max_sessions = config->flow.max_sessions,
        .max_kept = config->flow.max_kept_bytes,
        .max_waiting = config->tls.max_waiting_total,
        .max_wait_ns = config->tls.max_wait_seconds * second_ns,
        .no_hints = !config->flow.hints,
        .live = setup->is_live,
    };
}

struct keys_options setup_keys(const struct setup *setup)
{
    const struct config *config = setup->config;

    return (struct keys_options){
        .keylogs = config->tls.keylogs,
        .num_keylogs = config->tls.num_keylogs,
        .rsa_keys = config->tls.rsa_keys,
        .num_rsa_keys = config->tls.num_rsa_keys,
        .live = setup->is_live,
    };
}

/* Where JSON lines go; NULL: the answer is a table. */
static const char *choose_lines(const struct options *options)
{
    if (options->format != FORMAT_ECS) {
        return NULL;
    }
    return options->output != NULL ? options->output : "-";
}

struct detector_options setup_detector(const struct setup *setup)
{
    const struct config *config = setup->config;
    struct detector_options options = {
        .rules_directory = setup->rules,
        .oui_file = oui_file,
        .window_ns = setup->is_live ? live_window_ns : 0,
        .each = setup->options->each,
        .first_at_once = setup->is_live,
        .no_ids = choose_lines(setup->options) == NULL && config->redis.url[0] == '\0' &&
                  config->num_sinks == 0 && setup->store[0] == '\0',
        .sensor_name = setup->name,
        .max_devices = config->devices.max,
        .max_open = config->devices.max_windows,
        .routers = config->devices.routers,
        .num_routers = config->devices.num_routers,
    };

    _Static_assert(sizeof(options.hash_seed) == sizeof(setup->seed), "one seed for all tables");
    memcpy(options.hash_seed, setup->seed, sizeof(options.hash_seed));
    return options;
}

void setup_make_place(const struct setup *setup)
{
    if (strcmp(setup->store, setup_default_store) == 0) {
        (void)mkdir(STORE_FOLDER, 0700); /* what is wrong with it shows when it is opened */
    }
}

static uint64_t wall_s(void)
{
    time_t now = time(NULL);

    return now > 0 ? (uint64_t)now : 0;
}

static struct redis_sink_options setup_redis(const struct setup *setup)
{
    const struct config *config = setup->config;

    return (struct redis_sink_options){
        .url = given(config->redis.url),
        .password = given(setup->password),
        .sentinel_password = given(setup->sentinel_password),
        .prefix = given(config->redis.prefix),
        .tls = {.ca_file = given(config->redis.ca),
                .certificate_file = given(config->redis.certificate),
                .key_file = given(config->redis.key),
                .name = given(config->redis.server_name)},
        .list = config->redis.list,
        .live = config->redis.live,
        .stream_max = config->redis.stream_max,
        .max_devices = config->redis.max_devices,
        .clock_tolerance_s = (unsigned)config->redis.clock_tolerance_seconds,
    };
}

struct exporter_options setup_exporter(const struct setup *setup)
{
    const struct config *config = setup->config;

    return (struct exporter_options){
        .identity = {setup->name, BASICTAP_VERSION},
        .ecs_path = choose_lines(setup->options),
        .ecs_append = setup->is_live,
        .name_is_given = config->name[0] != '\0' || !setup->is_live,
        .store_path = setup->store[0] != '\0' ? setup->store : NULL,
        .store_is_optional = config->store.path[0] == '\0',
        .store_max_bytes = config->store.max_bytes,
        .store_max_age_s = config->store.max_age_days * day_s,
        .store_max_devices = config->devices.max,
        .queue_records = config->store.queue,
        .waits = !setup->is_live,
        .wall_s = wall_s,
        .redis = setup_redis(setup),
        .files = setup->files,
        .num_files = setup->num_files,
        .servers = setup->servers,
        .num_servers = setup->num_servers,
    };
}
