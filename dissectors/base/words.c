#include "dissectors/base/words.h"

#define WORD(value, word)                   word,
#define MECHANISM_WORD(value, word, family) word,
static const char *const services[] = {SERVICES(WORD)};
static const char *const mechanisms[] = {MECHANISMS(MECHANISM_WORD)};
static const char *const families[] = {FAMILIES(WORD)};
static const char *const outcomes[] = {OUTCOMES(WORD)};
static const char *const reasons[] = {REASONS(WORD)};
static const char *const certainties[] = {CERTAINTIES(WORD)};
static const char *const transports[] = {TRANSPORTS(WORD)};
static const char *const tunnels[] = {TUNNELS(WORD)};
static const char *const tls_readings[] = {TLS_READINGS(WORD)};
static const char *const tls_resumptions[] = {TLS_RESUMPTIONS(WORD)};
static const char *const inferences[] = {INFERENCES(WORD)};
static const char *const targets[] = {TARGETS(WORD)};
#undef MECHANISM_WORD
#undef WORD

#define DEFINE_WORD(name, table, num)                                                              \
    const char *name(unsigned value)                                                               \
    {                                                                                              \
        return value < (num) ? table[value] : "unknown";                                           \
    }
DEFINE_WORD(service_word, services, NUM_SERVICES)
DEFINE_WORD(mechanism_word, mechanisms, NUM_MECHANISMS)
DEFINE_WORD(family_word, families, NUM_FAMILIES)
DEFINE_WORD(outcome_word, outcomes, NUM_OUTCOMES)
DEFINE_WORD(reason_word, reasons, NUM_REASONS)
DEFINE_WORD(certainty_word, certainties, NUM_CERTAINTIES)
DEFINE_WORD(transport_word, transports, NUM_TRANSPORTS)
DEFINE_WORD(tunnel_word, tunnels, NUM_TUNNELS)
DEFINE_WORD(tls_reading_word, tls_readings, NUM_TLS_READINGS)
DEFINE_WORD(tls_resumption_word, tls_resumptions, NUM_TLS_RESUMPTIONS)
DEFINE_WORD(inference_word, inferences, NUM_INFERENCES)
DEFINE_WORD(target_word, targets, NUM_TARGETS)
#undef DEFINE_WORD

static bool find_word(const char *const *table, unsigned num, struct bytes word, unsigned *value)
{
    for (unsigned i = 0; i < num; i++) {
        if (bytes_equal(bytes_of_text(table[i]), word)) {
            *value = i;
            return true;
        }
    }
    return false;
}

bool service_parse(struct bytes word, enum service *service)
{
    unsigned value;

    if (!find_word(services, NUM_SERVICES, word, &value)) {
        return false;
    }
    *service = (enum service)value;
    return true;
}

bool target_parse(struct bytes word, enum target *target)
{
    unsigned value;

    if (!find_word(targets, NUM_TARGETS, word, &value)) {
        return false;
    }
    *target = (enum target)value;
    return true;
}

enum family mechanism_family(enum mechanism mechanism)
{
#define FAMILY(value, word, family) family,
    static const enum family table[] = {MECHANISMS(FAMILY)};
#undef FAMILY

    return (unsigned)mechanism < NUM_MECHANISMS ? table[mechanism] : FAMILY_UNKNOWN;
}
