/*
 * libyaml's documents and not libcyaml: in its version of Debian 12 (1.3.1) libcyaml takes `-1` and
 * `12k` for unsigned numbers and any word for a flag, and places an unknown key at the token before
 * it. A limit that is silently something else is worse than the table below.
 */
#include "sensor/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "dissectors/base/text.h"

enum setting_kind {
    SETTING_TEXT,
    SETTING_FLAG,
    SETTING_NUMBER,
    SETTING_WAIT,
    SETTING_WAY,
    SETTING_MACS,
    SETTING_PATHS
};

struct setting {
    const char *name; /* dotted: mappings lie one in another */
    enum setting_kind kind;
    size_t offset;
    uint64_t min; /* of a number */
    uint64_t max;
    size_t num_offset; /* of a list of paths: where its length stands */
};

#define MIB(num) ((uint64_t)(num) << 20)
#define TEXT(member, name)                                                                         \
    {                                                                                              \
        name, SETTING_TEXT, offsetof(struct config, member), 0, 0, 0                               \
    }
#define FLAG(member, name)                                                                         \
    {                                                                                              \
        name, SETTING_FLAG, offsetof(struct config, member), 0, 0, 0                               \
    }
#define NUMBER(member, name, min, max)                                                             \
    {                                                                                              \
        name, SETTING_NUMBER, offsetof(struct config, member), min, max, 0                         \
    }
#define WAY(member, name)                                                                          \
    {                                                                                              \
        name, SETTING_WAY, offsetof(struct config, member), 0, 0, 0                                \
    }
#define MACS(member, name)                                                                         \
    {                                                                                              \
        name, SETTING_MACS, offsetof(struct config, member), 0, 0, 0                               \
    }
#define PATHS(member, num_member, name)                                                            \
    {                                                                                              \
        name, SETTING_PATHS, offsetof(struct config, member), 0, 0,                                \
            offsetof(struct config, num_member)                                                    \
    }

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
    {"tls.wait", SETTING_WAIT, offsetof(struct config, tls.wait), 0, 0, 0},
    NUMBER(tls.max_waiting, "tls.max_waiting", 4096, MIB(64)),
    NUMBER(tls.max_waiting_total, "tls.max_waiting_total", 65536, MIB(65536)),
    NUMBER(tls.max_wait_seconds, "tls.max_wait", 1, 86400),
    NUMBER(tls.max_key_sessions, "tls.max_key_sessions", 16, 100000000),
    TEXT(redis.url, "redis.url"),
    TEXT(redis.password_file, "redis.password_file"),
    TEXT(redis.prefix, "redis.prefix"),
    FLAG(redis.list, "redis.list"),
    FLAG(redis.live, "redis.live"),
    NUMBER(redis.stream_max, "redis.stream_max", 1, 1000000000),
    TEXT(store.path, "store.path"),
    NUMBER(store.max_bytes, "store.max_bytes", MIB(1), MIB(1024 * 1024)),
    NUMBER(store.max_age_days, "store.max_age_days", 0, 36500),
    NUMBER(store.queue, "store.queue", 16, 10000000),
    WAY(pseudonyms.users, "pseudonyms.users"),
    WAY(pseudonyms.macs, "pseudonyms.mac"),
    WAY(pseudonyms.ips, "pseudonyms.ip"),
    TEXT(pseudonyms.key_file, "pseudonyms.key_file"),
};
enum { NUM_SETTINGS = sizeof(settings) / sizeof(settings[0]), SETTING_NAME_MAX = 128 };

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
        .redis = {.prefix = "basictap:v1", .stream_max = 1000000},
        .store = {.max_bytes = MIB(1024), .max_age_days = 90, .queue = 65536},
    };
}

/* The file that is being read, for its errors. */
struct reading {
    struct config *config;
    yaml_document_t *document;
    const char *path;
    struct diag *diag;
};

/* Says what is wrong at a node, and false. */
static bool refuse(const struct reading *reading, const yaml_node_t *node, const char *words,
                   const char *culprit)
{
    diag_set(reading->diag, "%s:%zu:%zu: %s '%s'", reading->path, node->start_mark.line + 1,
             node->start_mark.column + 1, words, culprit);
    return false;
}

