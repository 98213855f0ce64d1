#include "sensor/shapes_http.h"

bool shapes_http_read(const struct tree *tree, const struct node *http,
                      struct shape_http_model *model, struct diag *diag)
{
    (void)tree;
    (void)http;
    (void)model;
    (void)diag;
    return true;
}
