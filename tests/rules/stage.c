#include "tests/rules/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

static const uint64_t begin_ns = UINT64_C(1795132800) * 1000000000u; /* 2026-11-20T00:00:00Z */

static void add_line(struct stage *stage, struct bytes text)
{
    assert_true(stage->len + text.len + 1 < STAGE_TEXT);
    (void)snprintf(stage->lines + stage->len, STAGE_TEXT - stage->len, "%.*s", (int)text.len,
                   (const char *)text.at);
    stage->len += text.len;
}

static void on_finding(void *ctx, const struct finding *finding)
{
    struct stage *stage = ctx;
    struct bytes rest = bytes_of_text(stage->fields);
    struct bytes name;
    bool more = true;

    stage->num_findings++;
    stage->counted += finding->kind != FINDING_ALERT ? finding->count : 0;
    while (more) {
        char scratch[FIELD_TEXT_MAX];
        const struct field *field;
        struct bytes text;

        more = take_until(&rest, ',', &name);
        field = schema_find(&finding_schema, more ? name : rest);
        assert_non_null(field);
        text = field_text(field, finding, scratch);
        add_line(stage, text.len > 0 ? text : BYTES("-"));
        add_line(stage, more ? BYTES(" ") : BYTES("\n"));
    }
}

struct address stage_address(const char *text)
{
    struct address address;

    assert_true(address_parse(bytes_of_text(text), &address));
    return address;
}

struct mac stage_mac(const char *text)
{
    struct mac mac;

    assert_true(mac_parse(bytes_of_text(text), &mac));
    return mac;
}

void stage_init(struct stage *stage)
{
    memset(stage, 0, sizeof(*stage));
    stage->options.rules_directory = SOURCE_DIR "/rules";
    stage->options.sensor_name = "stage";
    stage->options.on_finding = on_finding;
    stage->options.ctx = stage;
    stage->origin.client = stage_address("10.1.0.7");
    stage->origin.server = stage_address("192.0.2.1");
    stage->origin.client_port = 40000;
    stage->origin.server_port = 143;
    stage->origin.ip_protocol = 6;
    stage->origin.client_ttl = 64;
    stage->origin.client_mac = stage_mac("00:21:5c:00:00:07");
    stage->origin.server_mac = stage_mac("00:1b:54:00:00:01");
    stage->fields = "device.id,user.name,event.reason,basictap.count";
    stage->lines = calloc(1, STAGE_TEXT);
    assert_non_null(stage->lines);
}

void stage_open(struct stage *stage)
{
    struct diag diag = {{0}};

    stage->detector = detector_new(&stage->options, &diag);
    if (stage->detector == NULL) {
        fail_msg("%s", diag.text);
    }
}

void stage_close(struct stage *stage)
{
    detector_free(stage->detector);
    free(stage->lines);
}

struct event *stage_event(struct stage *stage, enum event_kind kind, enum service service,
                          double seconds)
{
    memset(&stage->event, 0, sizeof(stage->event));
    stage->event.kind = kind;
    stage->event.service = service;
    stage->event.at.time.ns = begin_ns + (uint64_t)(seconds * 1e6) * 1000u;
    stage->event.at.frame = 1;
    stage->event.origin = &stage->origin;
    return &stage->event;
}

void stage_say(struct stage *stage)
{
    detector_observe(stage->detector, &stage->event);
}

void stage_login(struct stage *stage, double seconds, const char *user, enum outcome outcome)
{
    struct event *event = stage_event(stage, EVENT_AUTH, SERVICE_IMAP, seconds);

    event->auth.mechanism = MECHANISM_IMAP_LOGIN;
    event->auth.outcome = outcome;
    event->auth.password_seen = true;
    (void)text_copy(event->auth.user, sizeof(event->auth.user), user);
    stage_say(stage);
}

void stage_expect(struct stage *stage, const char *lines)
{
    detector_flush(stage->detector);
    assert_string_equal(stage->lines, lines);
    stage->len = 0;
    stage->lines[0] = '\0';
}
