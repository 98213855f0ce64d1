#ifndef BASICTAP_DISSECTORS_IMAP_IMAP_H
#define BASICTAP_DISSECTORS_IMAP_IMAP_H

#include "dissectors/dissector.h"

extern const struct dissector imap_dissector;

#endif
