#ifndef BASICTAP_DISSECTORS_SOCKS_SOCKS_H
#define BASICTAP_DISSECTORS_SOCKS_SOCKS_H

#include "dissectors/dissector.h"

extern const struct dissector socks_dissector;

#endif
