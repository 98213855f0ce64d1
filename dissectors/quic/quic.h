#ifndef BASICTAP_DISSECTORS_QUIC_QUIC_H
#define BASICTAP_DISSECTORS_QUIC_QUIC_H

#include "dissectors/dissector.h"

extern const struct dissector quic_dissector;

#endif
