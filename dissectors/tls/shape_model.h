/*
 * shape_model: the bounds and patterns of rules/shapes.yml, as numbers. Plain data, filled by
 * whoever reads the file (sensor/shapes.c); each part belongs to the file that interprets it.
 */
#ifndef BASICTAP_DISSECTORS_TLS_SHAPE_MODEL_H
#define BASICTAP_DISSECTORS_TLS_SHAPE_MODEL_H

#include "dissectors/tls/shape.h"

/* shape_mail.c */
struct shape_mail_model {
    uint32_t reserved; /* bounds and dialogue patterns */
};

/* shape_http.c */
struct shape_http_model {
    uint32_t reserved; /* bounds */
};

struct shape_model {
    struct shape_mail_model mail;
    struct shape_http_model http;
};

#endif
