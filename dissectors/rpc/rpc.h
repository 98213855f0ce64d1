#ifndef BASICTAP_DISSECTORS_RPC_RPC_H
#define BASICTAP_DISSECTORS_RPC_RPC_H

#include "dissectors/dissector.h"

extern const struct dissector rpc_dissector;

#endif