static const char *scalar_text(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static bool is_plain(const yaml_node_t *node)
{
    return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static const struct setting *find_setting(const char *name)
{
    for (size_t i = 0; i < NUM_SETTINGS; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

/* Is it the name of a mapping: does a setting begin with it and a dot? */
static bool is_section(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < NUM_SETTINGS; i++) {
        if (strncmp(settings[i].name, name, len) == 0 && settings[i].name[len] == '.') {
            return true;
        }
    }
    return false;
}

static bool set_text(const struct reading *reading, const struct setting *setting,
                     const yaml_node_t *node)
{
    char *text = (char *)reading->config + setting->offset;

    if (node->data.scalar.length == 0 || strlen(scalar_text(node)) != node->data.scalar.length) {
        return refuse(reading, node, "empty or broken text for", setting->name);
    }
    if (!text_copy(text, CONFIG_TEXT_SIZE, scalar_text(node))) {
        return refuse(reading, node, "text is too long for", setting->name);
    }
    return true;
}

static bool set_flag(const struct reading *reading, const struct setting *setting,
                     const yaml_node_t *node)
{
    bool value = strcmp(scalar_text(node), "true") == 0;

    if (!is_plain(node) || (!value && strcmp(scalar_text(node), "false") != 0)) {
        return refuse(reading, node, "true or false is wanted, not", scalar_text(node));
    }
    *(bool *)((char *)reading->config + setting->offset) = value;
    return true;
}

static bool set_number(const struct reading *reading, const struct setting *setting,
                       const yaml_node_t *node)
{
    struct bytes text = bytes_view(node->data.scalar.value, node->data.scalar.length);
    uint64_t value;

    if (!is_plain(node) || !take_decimal(&text, UINT64_MAX, &value) || text.len > 0) {
        return refuse(reading, node, "a whole number is wanted, not", scalar_text(node));
    }
    if (value < setting->min || value > setting->max) {
        diag_set(reading->diag, "%s:%zu:%zu: %s is %llu to %llu, not %s", reading->path,
                 node->start_mark.line + 1, node->start_mark.column + 1, setting->name,
                 (unsigned long long)setting->min, (unsigned long long)setting->max,
                 scalar_text(node));
        return false;
    }
    memcpy((char *)reading->config + setting->offset, &value, sizeof(value));
    return true;
}

/* A list of MACs; devices.routers is the only one. */
static bool set_macs(const struct reading *reading, const yaml_node_t *node)
{
    struct config *config = reading->config;

    config->devices.num_routers = 0;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *entry = yaml_document_get_node(reading->document, *item);
        struct mac mac;

        if (entry->type != YAML_SCALAR_NODE ||
            !mac_parse(bytes_view(entry->data.scalar.value, entry->data.scalar.length), &mac)) {
            return refuse(reading, entry, "no MAC address",
                          entry->type == YAML_SCALAR_NODE ? scalar_text(entry) : "");
        }
        if (config->devices.num_routers == CONFIG_MAX_ROUTERS) {
            return refuse(reading, entry, "too many routers at", scalar_text(entry));
        }
        config->devices.routers[config->devices.num_routers++] = mac;
    }
    return true;
}

bool config_add_path(char list[CONFIG_MAX_KEYS][CONFIG_TEXT_SIZE], size_t *num, const char *path,
                     struct diag *diag)
{
    if (*num == CONFIG_MAX_KEYS) {
        diag_set(diag, "more than %d key logs, or RSA keys", (int)CONFIG_MAX_KEYS);
        return false;
    }
    if (!text_copy(list[*num], CONFIG_TEXT_SIZE, path)) {
        diag_set(diag, "the path of a key is too long");
        return false;
    }
    (*num)++;
    return true;
}

static bool set_paths(const struct reading *reading, const struct setting *setting,
                      const yaml_node_t *node)
{
    char(*list)[CONFIG_TEXT_SIZE] = (void *)((char *)reading->config + setting->offset);
    size_t *num = (void *)((char *)reading->config + setting->num_offset);

    *num = 0;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *entry = yaml_document_get_node(reading->document, *item);
        struct diag why = {{0}};

        if (entry->type != YAML_SCALAR_NODE || entry->data.scalar.length == 0 ||
            strlen(scalar_text(entry)) != entry->data.scalar.length) {
            return refuse(reading, entry, "paths are wanted in", setting->name);
        }
        if (!config_add_path(list, num, scalar_text(entry), &why)) {
            return refuse(reading, entry, why.text, scalar_text(entry));
        }
    }
    return true;
}

static bool set_wait(const struct reading *reading, const struct setting *setting,
                     const yaml_node_t *node)
{
    static const char *const words[] = {[CONFIG_WAIT_AUTO] = "auto",
                                        [CONFIG_WAIT_ALWAYS] = "always",
                                        [CONFIG_WAIT_NEVER] = "never"};

    for (enum config_wait wait = CONFIG_WAIT_AUTO; wait <= CONFIG_WAIT_NEVER; wait++) {
        if (strcmp(scalar_text(node), words[wait]) == 0) {
            *(enum config_wait *)(void *)((char *)reading->config + setting->offset) = wait;
            return true;
        }
    }
    return refuse(reading, node, "auto, always or never is wanted, not", scalar_text(node));
}

static bool set_way(const struct reading *reading, const struct setting *setting,
                    const yaml_node_t *node)
{
    for (unsigned way = 0; way < NUM_PSEUDONYM_WAYS; way++) {
        if (strcmp(scalar_text(node), pseudonym_way_word(way)) == 0) {
            *(enum pseudonym_way *)(void *)((char *)reading->config + setting->offset) = way;
            return true;
        }
    }
    return refuse(reading, node, "clear, hmac or drop is wanted, not", scalar_text(node));
}

static bool set_list(const struct reading *reading, const struct setting *setting,
                     const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return refuse(reading, node, "a list is wanted for", setting->name);
    }
    return setting->kind == SETTING_MACS ? set_macs(reading, node)
                                         : set_paths(reading, setting, node);
}

