#include "dissectors/tls/shape.h"

bool shape_http_is_over(const struct shape *shape, const struct shape_model *model)
{
    (void)shape;
    (void)model;
    return false;
}

void shape_http_judge(const struct shape *shape, const struct shape_model *model,
                      struct inference *inference, enum outcome *outcome)
{
    (void)shape;
    (void)model;
    (void)inference;
    (void)outcome;
}
