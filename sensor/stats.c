#include "sensor/stats.h"

#define COUNT(member, name, help) FIELD(struct coverage, member, "basictap.coverage." name, help)
#define SOME(member, name, help)                                                                   \
    FIELD_OPTIONAL(struct coverage, member, "basictap.coverage." name, help)

#define SESSIONS(service, word)                                                                    \
    SOME(worker.sessions[service][SESSION_READABLE], "sessions." word ".readable",                 \
         word " sessions that were read"),                                                         \
        SOME(worker.sessions[service][SESSION_OPAQUE], "sessions." word ".encrypted",              \
             word " sessions that went on encrypted"),                                             \
        SOME(worker.sessions[service][SESSION_GAPPED], "sessions." word ".gapped",                 \
             word " sessions with missing bytes that mattered"),

#define READING(service, service_word, reading, reading_word, help)                                \
    SOME(worker.readings[service][reading], "sessions." service_word ".tls." reading_word,         \
         service_word " sessions with TLS " help)
#define READINGS(service, word)                                                                    \
    READING(service, word, TLS_READING_DECRYPTED, "decrypted", "that were read"),                  \
        READING(service, word, TLS_READING_NO_KEY, "no_key", "that no key was given for"),         \
        READING(service, word, TLS_READING_LATE, "late", "given up before a key came"),            \
        READING(service, word, TLS_READING_WRONG_KEY, "wrong_key", "whose key does not fit"),      \
        READING(service, word, TLS_READING_UNSUPPORTED, "unsupported",                             \
                "of a kind that is not read"),                                                     \
        READING(service, word, TLS_READING_COMPRESSED, "compressed", "that are compressed"),       \
        READING(service, word, TLS_READING_GAP, "gap", "with missing bytes"),                      \
        READING(service, word, TLS_READING_MIDWAY, "midway", "whose handshake was not seen"),

#define CHECKED(group, word)                                                                       \
    SOME(detector.checks.groups[group].results[CHECK_RIGHT], "shapes." word ".right",              \
         word " sessions inferred as keys then showed them"),                                      \
        SOME(detector.checks.groups[group].results[CHECK_WRONG], "shapes." word ".wrong",          \
             word " sessions inferred otherwise"),                                                 \
        SOME(detector.checks.groups[group].results[CHECK_UNDECIDED], "shapes." word ".undecided",  \
             word " sessions that keys opened and whose shape decides nothing"),                   \
        SOME(detector.checks.groups[group].sure[CHECK_RIGHT], "shapes." word ".surely_right",      \
             "of the right ones, at a confidence of 0.9 and above"),                               \
        SOME(detector.checks.groups[group].sure[CHECK_WRONG], "shapes." word ".surely_wrong",      \
             "of the wrong ones, at a confidence of 0.9 and above"),

#define HELLOS(target, word)                                                                       \
    SOME(hellos[target], "tls." word, "TLS handshakes with servers of target " word),

