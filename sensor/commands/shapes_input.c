#include "sensor/commands/shapes_input.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void shapes_input_clear(struct shapes_input *input)
{
    for (size_t i = 0; i < input->num; i++) {
        free(input->paths[i]);
    }
    free(input->paths);
    *input = (struct shapes_input){0};
}

static bool add_path(struct shapes_input *input, const char *path, struct diag *diag)
{
    char *copy;

    if (input->num == input->room) {
        size_t room = input->room == 0 ? 64 : input->room * 2;
        char **paths = realloc(input->paths, room * sizeof(char *));

        if (paths == NULL) {
            diag_set(diag, "out of memory");
            return false;
        }
        input->paths = paths;
        input->room = room;
    }
    if (input->num == SHAPES_MAX_INPUTS) {
        diag_set(diag, "more than %d captures", (int)SHAPES_MAX_INPUTS);
        return false;
    }
    copy = strdup(path);
    if (copy == NULL) {
        diag_set(diag, "out of memory");
        return false;
    }
    input->paths[input->num++] = copy;
    return true;
}

static bool ends_with(const char *name, const char *end)
{
    size_t name_len = strlen(name);
    size_t end_len = strlen(end);

    return name_len > end_len && strcmp(name + name_len - end_len, end) == 0;
}

/* How long a name is without ".gz" and ".zst". */
static size_t unpacked_len(const char *name)
{
    size_t len = strlen(name);

    if (ends_with(name, ".gz")) {
        return len - strlen(".gz");
    }
    return ends_with(name, ".zst") ? len - strlen(".zst") : len;
}

static bool is_capture(const char *name)
{
    char plain[SHAPES_PATH_SIZE];

    (void)snprintf(plain, sizeof(plain), "%.*s", (int)unpacked_len(name), name);
    return ends_with(plain, ".pcap") || ends_with(plain, ".pcapng") || ends_with(plain, ".cap");
}

bool shapes_input_keys(const char *capture, char path[SHAPES_PATH_SIZE])
{
    size_t len = unpacked_len(capture);

    for (size_t i = len; i > 0 && capture[i - 1] != '/'; i--) {
        if (capture[i - 1] == '.') {
            len = i - 1;
            break;
        }
    }
    return (size_t)snprintf(path, SHAPES_PATH_SIZE, "%.*s.keys", (int)len, capture) <
               SHAPES_PATH_SIZE &&
           access(path, R_OK) == 0;
}

static bool join(char path[SHAPES_PATH_SIZE], const char *directory, const char *name,
                 struct diag *diag)
{
    if ((size_t)snprintf(path, SHAPES_PATH_SIZE, "%s/%s", directory, name) < SHAPES_PATH_SIZE) {
        return true;
    }
    diag_set(diag, "%s/%s: the name is too long", directory, name);
    return false;
}

/* ---- lists ---- */

/* A list while it is read. */
struct list {
    const char *path;
    char folder[SHAPES_PATH_SIZE]; /* of its captures */
    size_t file;                   /* which column */
    size_t set;
};

enum { NO_COLUMN = 1000 };

/* A cell of a line, ended by '\0'; NULL: the line is shorter. The line is left as it was. */
static const char *cell(const char *line, size_t column, char text[SHAPES_PATH_SIZE])
{
    for (; column > 0; column--) {
        line = strchr(line, '\t');
        if (line == NULL) {
            return NULL;
        }
        line++;
    }
    (void)snprintf(text, SHAPES_PATH_SIZE, "%.*s", (int)strcspn(line, "\t\r\n"), line);
    return text;
}

static size_t find_column(const char *heading, const char *name)
{
    char text[SHAPES_PATH_SIZE];

    for (size_t i = 0; i < NO_COLUMN && cell(heading, i, text) != NULL; i++) {
        if (strcmp(text, name) == 0) {
            return i;
        }
    }
    return NO_COLUMN;
}

