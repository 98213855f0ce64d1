/*
 * shapes: the model of encrypted logins, read from rules/shapes.yml. Its parts are read by the
 * files that know what they mean.
 *
 *     mail: ...   shapes_mail.c, for dissectors/tls/shape_mail.c
 *     http: ...   shapes_http.c, for dissectors/tls/shape_http.c
 */
#ifndef BASICTAP_SENSOR_SHAPES_H
#define BASICTAP_SENSOR_SHAPES_H

#include "dissectors/tls/shape_model.h"
#include "rules/tree.h"

/* False and words (file, line, column) when the file is bad. The tree is wanted no longer then. */
bool shapes_read(const struct tree *tree, struct shape_model *model, struct diag *diag);

#endif
