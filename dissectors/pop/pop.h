#ifndef BASICTAP_DISSECTORS_POP_POP_H
#define BASICTAP_DISSECTORS_POP_POP_H

#include "dissectors/dissector.h"

extern const struct dissector pop_dissector;

#endif
