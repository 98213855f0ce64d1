/* share: where the files that come with the program are. */
#ifndef BASICTAP_SENSOR_SHARE_H
#define BASICTAP_SENSOR_SHARE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The directory of rules: PREFIX/share/basictap/rules beside PREFIX/bin/basictap, else the source
 * tree's rules/ when the program runs from a build folder inside that tree. False: there is none.
 */
bool share_find_rules(char *path, size_t size);

#endif
