/*
 * config: what is set once for a sensor: names, places and every limit. Plain values; a file
 * (YAML) changes the defaults, the command line changes the file.
 *
 * The file is strict: an unknown key, a key given twice, a value of the wrong kind or out of range
 * is an error with file, line and column.
 */
#ifndef BASICTAP_SENSOR_CONFIG_H
#define BASICTAP_SENSOR_CONFIG_H

#include "dissectors/base/address.h"
#include "dissectors/base/diag.h"
#include "rules/pseudonym.h"

enum {
    CONFIG_TEXT_SIZE = 512,
    CONFIG_MAX_ROUTERS = 64,
    CONFIG_MAX_KEYS = 16,
    CONFIG_MAX_SINKS = 8
};

/* Whether sessions that no key is known for wait for one. */
enum config_wait {
    CONFIG_WAIT_AUTO, /* if key logs or RSA keys were named, or a capture file had secrets */
    CONFIG_WAIT_ALWAYS,
    CONFIG_WAIT_NEVER,
};

enum config_sink_type { CONFIG_SINK_NONE, CONFIG_SINK_FILE, CONFIG_SINK_SYSLOG };

enum config_format {
    CONFIG_FORMAT_ECS,
    CONFIG_FORMAT_OCSF,
    CONFIG_FORMAT_CEF,
    CONFIG_FORMAT_STRUCTURED /* syslog alone */
};

/* One receiver of findings besides Redis. */
struct config_sink {
    enum config_sink_type type;
    enum config_format format;
    /* a file */
    char path[CONFIG_TEXT_SIZE];
    uint64_t max_bytes; /* of one before it is rotated; 0: no limit */
    uint64_t hours;     /* of packet time in one; 0: no limit */
    uint64_t keep;      /* how many old ones */
    bool sync;          /* each batch is on the disk before it counts as written */
    /* syslog */
    char url[CONFIG_TEXT_SIZE];
    uint64_t max_message;      /* bytes; 0: as the way there allows */
    char ca[CONFIG_TEXT_SIZE]; /* paths of PEM files, for tls:// */
    char certificate[CONFIG_TEXT_SIZE];
    char key[CONFIG_TEXT_SIZE];
    char server_name[CONFIG_TEXT_SIZE]; /* that the server's certificate must bear */
};

/* Empty text: not set. */
struct config {
    char name[CONFIG_TEXT_SIZE];   /* observer.name */
    char user[CONFIG_TEXT_SIZE];   /* whom listen becomes once everything is open */
    char rules[CONFIG_TEXT_SIZE];  /* directory */
    char filter[CONFIG_TEXT_SIZE]; /* BPF */
    struct {
        uint64_t snap_length; /* bytes of a frame */
        uint64_t buffer_mib;  /* kernel buffer */
    } capture;
    struct {
        uint64_t max;
        bool key_vlan; /* the same addresses and ports in two VLANs are two flows */
        uint64_t idle_seconds;
        uint64_t half_closed_seconds; /* one side has closed */
        uint64_t closed_seconds;      /* late packets are absorbed that long */
        uint64_t max_sessions;        /* connections that are being read */
        uint64_t max_kept_bytes;      /* that wait in all of them for more */
        bool hints;                   /* ask nDPI where our own probes cannot decide */
    } flow;
    struct {
        uint64_t max_segments;    /* held out of order, of one direction */
        uint64_t max_bytes;       /* likewise */
        uint64_t max_total_bytes; /* of all */
        uint64_t hole_seconds;    /* how long a missing segment is waited for */
    } reassembly;
    struct {
        uint64_t max_packets;
        uint64_t timeout_seconds;
    } defrag;
    struct {
        uint64_t max;
        uint64_t max_windows; /* findings that are still counting */
        struct mac routers[CONFIG_MAX_ROUTERS];
        size_t num_routers;
    } devices;
    struct {
        char keylogs[CONFIG_MAX_KEYS][CONFIG_TEXT_SIZE]; /* paths */
        size_t num_keylogs;
        char rsa_keys[CONFIG_MAX_KEYS][CONFIG_TEXT_SIZE]; /* likewise */
        size_t num_rsa_keys;
        enum config_wait wait;
        uint64_t max_waiting;       /* bytes that one session keeps while it waits */
        uint64_t max_waiting_total; /* of all */
        uint64_t max_wait_seconds;  /* of packet time */
        uint64_t max_key_sessions;  /* whose secrets are held */
    } tls;
    struct {
        char url[CONFIG_TEXT_SIZE];
        char password_file[CONFIG_TEXT_SIZE];
        char sentinel_password_file[CONFIG_TEXT_SIZE];
        char prefix[CONFIG_TEXT_SIZE];
        char ca[CONFIG_TEXT_SIZE]; /* paths of PEM files, for rediss:// */
        char certificate[CONFIG_TEXT_SIZE];
        char key[CONFIG_TEXT_SIZE];
        char server_name[CONFIG_TEXT_SIZE]; /* that the server's certificate must bear */
        bool list;
        bool live;
        uint64_t stream_max;
        uint64_t max_devices;
        uint64_t clock_tolerance_seconds; /* of one attempt seen by two sensors */
    } redis;
    struct {
        char path[CONFIG_TEXT_SIZE];
        uint64_t max_bytes;
        uint64_t max_age_days; /* 0: no limit */
        uint64_t queue;        /* records that wait for the disk */
    } store;
    struct config_sink sinks[CONFIG_MAX_SINKS];
    size_t num_sinks;
    struct {
        enum pseudonym_way users;
        enum pseudonym_way macs;
        enum pseudonym_way ips;
        char key_file[CONFIG_TEXT_SIZE];
    } pseudonyms;
};

void config_init(struct config *config); /* the defaults */

/* Adds a path to a list of CONFIG_MAX_KEYS; false and words: the list is full, or the path too
 * long. */
bool config_add_path(char list[CONFIG_MAX_KEYS][CONFIG_TEXT_SIZE], size_t *num, const char *path,
                     struct diag *diag);

/* Reads a file over what is set; on false config may be half changed and must not be used. */
bool config_load(struct config *config, const char *path, struct diag *diag);

#endif
