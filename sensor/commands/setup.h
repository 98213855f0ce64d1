/*
 * setup: what the command line and the configuration say, in the words of each part. The last place
 * where a default depends on the command.
 */
#ifndef BASICTAP_SENSOR_COMMANDS_SETUP_H
#define BASICTAP_SENSOR_COMMANDS_SETUP_H

#include "export/exporter.h"
#include "rules/detector.h"
#include "sensor/config.h"
#include "sensor/keys.h"
#include "sensor/options.h"
#include "sensor/password.h"
#include "sensor/worker.h"

enum { SETUP_NAME_SIZE = 256 };

/* The options that are given out point into it. */
struct setup {
    const struct options *options;
    const struct config *config;
    bool is_live;
    uint64_t seed[2];                      /* of all hash tables */
    char name[SETUP_NAME_SIZE];            /* of this sensor, unless the journal knows another */
    char store[CONFIG_TEXT_SIZE];          /* path of the journal; "": none, or in memory */
    char rules[CONFIG_TEXT_SIZE];          /* directory */
    char password[PASSWORD_SIZE];          /* of Redis; "": none */
    char sentinel_password[PASSWORD_SIZE]; /* likewise, of its Sentinels */
    struct line_file_options files[CONFIG_MAX_SINKS];
    size_t num_files;
    struct syslog_options servers[CONFIG_MAX_SINKS];
    size_t num_servers;
};

/* Finds out what is not said: names, places, the password. options and config outlive it. */
bool setup_init(struct setup *setup, const struct options *options, const struct config *config,
                struct diag *diag);
void setup_clear(struct setup *setup); /* wipes the password */

/* Callbacks are the caller's to fill in. */
struct worker_options setup_worker(const struct setup *setup);
struct keys_options setup_keys(const struct setup *setup);
struct detector_options setup_detector(const struct setup *setup);
struct exporter_options setup_exporter(const struct setup *setup);

/* Makes the folder of the journal that is named nowhere, where that is possible: without systemd
 * and its StateDirectory nobody else does. */
void setup_make_place(const struct setup *setup);

/* Where the journal is that is named nowhere. */
extern const char setup_default_store[];

#endif
