/* pseudonym_key: the secret that pseudonyms are made with: the whole of a file, byte for byte. */
#ifndef BASICTAP_SENSOR_PSEUDONYM_KEY_H
#define BASICTAP_SENSOR_PSEUDONYM_KEY_H

#include "rules/pseudonym.h"

/* ways->key is not looked at. NULL and words: no file ("" or missing), too short, too long. Warns
 * of a file that everyone can read. */
struct pseudonyms *pseudonym_key_open(const char *path, const struct pseudonym_options *ways,
                                      struct diag *diag);

#endif
