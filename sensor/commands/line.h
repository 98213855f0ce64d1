/* line: a finding as one readable line, for whoever watches a live capture. */
#ifndef BASICTAP_SENSOR_COMMANDS_LINE_H
#define BASICTAP_SENSOR_COMMANDS_LINE_H

#include <stdio.h>

#include "rules/finding.h"

void line_print(FILE *file, const struct finding *finding);

#endif
