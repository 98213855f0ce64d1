/* detector_part: what the files of the detector share: detector.c (events in, findings out) and
 * detector_new.c (set-up). */
#ifndef BASICTAP_RULES_DETECTOR_PART_H
#define BASICTAP_RULES_DETECTOR_PART_H

#include "rules/correlation.h"
#include "rules/detector.h"
#include "rules/inference.h"
#include "rules/key.h"
#include "rules/phone.h"
#include "rules/window.h"

/* A correlation, and whose it is. */
struct slot {
    struct detector *detector;
    const struct rule *rule;
    struct correlation *correlation;
    bool is_concerned; /* by the event */
};

struct detector {
    struct detector_options options;
    char sensor_name[128];
    struct knowledge known;
    struct oui *oui;
    struct ruleset *ruleset;
    struct windows *windows;
    struct phones *phones;
    struct inferences *inferences;
    struct tree *shapes;      /* of shapes.yml; NULL: there is none */
    struct inference weighed; /* of event */
    struct event event;       /* as it looks beside others of its device */
    struct slot slots[MAX_RULES];
    size_t num_slots;
    struct detector_stats *stats; /* apart, so that asking for them changes no detector */
    uint64_t last_time; /* of the last finding told at once, and how many before it at that time */
    uint32_t ties;
    struct finding finding; /* being made */
    struct key key;         /* of the event, and its hash among the windows */
    uint64_t hash;
};

/* What its parts tell: see window_fn, alert_fn, phone_fn. */
void detector_on_window_over(void *ctx, const struct window *window);
void detector_on_alert(void *ctx, struct finding *alert);
void detector_on_attempt(void *ctx, const struct event *event, const char *device_id);

#endif
