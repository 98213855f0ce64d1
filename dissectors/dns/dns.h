#ifndef BASICTAP_DISSECTORS_DNS_DNS_H
#define BASICTAP_DISSECTORS_DNS_DNS_H

#include "dissectors/dissector.h"

extern const struct dissector dns_dissector;

#endif
