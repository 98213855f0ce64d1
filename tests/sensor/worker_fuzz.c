/* The whole path: frames through decoder, defragmentation, flows, streams and dissectors to the
 * detector with the rules that we ship. Data is a list of records { u16 length, u8 milliseconds
 * since the one before, u8 link type, bytes }. */
#include <stdlib.h>

#include "rules/detector.h"
#include "sensor/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_event(void *ctx, struct event *event)
{
    detector_observe(ctx, event);
}

static void on_finding(void *ctx, const struct finding *finding)
{
    char scratch[FIELD_TEXT_MAX];

    (void)ctx;
    for (size_t i = 0; i < finding_schema.num_fields;
         i++) { /* every member is read once: sanitizers see what is not text */
        (void)field_text(&finding_schema.fields[i], finding, scratch);
    }
}

static void work(struct worker *worker, struct frame *frame, struct bytes bytes)
{
    uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1); /* exactly its size */
    size_t len;

    if (copy == NULL) {
        return;
    }
    (void)bytes_copy(bytes, copy, bytes.len, &len);
    frame->captured = bytes_view(copy, len);
    frame->wire_len = (uint32_t)len;
    frame->at.frame++;
    worker_frame(worker, frame);
    free(copy);
}

static void work_all(struct worker *worker, struct detector *detector, struct bytes rest)
{
    struct frame frame = {.at = {.time = {UINT64_C(1700000000000000000)}, .file = "fuzz"}};
    struct bytes bytes;
    uint16_t len;
    uint8_t pause;
    uint8_t link_type;

    while (take_u16(&rest, &len) && take_u8(&rest, &pause) && take_u8(&rest, &link_type)) {
        frame.at.time.ns += UINT64_C(1000000) * pause;
        frame.link_type = link_type;
        (void)take_bytes(&rest, len < rest.len ? len : rest.len, &bytes);
        work(worker, &frame, bytes);
        detector_advance(detector, worker_now(worker));
    }
}

/* Small tables: that they are full is met often. The rules are read once, and what is known of
 * devices stays. */
static struct detector *make_detector(void)
{
    struct detector_options options = {
        .rules_directory = SOURCE_DIR "/rules",
        .sensor_name = "fuzz",
        .max_devices = 16,
        .max_open = 16,
        .on_finding = on_finding,
    };

    return detector_new(&options, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct detector *detector;
    struct worker_options options = {
        .flows = {.max_flows = 16},
        .defrag = {.max_packets = 4},
        .max_sessions = 4,
        .max_kept = 16384,
        .live = true,
        .on_event = on_event,
    };
    struct worker *worker;

    if (detector == NULL) {
        detector = make_detector();
    }
    options.ctx = detector;
    options.no_hints = true; /* nDPI has targets of its own, and costs milliseconds to begin */
    worker = detector != NULL ? worker_new(&options, NULL) : NULL;
    if (worker == NULL) {
        abort(); /* without rules nothing is tested */
    }
    work_all(worker, detector, bytes_view(data, size));
    worker_end(worker);
    detector_flush(detector);
    worker_free(worker);
    return 0;
}
