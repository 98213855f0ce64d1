/* model: the project's own rules/shapes.yml. */
#ifndef BASICTAP_TESTS_SUPPORT_MODEL_H
#define BASICTAP_TESTS_SUPPORT_MODEL_H

#include "rules/tree.h"
#include "sensor/shapes.h"

/* False and words when it cannot be read. */
static inline bool model_load(struct shape_model *model, struct diag *diag)
{
    struct tree *tree = tree_read(SOURCE_DIR "/rules/shapes.yml", diag);
    bool is_read = tree != NULL && shapes_read(tree, model, diag);

    tree_free(tree);
    return is_read;
}

#endif
