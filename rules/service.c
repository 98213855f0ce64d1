#include "rules/service.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/cache.h"
#include "dissectors/base/hmap.h"
#include "dissectors/base/text.h"
#include "rules/pattern.h"
#include "rules/tree.h"

enum { MAX_ENTRIES = 4096 };

/* What a line of the file says. */
struct entry {
    struct service_hint hint;
    struct address prefix; /* ranges */
    unsigned bits;
    struct pattern *pattern; /* paths and banners */
    uint16_t port;
};

struct list {
    struct entry *entries;
    size_t num;
};

struct services {
    struct tree *tree;     /* hints point into it */
    struct hmap *names;    /* lower-case host name, or ".suffix" -> struct service_hint */
    struct cache *asked;   /* names as they were sent -> struct service_hint; NULL: no memory */
    struct cache *greeted; /* banners, likewise */
    struct list ranges;
    bool begins[256]; /* whether a range has addresses that begin with this octet */
    struct list paths;
    struct list banners;
    struct list ports;
    struct list labels;
};

typedef bool add_fn(struct services *services, const struct node *value, struct service_hint hint,
                    struct diag *diag);

static bool out_of_memory(const struct services *services, const struct node *node,
                          struct diag *diag)
{
    return tree_fail(services->tree, node, diag, "out of memory");
}

static struct entry *add_entry(struct list *list)
{
    struct entry *bigger;

    if (list->num >= MAX_ENTRIES) {
        return NULL;
    }
    bigger = realloc(list->entries, (list->num + 1) * sizeof(struct entry));
    if (bigger == NULL) {
        return NULL;
    }
    list->entries = bigger;
    memset(&bigger[list->num], 0, sizeof(struct entry));
    return &bigger[list->num++];
}

static bool add_host(struct services *services, const struct node *value, struct service_hint hint,
                     struct diag *diag)
{
    char name[HOST_SIZE];
    const char *key = name;
    struct service_hint *stored;
    bool added;

    (void)text_set(name, sizeof(name), bytes_of_text(value->text));
    text_lower(name);
    if (name[0] == '*' && name[1] == '.') {
        key = name + 1;
    }
    if (strpbrk(key, "*?") != NULL || key[0] == '\0') {
        return tree_fail(services->tree, value, diag, "a host is a name or *.name");
    }
    stored = hmap_put(services->names, key, strlen(key), &added);
    if (stored == NULL) {
        return out_of_memory(services, value, diag);
    }
    if (!added) {
        return tree_fail(services->tree, value, diag, "'%.80s' is here twice", value->text);
    }
    *stored = hint;
    return true;
}

static void note_first_octets(struct services *services, const struct entry *range)
{
    unsigned first = range->prefix.octets[0];
    unsigned last = range->bits < 8 ? first | 0xffu >> range->bits : first;

    for (unsigned octet = first; octet <= last; octet++) {
        services->begins[octet] = true;
    }
}

static bool add_range(struct services *services, const struct node *value, struct service_hint hint,
                      struct diag *diag)
{
    struct entry *entry = add_entry(&services->ranges);
    struct bytes rest = bytes_of_text(value->text);
    struct bytes text;
    uint64_t bits;

    if (entry == NULL) {
        return out_of_memory(services, value, diag);
    }
    if (!take_until(&rest, '/', &text) || !address_parse(text, &entry->prefix) ||
        !take_decimal(&rest, entry->prefix.version == 4 ? 32 : 128, &bits) || rest.len > 0) {
        return tree_fail(services->tree, value, diag, "'%.60s' is no address range", value->text);
    }
    entry->bits = (unsigned)bits;
    entry->hint = hint;
    note_first_octets(services, entry);
    return true;
}

static bool add_pattern(struct services *services, struct list *list, enum pattern_anchor anchor,
                        const struct node *value, struct service_hint hint, struct diag *diag)
{
    struct entry *entry = add_entry(list);

    if (entry == NULL) {
        return out_of_memory(services, value, diag);
    }
    entry->hint = hint;
    entry->pattern = pattern_new(value->text, anchor);
    return entry->pattern != NULL || out_of_memory(services, value, diag);
}

static bool add_path(struct services *services, const struct node *value, struct service_hint hint,
                     struct diag *diag)
{
    return add_pattern(services, &services->paths, ANCHOR_START, value, hint, diag);
}

static bool add_banner(struct services *services, const struct node *value,
                       struct service_hint hint, struct diag *diag)
{
    return add_pattern(services, &services->banners, ANCHOR_NONE, value, hint, diag);
}

static bool add_port(struct services *services, const struct node *value, struct service_hint hint,
                     struct diag *diag)
{
    struct entry *entry = add_entry(&services->ports);
    struct bytes rest = bytes_of_text(value->text);
    uint64_t port;

