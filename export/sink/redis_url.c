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

bool redis_place_parse(struct bytes text, const char *default_port, struct redis_place *place)
{
    struct redis_place found;
    struct bytes rest = text;
    struct bytes host;
    bool is_bracketed = take_prefix(&rest, BYTES("["));

    if (is_bracketed &&
        (!take_until(&rest, ']', &host) || (rest.len > 0 && !take_prefix(&rest, BYTES(":"))))) {
        return false;
    }
    if (!is_bracketed && !take_until(&rest, ':', &host)) {
        host = rest;
        rest = bytes_view(NULL, 0);
    }
    if (host.len == 0 || !set(found.host, sizeof(found.host), host) ||
        !parse_number(rest.len > 0 ? rest : bytes_of_text(default_port), 65535, found.port)) {
        return false;
    }
    *place = found;
    return true;
}

void redis_place_text(const struct redis_place *place, char text[280])
{
    (void)snprintf(text, 280, strchr(place->host, ':') != NULL ? "[%s]:%s" : "%s:%s", place->host,
                   place->port);
}

/* host[:port],host[:port]... */
static bool parse_places(struct bytes list, struct redis_url *url, struct diag *diag)
{
    const char *port = url->kind == REDIS_SENTINEL ? "26379" : "6379";
    struct bytes place;

    while (list.len > 0) {
        char text[280];

        if (!take_until(&list, ',', &place)) {
            place = list;
            list = bytes_view(NULL, 0);
        }
        if (url->num_places == REDIS_MAX_PLACES) {
            return refuse(diag, "more than 16 hosts");
        }
        if (!redis_place_parse(place, port, &url->places[url->num_places])) {
            return refuse(diag, "expected host or host:port, the port a number up to 65535");
        }
        redis_place_text(&url->places[url->num_places++], text);
        (void)text_append(url->text, sizeof(url->text), url->num_places > 1 ? "," : "");
        (void)text_append(url->text, sizeof(url->text), text);
    }
    return url->num_places > 0 || refuse(diag, "expected a host: redis://[user@]host[:port][/db]");
}

/* What follows the hosts: /db, of Sentinel /master[/db], of a Cluster nothing. */
static bool parse_rest(struct bytes rest, struct redis_url *url, struct diag *diag)
{
    struct bytes master = rest;

    if (url->kind == REDIS_CLUSTER && rest.len > 0) {
        return refuse(diag, "a Cluster has no databases");
    }
    if (url->kind == REDIS_SENTINEL) {
        rest = take_until(&rest, '/', &master) ? rest : bytes_view(NULL, 0);
        if (master.len == 0 || !set(url->master, sizeof(url->master), master)) {
            return refuse(diag, "expected redis+sentinel://host,host/name-of-the-master");
        }
    }
    return parse_number(rest.len > 0 ? rest : BYTES("0"), 65535, url->database) ||
           refuse(diag, "the database is not a number");
}

static bool parse_tcp(struct bytes rest, struct redis_url *url, struct diag *diag)
{
    struct bytes places;

    if (!parse_user(&rest, url, diag)) {
        return false;
    }
    if (!take_until(&rest, '/', &places)) {
        places = rest;
        rest = bytes_view(NULL, 0);
    }
    return parse_places(places, url, diag) && parse_rest(rest, url, diag);
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
    return text_copy(url->text, sizeof(url->text), url->path);
}

bool redis_url_parse(const char *text, struct redis_url *url, struct diag *diag)
{
    static const struct {
        const char *scheme;
        enum redis_kind kind;
        bool tls;
    } schemes[] = {
        {"redis://", REDIS_SINGLE, false},
        {"rediss://", REDIS_SINGLE, true},
        {"redis+sentinel://", REDIS_SENTINEL, false},
        {"rediss+sentinel://", REDIS_SENTINEL, true},
        {"redis+cluster://", REDIS_CLUSTER, false},
        {"rediss+cluster://", REDIS_CLUSTER, true},
    };
    struct bytes rest = bytes_of_text(text);

    *url = (struct redis_url){0};
    if (take_prefix(&rest, BYTES("unix://"))) {
        return parse_unix(rest, url, diag);
    }
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (take_prefix(&rest, bytes_of_text(schemes[i].scheme))) {
            url->kind = schemes[i].kind;
            url->tls = schemes[i].tls;
            return parse_tcp(rest, url, diag);
        }
    }
    return refuse(diag, "expected redis://host, rediss://host (TLS), redis+sentinel://, "
                        "redis+cluster:// or unix:///path");
}