static bool set(const struct reading *reading, const struct setting *setting,
                const yaml_node_t *node)
{
    if (setting->kind == SETTING_MACS || setting->kind == SETTING_PATHS) {
        return set_list(reading, setting, node);
    }
    if (node->type != YAML_SCALAR_NODE) {
        return refuse(reading, node, "a single value is wanted for", setting->name);
    }
    switch (setting->kind) {
    case SETTING_FLAG:
        return set_flag(reading, setting, node);
    case SETTING_NUMBER:
        return set_number(reading, setting, node);
    case SETTING_WAIT:
        return set_wait(reading, setting, node);
    case SETTING_WAY:
        return set_way(reading, setting, node);
    case SETTING_TEXT:
    case SETTING_MACS:
    case SETTING_PATHS:
        break;
    }
    return set_text(reading, setting, node);
}

/* libyaml lets a key stand twice, and the second would win without a word. */
static bool is_repeated(const struct reading *reading, const yaml_node_t *mapping,
                        const yaml_node_pair_t *pair, const char *key)
{
    for (const yaml_node_pair_t *earlier = mapping->data.mapping.pairs.start; earlier < pair;
         earlier++) {
        if (strcmp(scalar_text(yaml_document_get_node(reading->document, earlier->key)), key) ==
            0) {
            return true;
        }
    }
    return false;
}

static bool read_mapping(const struct reading *reading, const yaml_node_t *mapping,
                         const char *section);

/* One key and its value; section is "" or ends with a dot. */
static bool read_pair(const struct reading *reading, const char *section, const yaml_node_t *key,
                      const yaml_node_t *value)
{
    char name[SETTING_NAME_MAX];
    const struct setting *setting;

    (void)snprintf(name, sizeof(name), "%s%s", section, scalar_text(key));
    setting = find_setting(name);
    if (setting != NULL) {
        return set(reading, setting, value);
    }
    if (!is_section(name)) {
        return refuse(reading, key, "unknown key", name);
    }
    if (value->type != YAML_MAPPING_NODE) {
        return refuse(reading, value, "keys are wanted below", name);
    }
    (void)text_append(name, sizeof(name), ".");
    return read_mapping(reading, value, name);
}

/* Recursion is as deep as the names of settings have dots. */
static bool read_mapping(const struct reading *reading, const yaml_node_t *mapping,
                         const char *section)
{
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reading->document, pair->key);

        if (key->type != YAML_SCALAR_NODE) {
            return refuse(reading, key, "a key must be a word in", section);
        }
        if (is_repeated(reading, mapping, pair, scalar_text(key))) {
            return refuse(reading, key, "given twice:", scalar_text(key));
        }
        if (!read_pair(reading, section, key,
                       yaml_document_get_node(reading->document, pair->value))) {
            return false;
        }
    }
    return true;
}

static bool read_document(const struct reading *reading)
{
    const yaml_node_t *root = yaml_document_get_root_node(reading->document);

    if (root == NULL) {
        return true; /* an empty file, or nothing but comments */
    }
    if (root->type != YAML_MAPPING_NODE) {
        return refuse(reading, root, "not a configuration:", "no keys");
    }
    return read_mapping(reading, root, "");
}

/* The next document; nothing is owned on false. */
static bool load_document(yaml_parser_t *parser, yaml_document_t *document, const char *path,
                          struct diag *diag)
{
    if (!yaml_parser_load(parser, document)) {
        diag_set(diag, "%s:%zu:%zu: %s", path, parser->problem_mark.line + 1,
                 parser->problem_mark.column + 1,
                 parser->problem != NULL ? parser->problem : "cannot be read");
        return false;
    }
    return true;
}

static bool ends(yaml_parser_t *parser, const char *path, struct diag *diag)
{
    yaml_document_t document;
    bool is_end;

    if (!load_document(parser, &document, path, diag)) {
        return false;
    }
    is_end = yaml_document_get_root_node(&document) == NULL;
    if (!is_end) {
        diag_set(diag, "%s:%zu:%zu: one document is wanted, not several", path,
                 document.start_mark.line + 1, document.start_mark.column + 1);
    }
    yaml_document_delete(&document);
    return is_end;
}

static bool read_file(struct config *config, const char *path, FILE *file, struct diag *diag)
{
    yaml_parser_t parser;
    yaml_document_t document;
    struct reading reading = {config, &document, path, diag};
    bool is_read = false;

    if (!yaml_parser_initialize(&parser)) {
        diag_set(diag, "%s: out of memory", path);
        return false;
    }
    yaml_parser_set_input_file(&parser, file);
    if (load_document(&parser, &document, path, diag)) {
        is_read = read_document(&reading);
        yaml_document_delete(&document);
    }
    is_read = is_read && ends(&parser, path, diag);
    yaml_parser_delete(&parser);
    return is_read;
}

bool config_load(struct config *config, const char *path, struct diag *diag)
{
    FILE *file = fopen(path, "re");
    bool is_read;

    if (file == NULL) {
        diag_set(diag, "%s: %s", path, strerror(errno));
        return false;
    }
    is_read = read_file(config, path, file, diag);
    (void)fclose(file);
    return is_read;
}
