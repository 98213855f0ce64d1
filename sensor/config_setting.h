/* config_setting: what may stand in a configuration. config.c has the tables, config_read.c reads
 * files by them. */
#ifndef BASICTAP_SENSOR_CONFIG_SETTING_H
#define BASICTAP_SENSOR_CONFIG_SETTING_H

#include "sensor/config.h"

enum setting_kind {
    SETTING_TEXT,
    SETTING_FLAG,
    SETTING_NUMBER,
    SETTING_CHOICE,
    SETTING_MACS,
    SETTING_PATHS,
    SETTING_SINKS
};

struct setting {
    const char *name; /* dotted: mappings lie one in another */
    enum setting_kind kind;
    size_t offset;
    uint64_t min; /* of a number */
    uint64_t max;
    size_t num_offset;        /* of a list of paths: where its length stands */
    const char *const *words; /* of a choice: an enum's, from 0 on, NULL at the end */
};

struct settings {
    const struct setting *list;
    size_t num;
};
extern const struct settings config_settings;      /* members of struct config */
extern const struct settings config_sink_settings; /* of struct config_sink */

void config_sink_init(struct config_sink *sink); /* the defaults */

#endif
