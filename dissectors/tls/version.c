#include "dissectors/tls/version.h"

const char *version_word(uint16_t version)
{
    switch (version) {
    case TLS_VERSION_SSL2:
        return "ssl2";
    case TLS_VERSION_SSL3:
        return "ssl3";
    case TLS_VERSION_10:
        return "1.0";
    case TLS_VERSION_11:
        return "1.1";
    case TLS_VERSION_12:
        return "1.2";
    case TLS_VERSION_13:
        return "1.3";
    default:
        return "";
    }
}

bool version_is_draft(uint16_t version)
{
    return version >> 8 == 0x7f || version >> 8 == 0xfb;
}

uint16_t version_undrafted(uint16_t version)
{
    return version_is_draft(version) ? TLS_VERSION_13 : version;
}
