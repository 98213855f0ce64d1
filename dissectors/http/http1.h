/* http1: the dissector of HTTP/1.x. */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP1_H
#define BASICTAP_DISSECTORS_HTTP_HTTP1_H

#include "dissectors/dissector.h"

extern const struct dissector http_dissector;

#endif
