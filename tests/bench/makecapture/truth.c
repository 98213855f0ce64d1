/*
 * truth: one JSON object a line for every login whose credential is in the capture.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/makecapture/makecapture.h"

static FILE *file;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

void truth_open(const char *path)
{
    file = fopen(path, "w");
    if (file == NULL) {
        fail(path);
    }
}

void truth_close(void)
{
    if (file != NULL && (ferror(file) != 0 || fclose(file) != 0)) {
        fail("truth");
    }
}

struct login *truth_begin(struct flow *flow, const char *service, const char *method, bool is_basic)
{
    struct login *login = calloc(1, sizeof(*login));

    if (login == NULL) {
        fail("truth");
    }
    flow->login = login;
    login->service = service;
    login->method = method;
    login->is_basic = is_basic;
    login->is_accepted = !draw_chance(options.fail);
    (void)snprintf(login->user, sizeof(login->user), "user%06u@corp.example", flow_client(flow));
    (void)snprintf(login->secret, sizeof(login->secret), "Pw-%08x!", (unsigned)draw());
    return login;
}

static void write_addresses(const struct flow *flow)
{
    static const char *const names[2][2] = {{"src", "sport"}, {"dst", "dport"}};
    char text[INET6_ADDRSTRLEN];

    for (int side = CLIENT; side <= SERVER; side++) {
        (void)inet_ntop(flow->is_v6 ? AF_INET6 : AF_INET, flow->address[side], text, sizeof(text));
        (void)fprintf(file, "\"%s\":\"%s\",\"%s\":%u,", names[side][0], text, names[side][1],
                      flow->port[side]);
    }
}

static void write_login(const struct flow *flow, const char *result)
{
    const struct login *login = flow->login;

    (void)fprintf(file, "{\"id\":%llu,\"pkt\":%llu,\"t\":%.6f,", (unsigned long long)flow->id,
                  (unsigned long long)login->packet, login->time);
    write_addresses(flow);
    (void)fprintf(file,
                  "\"proto\":\"%s\",\"method\":\"%s\",\"basic\":%s,\"user\":\"%s\","
                  "\"secret\":\"%s\",\"result\":\"%s\"",
                  login->service, login->method, login->is_basic ? "true" : "false", login->user,
                  login->secret, result);
    if (login->num_credentials > 1) {
        (void)fprintf(file, ",\"times\":%u", login->num_credentials);
    }
    if (login->device[0] != '\0') {
        (void)fprintf(file, ",\"device\":\"%s\"", login->device);
    }
    (void)fprintf(file, "}\n");
}

static void settle(struct flow *flow, const char *result)
{
    if (flow->login->packet == 0 || flow->login->is_written) {
        return;
    }
    flow->login->is_written = true;
    totals.logins++;
    totals.basic += flow->login->is_basic ? 1 : 0;
    if (file != NULL) {
        write_login(flow, result);
    }
}

void truth_note(struct flow *flow, unsigned marks)
{
    struct login *login = flow->login;

    if (login == NULL) {
        return;
    }
    login->num_credentials += (marks & MARK_CREDENTIAL) != 0 ? 1 : 0;
    if ((marks & MARK_CREDENTIAL) != 0 && login->packet == 0) {
        login->packet = totals.packets;
        login->time = (double)capture_now() / 1e9;
    }
    if ((marks & MARK_REPLY) != 0) {
        settle(flow, login->is_accepted ? "ok" : "fail");
    }
}

void truth_drop(struct flow *flow)
{
    free(flow->login);
    flow->login = NULL;
}

void truth_end(struct flow *flow)
{
    if (flow->login != NULL) {
        settle(flow, "none");
        truth_drop(flow);
    }
}
