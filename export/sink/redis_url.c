#include "export/sink/redis_url.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"

static bool refuse(struct diag *diag, const char *why)
{
    diag_set(diag, "redis URL: %s", why);
    return false;
}

static bool set(char *text, size_t size, struct bytes from)
{
    size_t len;

    if (!bytes_copy(from, text, size - 1, &len)) {
        return false;
    }
    text[len] = '\0';
    return true;
}

static bool parse_number(struct bytes text, uint64_t max, char number[6])
{
    struct bytes rest = text;
    uint64_t value;

    if (!take_decimal(&rest, max, &value) || rest.len != 0) {
        return false;
    }
    (void)snprintf(number, 6, "%u", (unsigned)value);
    return true;
}

static bool parse_user(struct bytes *rest, struct redis_url *url, struct diag *diag)
{
    struct bytes user;
    size_t colon;

    if (!take_until(rest, '@', &user)) {
        return true;
    }
    if (bytes_find_byte(user, ':', &colon)) {
        return refuse(diag, "a password does not belong here (BASICTAP_REDIS_PASSWORD or "
                            "password_file)");
    }
    return set(url->user, sizeof(url->user), user) || refuse(diag, "the user's name is too long");
}

static bool parse_host(struct bytes place, struct redis_url *url, struct diag *diag)
{
    struct bytes rest = place;
    struct bytes host;
    bool bracketed = take_prefix(&rest, BYTES("["));

    if (bracketed && !take_until(&rest, ']', &host)) {
        return refuse(diag, "expected ']'");
    }
    if (bracketed && rest.len > 0 && !take_prefix(&rest, BYTES(":"))) {
        return refuse(diag, "expected ':' and a port after ']'");
    }
    if (!bracketed && !take_until(&rest, ':', &host)) {
        host = rest;
        rest = bytes_view(NULL, 0);
    }
    if (host.len == 0 || !set(url->host, sizeof(url->host), host)) {
        return refuse(diag, "expected a host: redis://[user@]host[:port][/db]");
    }
    if (!parse_number(rest.len > 0 ? rest : BYTES("6379"), 65535, url->port)) {
        return refuse(diag, "the port is not a number up to 65535");
    }
    (void)snprintf(url->place, sizeof(url->place), bracketed ? "[%s]:%s" : "%s:%s", url->host,
                   url->port);
    return true;
}

static bool parse_tcp(struct bytes rest, struct redis_url *url, struct diag *diag)
{
    struct bytes place;
    struct bytes database = BYTES("0");

    if (!parse_user(&rest, url, diag)) {
        return false;
    }
    if (take_until(&rest, '/', &place)) {
        database = rest.len > 0 ? rest : database;
    } else {
        place = rest;
    }
    if (!parse_number(database, 65535, url->database)) {
        return refuse(diag, "the database is not a number");
    }
    return parse_host(place, url, diag);
}

static bool parse_unix(struct bytes rest, struct redis_url *url, struct diag *diag)
{
    struct bytes path;
    struct bytes database = BYTES("0");

    if (!take_until(&rest, '?', &path)) {
        path = rest;
    } else if (!take_prefix(&rest, BYTES("db="))) {
        return refuse(diag, "after '?' only db=<number> is known");
    } else {
        database = rest;
    }
    if (!bytes_starts(path, BYTES("/")) || !set(url->path, sizeof(url->path), path)) {
        return refuse(diag, "expected unix:///path/of/at/most/107/bytes");
    }
    if (!parse_number(database, 65535, url->database)) {
        return refuse(diag, "the database is not a number");
    }
    return text_copy(url->place, sizeof(url->place), url->path);
}

bool redis_url_parse(const char *text, struct redis_url *url, struct diag *diag)
{
    struct bytes rest = bytes_of_text(text);

    *url = (struct redis_url){0};
    if (take_prefix(&rest, BYTES("redis://"))) {
        return parse_tcp(rest, url, diag);
    }
    if (take_prefix(&rest, BYTES("unix://"))) {
        return parse_unix(rest, url, diag);
    }
    if (bytes_starts(rest, BYTES("rediss://"))) {
        return refuse(diag, "rediss:// (TLS) is not supported yet");
    }
    return refuse(diag, "expected redis://host or unix:///path");
}
