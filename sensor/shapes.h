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

/* False and words (file, line, column) when the file is missing or bad. */
bool shapes_load(const char *path, struct shape_model *model, struct diag *diag);
bool shapes_parse(const char *name, struct bytes text, struct shape_model *model,
                  struct diag *diag);

#endif
