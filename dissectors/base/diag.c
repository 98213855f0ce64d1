#include "dissectors/base/diag.h"

#include <stdarg.h>
#include <stdio.h>

void diag_set(struct diag *diag, const char *format, ...)
{
    va_list arguments;

    if (diag == NULL) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(diag->text, sizeof(diag->text), format, arguments);
    va_end(arguments);
}
