#include "dissectors/auth/pipeline.h"

#include <stddef.h>

void pipeline_put(struct pipeline *pipeline, uint8_t command)
{
    if (pipeline->num == PIPELINE_SIZE) {
        pipeline_clear(pipeline);
    }
    pipeline->commands[(pipeline->first + pipeline->num) % PIPELINE_SIZE] = command;
    pipeline->num++;
}

uint8_t pipeline_peek(const struct pipeline *pipeline)
{
    return pipeline->num > 0 ? pipeline->commands[pipeline->first] : 0;
}

uint8_t pipeline_take(struct pipeline *pipeline)
{
    uint8_t command = pipeline_peek(pipeline);

    if (pipeline->num > 0) {
        pipeline->num--;
        /* where nothing is outstanding it begins anew, so that most sessions touch its front */
        pipeline->first = pipeline->num > 0 ? (uint8_t)((pipeline->first + 1) % PIPELINE_SIZE) : 0;
    }
    return command;
}

void pipeline_catch_up(struct pipeline *pipeline, uint8_t command)
{
    struct pipeline rest = *pipeline;

    while (pipeline_peek(&rest) != command && pipeline_take(&rest) != 0) {
    }
    if (rest.num > 0) {
        *pipeline = rest;
    }
}

void pipeline_replace(struct pipeline *pipeline, uint8_t from, uint8_t to)
{
    for (size_t i = 0; i < pipeline->num; i++) {
        uint8_t *command = &pipeline->commands[(pipeline->first + i) % PIPELINE_SIZE];

        if (*command == from) {
            *command = to;
        }
    }
}

void pipeline_clear(struct pipeline *pipeline)
{
    pipeline->first = 0;
    pipeline->num = 0;
}
