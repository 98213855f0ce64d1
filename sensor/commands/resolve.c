#include "sensor/commands/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/hmap.h"
#include "dissectors/base/text.h"
#include "sensor/commands/exit.h"
#include "sensor/commands/output.h"
#include "sensor/log.h"
#include "sensor/pseudonym_key.h"

enum { MAX_WANTED = 1 << 24 };

/* A pseudonym that occurs in the file to match. */
struct wanted {
    bool is_found;
};

struct resolver {
    struct pseudonyms *pseudonyms;
    struct hmap *wanted; /* NULL: all */
    size_t num_found;
    size_t num_foreign; /* of another key */
    FILE *out;
};

/* ---- what is asked for ---- */

/* "u1:", 8 digits, ':', 20 digits, and no more digits. */
static size_t pseudonym_length(const char *text)
{
    static const char hex[] = "0123456789abcdef";
    enum { KEY_AT = 3, KEY_LEN = 8, HASH_AT = 12, HASH_LEN = 20 };

    if (strchr("uma", text[0]) == NULL || strncmp(text + 1, "1:", 2) != 0 ||
        strspn(text + KEY_AT, hex) != KEY_LEN || text[HASH_AT - 1] != ':' ||
        strspn(text + HASH_AT, hex) != HASH_LEN) {
        return 0;
    }
    return HASH_AT + HASH_LEN;
}

static bool want(struct resolver *resolver, const char *text, size_t len)
{
    bool added;

    if (strncmp(text + 3, pseudonyms_key_id(resolver->pseudonyms), KEY_ID_SIZE - 1) != 0) {
        resolver->num_foreign++;
        return true;
    }
    return hmap_put(resolver->wanted, text, len, &added) != NULL;
}

static bool read_line(struct resolver *resolver, const char *line)
{
    for (const char *at = line; (at = strpbrk(at, "uma")) != NULL; at++) {
        size_t len = pseudonym_length(at);

        if (len > 0 && !want(resolver, at, len)) {
            return false;
        }
    }
    return true;
}

/* Any text will do: JSON lines, a table, a list. */
static bool read_match(struct resolver *resolver, const char *path, struct diag *diag)
{
    static const uint8_t seed[HMAP_SEED_SIZE] = "pseudonyms"; /* nobody gains by collisions */
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    bool is_read = file != NULL;

    if (file == NULL) {
        diag_set(diag, "%s: %s", path, strerror(errno));
        return false;
    }
    resolver->wanted = hmap_new(MAX_WANTED, sizeof(struct wanted), seed);
    if (resolver->wanted == NULL) {
        is_read = false;
    }
    while (is_read && getline(&line, &room, file) >= 0) {
        is_read = read_line(resolver, line);
    }
    if (!is_read) {
        diag_set(diag, "%s: out of memory", path);
    } else if (ferror(file)) {
        diag_set(diag, "%s: cannot be read", path);
        is_read = false;
    }
    free(line);
    (void)fclose(file);
    return is_read;
}

/* ---- names ---- */

static void name_pseudonym(const struct resolver *resolver, const char *name,
                           char text[PSEUDONYM_SIZE])
{
    struct address address;
    struct mac mac;

    if (mac_parse(bytes_of_text(name), &mac)) {
        pseudonym_of_mac(resolver->pseudonyms, &mac, text);
    } else if (address_parse(bytes_of_text(name), &address)) {
        pseudonym_of_address(resolver->pseudonyms, &address, text);
    } else {
        pseudonym_of_user(resolver->pseudonyms, name, "", text);
    }
}

static void answer(struct resolver *resolver, const char *name, const char *form)
{
    char text[PSEUDONYM_SIZE];
    struct wanted *wanted;

    name_pseudonym(resolver, form, text);
    if (resolver->wanted != NULL) {
        wanted = hmap_find(resolver->wanted, text, strlen(text));
        if (wanted == NULL) {
            return;
        }
        resolver->num_found += !wanted->is_found;
        wanted->is_found = true;
    }
    (void)fprintf(resolver->out, "%s\t%s", text, name);
    if (form != name) {
        (void)fprintf(resolver->out, "\t%s", form);
    }
    (void)fputc('\n', resolver->out);
}

/* What else bob@contoso.com may have typed: bob, and CONTOSO\bob, if the domain is named after the
 * first part of its address. Guesses, so they are tried only on what was seen. */
static void answer_other_forms(struct resolver *resolver, const char *name)
{
    struct bytes domain = bytes_of_text(name);
    struct bytes user;
    struct bytes first;
    char own[USER_SIZE];
    char form[2 * USER_SIZE];

    if (!take_until(&domain, '@', &user) || user.len == 0) {
        return;
    }
    (void)text_set(own, sizeof(own), user);
    answer(resolver, name, own);
    if (take_until(&domain, '.', &first) && first.len > 0) {
        (void)text_set(form, sizeof(form), first);
        (void)text_append(form, sizeof(form), "\\");
        (void)text_append(form, sizeof(form), own);
        answer(resolver, name, form);
    }
}

static void read_name(struct resolver *resolver, struct bytes line)
{
    char name[USER_SIZE];

    if (!text_set(name, sizeof(name), bytes_trim(line))) {
        log_warning("a name of more than %d bytes is passed over", (int)sizeof(name) - 1);
        return;
    }
    if (name[0] != '\0') {
        answer(resolver, name, name);
    }
    if (resolver->wanted != NULL) {
        answer_other_forms(resolver, name);
    }
}

static bool read_names(struct resolver *resolver, FILE *file)
{
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, file) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        read_name(resolver, bytes_of_text(line));
    }
    free(line);
    return !ferror(file);
}

static bool open_names(const struct options *options, FILE **names, struct diag *diag)
{
    const char *path = options->num_files > 0 ? options->files[0] : "-";

    *names = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (*names == NULL) {
        diag_set(diag, "%s: %s", path, strerror(errno));
    }
    return *names != NULL;
}

static void tell(const struct resolver *resolver)
{
    if (resolver->wanted != NULL) {
        log_notice("%zu of %zu pseudonyms have a name", resolver->num_found,
                   hmap_count(resolver->wanted));
    }
    if (resolver->num_foreign > 0) {
        log_warning("%zu pseudonyms were made with another key", resolver->num_foreign);
    }
}

int resolve_run(const struct options *options, const struct config *config)
{
    const char *key = options->key != NULL ? options->key : config->pseudonyms.key_file;
    const struct pseudonym_options ways = {.users = PSEUDONYM_HMAC};
    struct resolver resolver = {0};
    struct diag diag = {{0}};
    FILE *names = NULL;
    int status = EXIT_USAGE;

    resolver.pseudonyms = pseudonym_key_open(key, &ways, &diag);
    if (resolver.pseudonyms != NULL &&
        (options->match == NULL || read_match(&resolver, options->match, &diag)) &&
        open_names(options, &names, &diag)) {
        resolver.out = output_open(options->output, false, &diag);
    }
    if (resolver.out == NULL) {
        log_error("%s", diag.text);
    } else {
        bool is_read = read_names(&resolver, names);

        tell(&resolver);
        status = output_end(resolver.out) && is_read ? EXIT_DONE : EXIT_PARTLY;
    }
    if (names != NULL && names != stdin) {
        (void)fclose(names);
    }
    output_close(resolver.out);
    hmap_free(resolver.wanted);
    pseudonyms_free(resolver.pseudonyms);
    return status;
}
