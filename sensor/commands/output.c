#include "sensor/commands/output.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sensor/log.h"

FILE *output_open(const char *path, bool append, struct diag *diag)
{
    FILE *file = path == NULL ? stdout : fopen(path, append ? "ae" : "we");

    if (file == NULL) {
        diag_set(diag, "%s: %s", path, strerror(errno));
    }
    return file;
}

void output_close(FILE *file)
{
    if (file != NULL && file != stdout) {
        (void)fclose(file);
    }
}

struct table_style output_style(FILE *file)
{
    struct table_style style = {0};
    struct winsize size;

    if (isatty(fileno(file)) == 1) {
        style.colour = true;
        style.width = ioctl(fileno(file), TIOCGWINSZ, &size) == 0 ? size.ws_col : 80;
    }
    if (style.width != 0 && style.width < 40) {
        style.width = 40;
    }
    return style;
}

bool output_end(FILE *file)
{
    if (fflush(file) == 0 && ferror(file) == 0) {
        return true;
    }
    log_error("the answer could not be written: %s", strerror(errno));
    return false;
}
