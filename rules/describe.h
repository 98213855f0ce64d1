/*
 * describe: from an event, and what is known of its two ends, to a finding. No rules, no counting.
 */
#ifndef BASICTAP_RULES_DESCRIBE_H
#define BASICTAP_RULES_DESCRIBE_H

#include "dissectors/base/digest.h"
#include "rules/device.h"
#include "rules/finding.h"
#include "rules/oui.h"
#include "rules/service.h"

/* All that is known. Borrowed. */
struct knowledge {
    struct services *services;
    struct clients *clients;
    struct hosts *hosts;
    struct devices *devices;
    const struct oui *oui;
    struct digester *digester;
    uint64_t match_limits; /* regular expressions that gave up */
};

/* An event with what was looked up for it. */
struct sighting {
    const struct event *event;
    enum finding_kind kind;
    enum service service;
    struct identity identity;
    struct device *device;     /* NULL: out of memory */
    const struct host *client; /* NULL: nothing known */
    const struct host *server; /* NULL: nothing known */
};

/* All but the window, the id and the rules. */
void describe(struct knowledge *known, const struct sighting *sighting, struct finding *finding);

/* Fills what was not known when the window was opened: names, software, an unknown target. */
void describe_late(struct knowledge *known, struct finding *finding);

/* What a server is: by names, then address, then its words of being Exchange, then path, then its
 * words of being another. reason has 64 bytes. */
struct server_question {
    const char *names[4]; /* Host, SNI, tunnel target, DNS; the first that is known decides */
    const struct address *address; /* NULL: it is a proxy's, say nothing of it */
    const struct host *host;
    enum target said; /* by the headers of its answer; unknown: nothing */
    const char *path;
};
struct service_hint describe_target(const struct knowledge *known,
                                    const struct server_question *question, char reason[64]);

/* The service of an event: as the dissector says, else by the path, the host, the port. */
enum service describe_service(const struct knowledge *known, const struct event *event);

#endif