    if (entry == NULL) {
        return out_of_memory(services, value, diag);
    }
    if (!take_decimal(&rest, 65535, &port) || rest.len > 0) {
        return tree_fail(services->tree, value, diag, "'%.40s' is no port", value->text);
    }
    entry->port = (uint16_t)port;
    entry->hint = hint;
    return true;
}

static bool add_label(struct services *services, const struct node *value, struct service_hint hint,
                      struct diag *diag)
{
    struct entry *entry = add_entry(&services->labels);

    if (entry == NULL) {
        return out_of_memory(services, value, diag);
    }
    entry->hint = hint; /* whose `why` is the label */
    return strchr(value->text, '.') == NULL ||
           tree_fail(services->tree, value, diag, "a label has no dots");
}

static bool add_all(struct services *services, const struct node *list, struct service_hint hint,
                    struct diag *diag)
{
    static const struct {
        const char *key;
        add_fn *add;
    } kinds[] = {{"hosts", add_host},     {"ranges", add_range}, {"paths", add_path},
                 {"banners", add_banner}, {"ports", add_port},   {"labels", add_label}};
    add_fn *add = NULL;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].key, list->key) == 0) {
            add = kinds[i].add;
        }
    }
    if (add == NULL) {
        return tree_fail_key(services->tree, list, diag, "unknown key '%.60s'", list->key);
    }
    if (list->kind != NODE_LIST) {
        return tree_fail(services->tree, list, diag, "a list is wanted");
    }
    for (const struct node *value = list->child; value != NULL; value = value->next) {
        if (value->kind != NODE_SCALAR || value->text[0] == '\0') {
            return tree_fail(services->tree, value, diag, "a text is wanted");
        }
        hint.why = value->text;
        if (!add(services, value, hint, diag)) {
            return false;
        }
    }
    return true;
}

static bool read_hint(const struct services *services, const struct node *item,
                      struct service_hint *hint, struct diag *diag)
{
    const struct node *target = node_find(item, "target");
    const struct node *service = node_find(item, "service");

    if (target != NULL && (target->kind != NODE_SCALAR ||
                           !target_parse(bytes_of_text(target->text), &hint->target))) {
        return tree_fail(services->tree, target, diag, "unknown target");
    }
    if (service != NULL && (service->kind != NODE_SCALAR ||
                            !service_parse(bytes_of_text(service->text), &hint->service))) {
        return tree_fail(services->tree, service, diag, "unknown service");
    }
    return target != NULL || service != NULL ||
           tree_fail(services->tree, item, diag, "'target' or 'service' is missing");
}

static bool read_item(struct services *services, const struct node *item, struct diag *diag)
{
    struct service_hint hint = {0};

    if (item->kind != NODE_MAP) {
        return tree_fail(services->tree, item, diag, "an entry must be a map");
    }
    if (!read_hint(services, item, &hint, diag)) {
        return false;
    }
    for (const struct node *list = item->child; list != NULL; list = list->next) {
        bool says = strcmp(list->key, "target") == 0 || strcmp(list->key, "service") == 0;

        if (!says && !add_all(services, list, hint, diag)) {
            return false;
        }
    }
    return true;
}

static bool read_tree(struct services *services, struct diag *diag)
{
    const struct node *root;

    if (tree_num_documents(services->tree) != 1) {
        diag_set(diag, "%s: one document is wanted", tree_name(services->tree));
        return false;
    }
    root = tree_document(services->tree, 0);
    if (root->kind != NODE_LIST) {
        return tree_fail(services->tree, root, diag, "a list is wanted");
    }
    for (const struct node *item = root->child; item != NULL; item = item->next) {
        if (!read_item(services, item, diag)) {
            return false;
        }
    }
    return true;
}

/* Takes the tree over; NULL: an empty table. */
static struct services *adopt_tree(struct tree *tree, struct diag *diag)
{
    static const uint8_t seed[HMAP_SEED_SIZE]; /* its keys are the administrator's own */
    struct services *services = calloc(1, sizeof(*services));

    if (services == NULL) {
        tree_free(tree);
        diag_set(diag, "no memory for services");
        return NULL;
    }
    services->tree = tree;
    services->asked = cache_new();
    services->greeted = cache_new();
    services->names = hmap_new(MAX_ENTRIES, sizeof(struct service_hint), seed);
    if (services->names == NULL) {
        diag_set(diag, "no memory for services");
        services_free(services);
        return NULL;
    }
    if (tree != NULL && !read_tree(services, diag)) {
        services_free(services);
        return NULL;
    }
    return services;
}

struct services *services_load(const char *path, struct diag *diag)
{
    struct tree *tree = path != NULL ? tree_read(path, diag) : NULL;