static bool read_heading(struct list *list, const char *heading, const char *set, struct diag *diag)
{
    list->file = find_column(heading, "file");
    list->set = find_column(heading, "set");
    if (list->file == NO_COLUMN || (set != NULL && list->set == NO_COLUMN)) {
        diag_set(diag, "%s: its heading has no column \"%s\"", list->path,
                 list->file == NO_COLUMN ? "file" : "set");
        return false;
    }
    return true;
}

static bool read_line(struct shapes_input *input, const struct list *list, const char *line,
                      const char *set, struct diag *diag)
{
    char text[SHAPES_PATH_SIZE];
    char path[SHAPES_PATH_SIZE];

    if (set != NULL && (cell(line, list->set, text) == NULL || strcmp(text, set) != 0)) {
        return true;
    }
    if (cell(line, list->file, text) == NULL || text[0] == '\0') {
        return true;
    }
    return join(path, list->folder, text, diag) && add_path(input, path, diag);
}

/* Captures lie beside their list, or in its folder "captures". */
static void find_folder(struct list *list)
{
    const char *slash = strrchr(list->path, '/');
    int len = slash != NULL ? (int)(slash - list->path) : 1;
    const char *parent = slash != NULL ? list->path : ".";
    struct stat status;

    (void)snprintf(list->folder, sizeof(list->folder), "%.*s/captures", len, parent);
    if (stat(list->folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
        (void)snprintf(list->folder, sizeof(list->folder), "%.*s", len, parent);
    }
}

static bool add_list(struct shapes_input *input, const char *path, const char *set,
                     struct diag *diag)
{
    FILE *file = fopen(path, "re");
    struct list list = {.path = path};
    char *line = NULL;
    size_t size = 0;
    bool is_good = true;

    if (file == NULL) {
        diag_set(diag, "%s: %s", path, strerror(errno));
        return false;
    }
    find_folder(&list);
    if (getline(&line, &size, file) < 0) {
        diag_set(diag, "%s: the list is empty", path);
        is_good = false;
    }
    is_good = is_good && read_heading(&list, line, set, diag);
    while (is_good && getline(&line, &size, file) >= 0) {
        is_good = read_line(input, &list, line, set, diag);
    }
    free(line);
    (void)fclose(file);
    return is_good;
}

/* ---- directories ---- */

static bool add_captures(struct shapes_input *input, const char *directory, struct diag *diag)
{
    struct dirent **entries = NULL;
    int num = scandir(directory, &entries, NULL, alphasort);
    char path[SHAPES_PATH_SIZE];
    bool is_good = num >= 0;

    if (!is_good) {
        diag_set(diag, "%s: %s", directory, strerror(errno));
    }
    for (int i = 0; i < num; i++) {
        if (is_good && is_capture(entries[i]->d_name)) {
            is_good =
                join(path, directory, entries[i]->d_name, diag) && add_path(input, path, diag);
        }
        free(entries[i]);
    }
    free(entries);
    return is_good;
}

bool shapes_input_add(struct shapes_input *input, const char *operand, const char *set,
                      struct diag *diag)
{
    char manifest[SHAPES_PATH_SIZE];
    struct stat status;

    if (stat(operand, &status) != 0) {
        diag_set(diag, "%s: %s", operand, strerror(errno));
        return false;
    }
    if (ends_with(operand, ".tsv")) {
        return add_list(input, operand, set, diag);
    }
    if (S_ISDIR(status.st_mode)) {
        if (!join(manifest, operand, "manifest.tsv", diag)) {
            return false;
        }
        if (access(manifest, F_OK) == 0) {
            return add_list(input, manifest, set, diag);
        }
    }
    if (set != NULL) {
        diag_set(diag, "%s: --set chooses from lists, and this is none", operand);
        return false;
    }
    return S_ISDIR(status.st_mode) ? add_captures(input, operand, diag)
                                   : add_path(input, operand, diag);
}
