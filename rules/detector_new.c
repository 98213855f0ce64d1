#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dissectors/base/text.h"
#include "rules/detector_part.h"

enum {
    DEFAULT_DEVICES = 100000,
    DEFAULT_OPEN = 100000,
    MAX_HOSTS = 65536,
    MAX_GROUPS = 10000,
};

/* How long a request may wait for its phone's name: who watches is to see it within a second. */
static const uint64_t wait_live_ns = UINT64_C(900) * 1000000u;
static const uint64_t wait_replay_ns = UINT64_C(10) * 1000000000u;

static void *or_say(void *made, struct diag *diag)
{
    if (made == NULL) {
        diag_set(diag, "no memory for the detector");
    }
    return made;
}

static bool load_files(struct detector *detector, struct diag *diag)
{
    const char *directory = detector->options.rules_directory;
    struct knowledge *known = &detector->known;
    char path[4096];

    if (directory == NULL) {
        detector->ruleset = ruleset_parse("", BYTES(""), diag);
        known->services = services_load(NULL, diag);
        known->clients = clients_load(NULL, diag);
        detector->inferences = inferences_new(NULL, detector->options.hash_seed, diag);
        return detector->ruleset != NULL && known->services != NULL && known->clients != NULL &&
               detector->inferences != NULL;
    }
    detector->ruleset = ruleset_load(directory, diag);
    if (detector->ruleset == NULL) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s/services.yml", directory);
    known->services = services_load(path, diag);
    if (known->services == NULL) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s/clients.yml", directory);
    known->clients = clients_load(path, diag);
    if (known->clients == NULL) {
        return false;
    }
    /* Rules of one's own need not say what encrypted logins look like. */
    (void)snprintf(path, sizeof(path), "%s/shapes.yml", directory);
    if (access(path, F_OK) == 0) {
        detector->shapes = tree_read(path, diag);
        if (detector->shapes == NULL) {
            return false;
        }
    }
    detector->inferences = inferences_new(detector->shapes, detector->options.hash_seed, diag);
    return detector->inferences != NULL;
}

static bool make_tables(struct detector *detector, struct diag *diag)
{
    const struct detector_options *options = &detector->options;
    struct knowledge *known = &detector->known;
    size_t max_devices = options->max_devices != 0 ? options->max_devices : DEFAULT_DEVICES;
    size_t max_open = options->max_open != 0 ? options->max_open : DEFAULT_OPEN;

    known->hosts = hosts_new(MAX_HOSTS, options->hash_seed);
    known->devices = devices_new(max_devices, options->hash_seed);
    known->digester = digester_new();
    detector->windows = windows_new(options->window_ns, max_open, options->hash_seed,
                                    detector_on_window_over, detector);
    detector->phones = phones_new(options->first_at_once ? wait_live_ns : wait_replay_ns,
                                  options->hash_seed, detector_on_attempt, detector);
    if (known->hosts == NULL || known->devices == NULL || known->digester == NULL ||
        detector->windows == NULL || detector->phones == NULL) {
        (void)or_say(NULL, diag);
        return false;
    }
    for (size_t i = 0; i < options->num_routers; i++) {
        if (!devices_add_router(known->devices, &options->routers[i])) {
            (void)or_say(NULL, diag);
            return false;
        }
    }
    return true;
}

static bool make_correlations(struct detector *detector, struct diag *diag)
{
    for (size_t i = 0; i < ruleset_num_rules(detector->ruleset); i++) {
        const struct rule *rule = ruleset_rule(detector->ruleset, i);
        struct slot *slot = &detector->slots[detector->num_slots];

        if (rule->correlation.type == CORRELATION_NONE) {
            continue;
        }
        slot->detector = detector;
        slot->rule = rule;
        slot->correlation =
            correlation_new(rule, MAX_GROUPS, detector->options.hash_seed, detector_on_alert, slot);
        if (or_say(slot->correlation, diag) == NULL) {
            return false;
        }
        detector->num_slots++;
    }
    return true;
}

struct detector *detector_new(const struct detector_options *options, struct diag *diag)
{
    struct detector *detector = or_say(calloc(1, sizeof(*detector)), diag);

    if (detector == NULL) {
        return NULL;
    }
    detector->options = *options;
    (void)text_copy(detector->sensor_name, sizeof(detector->sensor_name),
                    options->sensor_name != NULL ? options->sensor_name : "");
    detector->stats = or_say(calloc(1, sizeof(*detector->stats)), diag);
    if (detector->stats == NULL || !load_files(detector, diag) || !make_tables(detector, diag) ||
        !make_correlations(detector, diag)) {
        detector_free(detector);
        return NULL;
    }
    detector->oui = oui_load(options->oui_file);
    detector->known.oui = detector->oui;
    detector->stats->rules = ruleset_num_rules(detector->ruleset);
    return detector;
}

void detector_free(struct detector *detector)
{
    if (detector == NULL) {
        return;
    }
    for (size_t i = 0; i < detector->num_slots; i++) {
        correlation_free(detector->slots[i].correlation);
    }
    windows_free(detector->windows);
    phones_free(detector->phones);
    inferences_free(detector->inferences);
    tree_free(detector->shapes);
    ruleset_free(detector->ruleset);
    services_free(detector->known.services);
    clients_free(detector->known.clients);
    hosts_free(detector->known.hosts);
    devices_free(detector->known.devices);
    digester_free(detector->known.digester);
    oui_free(detector->oui);
    free(detector->stats);
    free(detector);
}