    return tree == NULL && path != NULL ? NULL : adopt_tree(tree, diag);
}

struct services *services_parse(const char *name, struct bytes text, struct diag *diag)
{
    struct tree *tree = tree_parse(name, text, diag);

    return tree == NULL ? NULL : adopt_tree(tree, diag);
}

static void clear_list(struct list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        pattern_free(list->entries[i].pattern);
    }
    free(list->entries);
}

void services_free(struct services *services)
{
    if (services != NULL) {
        clear_list(&services->ranges);
        clear_list(&services->paths);
        clear_list(&services->banners);
        clear_list(&services->ports);
        clear_list(&services->labels);
        hmap_free(services->names);
        cache_free(services->asked);
        cache_free(services->greeted);
        tree_free(services->tree);
        free(services);
    }
}

struct bytes service_host(const char *sent)
{
    const struct bytes all = bytes_of_text(sent);
    struct bytes rest = all;
    struct bytes host;
    size_t colon;

    if (take_prefix(&rest, BYTES("["))) {
        return take_until(&rest, ']', &host) ? host : all;
    }
    return take_until(&rest, ':', &host) && !bytes_find_byte(rest, ':', &colon) ? host : all;
}

/* "Mail.Contoso.com:443" -> "mail.contoso.com" */
static void plain_name(const char *sent, char name[HOST_SIZE])
{
    struct bytes host = service_host(sent);

    if (bytes_ends_nocase(host, BYTES("."))) {
        host = bytes_first(host, host.len - 1);
    }
    (void)text_set(name, HOST_SIZE, host);
    text_lower(name);
}

static struct service_hint look_up_host(const struct services *services, const char *sent)
{
    const struct service_hint none = {0};
    const struct service_hint *hint;
    struct address address;
    char name[HOST_SIZE];

    plain_name(sent, name);
    if (address_parse(bytes_of_text(name), &address)) {
        return services_by_address(services, &address);
    }
    hint = hmap_find(services->names, name, strlen(name));
    for (const char *dot = strchr(name, '.'); hint == NULL && dot != NULL;
         dot = strchr(dot + 1, '.')) {
        hint = hmap_find(services->names, dot, strlen(dot));
    }
    return hint != NULL ? *hint : none;
}

/* A network asks for few names, and for those all the time. */
struct service_hint services_by_host(const struct services *services, const char *sent)
{
    struct service_hint hint = {0};
    struct bytes key = bytes_of_text(sent != NULL ? sent : "");

    if (key.len > 0 && !cache_find(services->asked, key, &hint, sizeof(hint))) {
        hint = look_up_host(services, sent);
        cache_put(services->asked, key, &hint, sizeof(hint));
    }
    return hint;
}

struct service_hint services_by_address(const struct services *services,
                                        const struct address *address)
{
    size_t num = services->begins[address->octets[0]] ? services->ranges.num : 0;

    for (size_t i = 0; i < num; i++) {
        const struct entry *entry = &services->ranges.entries[i];

        if (address_in(address, &entry->prefix, entry->bits)) {
            return entry->hint;
        }
    }
    return (struct service_hint){0};
}

static struct service_hint by_pattern(const struct list *list, const char *text)
{
    struct bytes in = bytes_of_text(text);

    for (size_t i = 0; in.len > 0 && i < list->num; i++) {
        if (pattern_match(list->entries[i].pattern, in) == PATTERN_YES) {
            return list->entries[i].hint;
        }
    }
    return (struct service_hint){0};
}

struct service_hint services_by_path(const struct services *services, const char *path)
{
    return by_pattern(&services->paths, path);
}

struct service_hint services_by_banner(const struct services *services, const char *banner)
{
    struct service_hint hint = {0};
    struct bytes key = bytes_of_text(banner);

    if (key.len > 0 && !cache_find(services->greeted, key, &hint, sizeof(hint))) {
        hint = by_pattern(&services->banners, banner);
        cache_put(services->greeted, key, &hint, sizeof(hint));
    }
    return hint;
}

struct service_hint services_by_port(const struct services *services, uint16_t port)
{
    for (size_t i = 0; i < services->ports.num; i++) {
        if (services->ports.entries[i].port == port) {
            return services->ports.entries[i].hint;
        }
    }
    return (struct service_hint){0};
}

bool services_has_label(const struct services *services, const char *name)
{
    struct bytes rest = bytes_of_text(name);
    struct bytes label;

    if (!take_until(&rest, '.', &label)) {
        return false;
    }
    for (size_t i = 0; i < services->labels.num; i++) {
        if (bytes_is_word(label, services->labels.entries[i].hint.why)) {
            return true;
        }
    }
    return false;
}
