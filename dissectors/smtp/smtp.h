#ifndef BASICTAP_DISSECTORS_SMTP_SMTP_H
#define BASICTAP_DISSECTORS_SMTP_SMTP_H

#include "dissectors/dissector.h"

extern const struct dissector smtp_dissector;

#endif
