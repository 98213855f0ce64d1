/*
 * libyaml's documents and not libcyaml: in its version of Debian 12 (1.3.1) libcyaml takes `-1` and
 * `12k` for unsigned numbers and any word for a flag, and places an unknown key at the token before
 * it. A limit that is silently something else is worse than the table below.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "dissectors/base/text.h"
#include "sensor/config_setting.h"

enum { SETTING_NAME_MAX = 128 };

/* The file that is being read, for its errors. */
struct reading {
    struct config *config;
    const struct settings *settings; /* what may stand here */
    void *base;                      /* whose members they set */
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

static const struct setting *find_setting(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->settings->num; i++) {
        if (strcmp(reading->settings->list[i].name, name) == 0) {
            return &reading->settings->list[i];
        }
    }
    return NULL;
}

/* Is it the name of a mapping: does a setting begin with it and a dot? */
static bool is_section(const struct reading *reading, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < reading->settings->num; i++) {
        if (strncmp(reading->settings->list[i].name, name, len) == 0 &&
            reading->settings->list[i].name[len] == '.') {
            return true;
        }
    }
    return false;
}

static bool set_text(const struct reading *reading, const struct setting *setting,
                     const yaml_node_t *node)
{
    char *text = (char *)reading->base + setting->offset;

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
    *(bool *)((char *)reading->base + setting->offset) = value;
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
    memcpy((char *)reading->base + setting->offset, &value, sizeof(value));
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
    char(*list)[CONFIG_TEXT_SIZE] = (void *)((char *)reading->base + setting->offset);
    size_t *num = (void *)((char *)reading->base + setting->num_offset);

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

/* "a, b or c" */
static void list_words(const char *const *words, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; words[i] != NULL; i++) {
        if (i > 0) {
            (void)text_append(text, size, words[i + 1] != NULL ? ", " : " or ");
        }
        (void)text_append(text, size, words[i]);
    }
}

static bool set_choice(const struct reading *reading, const struct setting *setting,
                       const yaml_node_t *node)
{
    char words[128];
    char complaint[192];

    _Static_assert(sizeof(enum config_wait) == sizeof(unsigned), "enums are set as numbers");
    for (unsigned i = 0; setting->words[i] != NULL; i++) {
        if (strcmp(scalar_text(node), setting->words[i]) == 0) {
            memcpy((char *)reading->base + setting->offset, &i, sizeof(i));
            return true;
        }
    }
    list_words(setting->words, words, sizeof(words));
    (void)snprintf(complaint, sizeof(complaint), "%s is wanted, not", words);
    return refuse(reading, node, complaint, scalar_text(node));
}

static bool read_mapping(const struct reading *reading, const yaml_node_t *mapping,
                         const char *section);

/* A type, and what belongs to it; twice the same would write into one another. */
static bool check_sink(const struct reading *reading, const struct config_sink *sink,
                       const yaml_node_t *node)
{
    bool is_file = sink->type == CONFIG_SINK_FILE;
    const char *place = is_file ? sink->path : sink->url;

    if (sink->type == CONFIG_SINK_NONE) {
        return refuse(reading, node, "a sink needs a", "type");
    }
    if (place[0] == '\0') {
        return refuse(reading, node, "a sink of its type needs a", is_file ? "path" : "url");
    }
    if ((is_file ? sink->url : sink->path)[0] != '\0') {
        return refuse(reading, node, "a sink of its type has no", is_file ? "url" : "path");
    }
    if (is_file && sink->format == CONFIG_FORMAT_STRUCTURED) {
        return refuse(reading, node, "only syslog has the format", "structured");
    }
    for (const struct config_sink *other = reading->config->sinks; other < sink; other++) {
        if (strcmp(is_file ? other->path : other->url, place) == 0) {
            return refuse(reading, node, "two sinks to", place);
        }
    }
    return true;
}

static bool set_sinks(const struct reading *reading, const yaml_node_t *node)
{
    struct config *config = reading->config;

    config->num_sinks = 0;
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *entry = yaml_document_get_node(reading->document, *item);
        struct config_sink *sink = &config->sinks[config->num_sinks];
        struct reading inner = *reading;

        if (entry->type != YAML_MAPPING_NODE) {
            return refuse(reading, entry, "keys are wanted in each of", "sinks");
        }
        if (config->num_sinks == CONFIG_MAX_SINKS) {
            return refuse(reading, entry, "too many", "sinks");
        }
        config_sink_init(sink);
        inner.settings = &config_sink_settings;
        inner.base = sink;
        if (!read_mapping(&inner, entry, "") || !check_sink(reading, sink, entry)) {
            return false;
        }
        config->num_sinks++;
    }
    return true;
}

static bool set_list(const struct reading *reading, const struct setting *setting,
                     const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return refuse(reading, node, "a list is wanted for", setting->name);
    }
    if (setting->kind == SETTING_SINKS) {
        return set_sinks(reading, node);
    }
    return setting->kind == SETTING_MACS ? set_macs(reading, node)
                                         : set_paths(reading, setting, node);
}

static bool set(const struct reading *reading, const struct setting *setting,
                const yaml_node_t *node)
{
    if (setting->kind == SETTING_MACS || setting->kind == SETTING_PATHS ||
        setting->kind == SETTING_SINKS) {
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
    case SETTING_CHOICE:
        return set_choice(reading, setting, node);
    case SETTING_TEXT:
    case SETTING_MACS:
    case SETTING_PATHS:
    case SETTING_SINKS:
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

/* One key and its value; section is "" or ends with a dot. */
static bool read_pair(const struct reading *reading, const char *section, const yaml_node_t *key,
                      const yaml_node_t *value)
{
    char name[SETTING_NAME_MAX];
    const struct setting *setting;

    (void)snprintf(name, sizeof(name), "%s%s", section, scalar_text(key));
    setting = find_setting(reading, name);
    if (setting != NULL) {
        return set(reading, setting, value);
    }
    if (!is_section(reading, name)) {
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
    struct reading reading = {config, &config_settings, config, &document, path, diag};
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
