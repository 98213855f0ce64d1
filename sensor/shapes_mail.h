/*
 * shapes_mail: the part `mail` of rules/shapes.yml, as numbers. The file's own head describes it.
 */
#ifndef BASICTAP_SENSOR_SHAPES_MAIL_H
#define BASICTAP_SENSOR_SHAPES_MAIL_H

#include "dissectors/tls/shape_model.h"
#include "rules/tree.h"

/* mail: the map below `mail`. False: the words say what is wrong, with file, line and column. */
bool shapes_mail_read(const struct tree *tree, const struct node *mail,
                      struct shape_mail_model *model, struct diag *diag);

#endif
