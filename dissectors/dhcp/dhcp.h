#ifndef BASICTAP_DISSECTORS_DHCP_DHCP_H
#define BASICTAP_DISSECTORS_DHCP_DHCP_H

#include "dissectors/dissector.h"

extern const struct dissector dhcp_dissector;

#endif