static const struct field fields[] = {
    FIELD(struct coverage, at, "@timestamp", "newest packet; live: time of the count"),
    FIELD_CONST("metric", "event.kind", "always metric"),
    FIELD_CONST("basictap", "event.module", "always basictap"),
    FIELD_CONST("basictap.coverage", "event.dataset", "always basictap.coverage"),
    FIELD_CONST("coverage", "basictap.kind", "always coverage"),

    COUNT(worker.packets, "packets", "packets looked at"),
    COUNT(worker.bytes, "bytes", "their bytes on the wire"),
    SOME(source.filtered, "filtered", "packets left out by the filter"),
    COUNT(source.kernel_dropped, "drops.kernel", "packets that the kernel dropped"),
    COUNT(source.interface_dropped, "drops.interface", "packets that the interface dropped"),
    COUNT(source.damaged_files, "damaged_files", "files that could not be read to their end"),
    SOME(source.time_backwards, "time_backwards", "packets older than the one before"),
    SOME(worker.datagrams, "datagrams", "DNS and DHCP messages read"),
    SOME(worker.quic.hellos, "quic.hellos", "QUIC connections whose ClientHello was read"),
    SOME(worker.quic.unfinished, "quic.unfinished",
         "QUIC connections whose ClientHello did not come whole"),
    SOME(source.secrets_blocks, "secrets_blocks", "TLS secrets found in files"),

    COUNT(worker.decoded[DECODE_OK], "decoded.ok", "TCP and UDP packets"),
    SOME(worker.decoded[DECODE_FRAGMENT], "decoded.fragment", "IP fragments"),
    SOME(worker.decoded[DECODE_OTHER], "decoded.other", "neither TCP nor UDP"),
    COUNT(worker.decoded[DECODE_TRUNCATED], "decoded.truncated", "headers cut by the capture"),
    COUNT(worker.decoded[DECODE_MALFORMED], "decoded.malformed", "headers that make no sense"),
    SOME(worker.decoded[DECODE_TOO_DEEP], "decoded.too_deep", "too many headers"),
    SOME(worker.decoded[DECODE_LINK], "decoded.link", "of an unknown link type"),
    COUNT(worker.snapped, "decoded.snapped", "packets whose payload the capture cut"),
    SOME(worker.defrag.reassembled, "defrag.reassembled", "packets made whole from fragments"),
    SOME(worker.defrag.timed_out, "defrag.timed_out", "packets whose fragments did not all come"),
    SOME(worker.defrag.evicted, "defrag.evicted", "packets pushed out while waiting"),
    SOME(worker.defrag.overlapping, "defrag.overlapping", "fragments that contradict others"),
    SOME(worker.defrag.refused, "defrag.refused", "impossible fragments"),

    COUNT(worker.flows.created, "flows.seen", "TCP connections"),
    COUNT(worker.flows.live, "flows.live", "TCP connections that are open now"),
    COUNT(worker.flows.evicted, "flows.evicted", "connections ended early: the table was full"),
    SOME(worker.flows.timed_out, "flows.timed_out", "connections that fell silent"),
    SOME(worker.flows.reused, "flows.reused", "connections on the ports of an earlier one"),
    COUNT(worker.streams.gaps, "streams.gaps", "holes in connections that were read"),
    COUNT(worker.streams.lost, "streams.lost_bytes", "bytes missing in them"),
    SOME(worker.streams.limited, "streams.limited", "holes given up because too much waited"),
    SOME(worker.streams.overlap_differs, "streams.overlap_differs",
         "bytes sent twice with different values"),
    SOME(worker.streams.retransmitted, "streams.retransmitted", "bytes sent again"),

    SOME(worker.early, "sessions.early", "segments captured before what they answer"),
    SOME(worker.unasked, "sessions.unasked", "of these: what they answer did not come"),
    COUNT(worker.undecided, "sessions.undecided", "sessions that nobody knew"),
    SOME(worker.one_sided, "sessions.one_sided", "sessions seen from one side only"),
    SOME(worker.midstream, "sessions.midstream", "sessions whose beginning was not seen"),
    COUNT(worker.sessions_evicted, "sessions.evicted", "sessions ended early: too many were open"),
    SOME(worker.sessions_squeezed, "sessions.squeezed",
         "sessions ended early: too much waited in them"),
    SOME(worker.sessions_refused, "sessions.refused", "sessions given up: no memory"),
    SOME(worker.overlong, "sessions.overlong", "messages longer than what is kept"),
    SOME(worker.hinted, "sessions.hinted", "sessions that nDPI recognised"),
    SOME(worker.hints_refused, "sessions.hints_refused",
         "packets that nDPI could not be shown: no memory"),
    SERVICES(SESSIONS) SERVICES(READINGS) TARGETS(HELLOS)
        CHECK_GROUPS(CHECKED) /* these bring their commas */

    SOME(keystore.sessions, "keys.sessions", "sessions that secrets are held for"),
    SOME(keystore.evicted, "keys.evicted", "sessions whose secrets made room for others"),
    SOME(keystore.forgotten, "keys.forgotten", "sessions to resume that made room for others"),
    SOME(keystore.malformed, "keys.malformed", "lines of key logs that are none"),
    SOME(keystore.lost, "keys.lost", "secrets that no memory was left for"),
    SOME(keys.other_secrets, "keys.other_secrets", "secrets in files that are not of TLS"),

    COUNT(worker.events, "found.events", "events that were seen"),
    SOME(detector.inferred, "found.inferred", "of these, what the shape of a session says"),
    COUNT(detector.findings, "found.findings", "findings that were made"),
    COUNT(detector.devices, "found.devices", "devices known"),
    SOME(detector.devices_evicted, "forgotten.devices", "devices forgotten: too many"),
    SOME(detector.windows_evicted, "forgotten.windows", "findings handed out early: too many open"),
    SOME(detector.phones_evicted, "forgotten.phones",
         "logins without a DeviceId told before their phone was known: too many waited"),
    SOME(detector.inferences_evicted, "forgotten.connections",
         "devices whose other encrypted connections were forgotten: too many"),
    SOME(detector.names_evicted, "forgotten.names", "names forgotten: too many"),
    SOME(detector.groups_evicted, "forgotten.groups", "correlation groups forgotten: too many"),
    SOME(detector.match_limits, "forgotten.matches", "regular expressions that gave up"),
    SOME(exporter.written, "export.written", "JSON lines written"),
    SOME(exporter.sent, "export.sent", "records that receivers took"),
    SOME(exporter.waiting, "export.waiting", "records that wait for receivers"),
    COUNT(exporter.not_sent, "export.not_sent", "records that could not be delivered"),
    SOME(exporter.journal.written, "journal.written", "findings that are new in the journal"),
    SOME(exporter.journal.repeats, "journal.repeats", "findings that were in it before"),
    SOME(exporter.journal.waiting, "journal.waiting", "findings that wait for the disk"),
    SOME(exporter.journal.failures, "journal.failures", "times that it could not be written"),
    SOME(exporter.journal.lost, "journal.lost", "findings that found no room while it could not"),
    SOME(exporter.journal.expired, "journal.expired", "findings that left because of age or size"),
    SOME(exporter.journal.unread, "journal.unread", "of these: before all receivers had them"),
    COUNT(exporter.write_errors, "export.write_errors", "lines that could not be written"),
};

const struct schema coverage_schema = {"coverage", fields, sizeof(fields) / sizeof(fields[0])};
