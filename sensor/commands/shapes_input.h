/*
 * shapes_input: the captures that `basictap shapes` is to look at. An operand is a capture, a list
 * (.tsv with a heading, one capture a line in the column "file"), or a directory, which stands for
 * its manifest.tsv, else for the captures in it.
 */
#ifndef BASICTAP_SENSOR_COMMANDS_SHAPES_INPUT_H
#define BASICTAP_SENSOR_COMMANDS_SHAPES_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "dissectors/base/diag.h"

enum { SHAPES_MAX_INPUTS = 100000, SHAPES_PATH_SIZE = 4096 };

/* Zeroed to begin with. */
struct shapes_input {
    char **paths;
    size_t num;
    size_t room;
};

/* set: only what the column "set" of a list says; NULL: all. False and words: it cannot be read, or
 * it is no list and a set is asked for. What was added before stays. */
bool shapes_input_add(struct shapes_input *input, const char *operand, const char *set,
                      struct diag *diag);
void shapes_input_clear(struct shapes_input *input);

/* The key log beside a capture: its name with .keys for what follows the last dot, or after .gz and
 * .zst the one before. False: there is none. */
bool shapes_input_keys(const char *capture, char path[SHAPES_PATH_SIZE]);

#endif
