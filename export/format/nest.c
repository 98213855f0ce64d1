#include "export/format/nest.h"

#include <string.h>

size_t nest_shared(const char *a, const char *b)
{
    size_t shared = 0;

    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
        if (a[i] == '.') {
            shared = i + 1;
        }
    }
    return shared;
}

static bool is_array(const char *name, const char *dot)
{
    return dot - name > 2 && dot[-1] == ']' && dot[-2] == '[';
}

/* An object that is left is closed behind those that it holds: from the last dot to the first. */
static void leave(struct json *json, const char *in, size_t shared)
{
    for (size_t i = strlen(in); i > shared; i--) {
        if (in[i - 1] == '.') {
            json_close(json, '}');
            if (is_array(in, in + i - 1)) {
                json_close(json, ']');
            }
        }
    }
}

const char *nest_descend(struct json *json, const char *in, const char *name)
{
    size_t shared = nest_shared(in, name);
    const char *dot;

    leave(json, in, shared);
    name += shared;
    while ((dot = strchr(name, '.')) != NULL) {
        bool array = is_array(name, dot);

        json_key(json, bytes_view(name, (size_t)(dot - name) - (array ? 2 : 0)));
        if (array) {
            json_open(json, '[');
        }
        json_open(json, '{');
        name = dot + 1;
    }
    return name;
}
