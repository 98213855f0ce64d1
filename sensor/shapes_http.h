/*
 * shapes_http: the part `http` of rules/shapes.yml, as numbers. The file's own head describes it.
 */
#ifndef BASICTAP_SENSOR_SHAPES_HTTP_H
#define BASICTAP_SENSOR_SHAPES_HTTP_H

#include "dissectors/tls/shape_model.h"
#include "rules/tree.h"

/* http: the map below `http`. False: the words say what is wrong, with file, line and column. */
bool shapes_http_read(const struct tree *tree, const struct node *http,
                      struct shape_http_model *model, struct diag *diag);

#endif
