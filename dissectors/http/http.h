#ifndef BASICTAP_DISSECTORS_HTTP_HTTP_H
#define BASICTAP_DISSECTORS_HTTP_HTTP_H

#include "dissectors/dissector.h"

extern const struct dissector http_dissector;

#endif
