#include "sensor/source_live.h"

#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SNAP_LEN = 262144, /* holds any frame that offloading makes */
    KERNEL_BUFFER = 64 << 20,
    READ_TIMEOUT_MS = 100,
    MAX_FILTERS = 16, /* link types in one run; frames of a further one match nothing */
};

struct live {
    const char *interface;
    struct source_options options;
    pcap_t *pcap;   /* NULL: lost */
    unsigned index; /* of the interface; 0: it is none ("any") */
    bool nanoseconds;
    struct source_stats stats; /* drops: of the handles that are closed */
    /* of the call that runs */
    frame_fn *each;
    void *ctx;
};

/* Settings that an unopened handle cannot refuse; nanoseconds it may. */
static void set_up(struct live *live, pcap_t *pcap)
{
    const struct source_options *options = &live->options;

    (void)pcap_set_snaplen(pcap, options->snap_len > 0 ? options->snap_len : SNAP_LEN);
    (void)pcap_set_promisc(pcap, 1);
    (void)pcap_set_timeout(pcap, READ_TIMEOUT_MS);
    (void)pcap_set_buffer_size(pcap,
                               options->buffer_bytes > 0 ? options->buffer_bytes : KERNEL_BUFFER);
    live->nanoseconds = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
}

static bool set_filter(pcap_t *pcap, const char *text)
{
    struct bpf_program program;
    bool ok;

    if (text == NULL) {
        return true;
    }
    if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return false;
    }
    ok = pcap_setfilter(pcap, &program) == 0;
    pcap_freecode(&program);
    return ok;
}

/* pcap_activate's warnings (above 0: no promiscuous mode, for one) do not stop us. */
static bool open_handle(struct live *live, struct diag *diag)
{
    char words[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_create(live->interface, words);
    int result;

    if (pcap == NULL) {
        diag_set(diag, "%s: %s", live->interface, words);
        return false;
    }
    set_up(live, pcap);
    result = pcap_activate(pcap);
    if (result < 0) {
        const char *reason = pcap_geterr(pcap);

        diag_set(diag, "%s: %s", live->interface,
                 reason[0] != '\0' ? reason : pcap_statustostr(result));
        pcap_close(pcap);
        return false;
    }
    /* Blocking reads wait for a packet whatever the timeout says (Linux 3.19 and later). */
    if (pcap_setnonblock(pcap, 1, words) != 0) {
        diag_set(diag, "%s: %s", live->interface, words);
        pcap_close(pcap);
        return false;
    }
    if (!set_filter(pcap, live->options.filter)) {
        diag_set(diag, "filter '%s': %s", live->options.filter, pcap_geterr(pcap));
        pcap_close(pcap);
        return false;
    }
    live->pcap = pcap;
    live->index = if_nametoindex(live->interface);
    return true;
}

struct live *live_open(const char *interface, const struct source_options *options,
                       struct diag *diag)
{
    struct live *live = calloc(1, sizeof(*live));

    if (live == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    live->interface = interface;
    live->options = *options;
    if (!open_handle(live, diag)) {
        free(live);
        return NULL;
    }
    return live;
}

static void add_drops(const struct live *live, struct source_stats *stats)
{
    struct pcap_stat kernel;

    if (live->pcap != NULL && pcap_stats(live->pcap, &kernel) == 0) {
        stats->kernel_dropped += kernel.ps_drop;
        stats->interface_dropped += kernel.ps_ifdrop;
    }
}

void live_stats(struct live *live, struct source_stats *stats)
{
    *stats = live->stats;
    add_drops(live, stats);
}

static void close_handle(struct live *live)
{
    add_drops(live, &live->stats);
    pcap_close(live->pcap);
    live->pcap = NULL;
}

void live_close(struct live *live)
{
    if (live == NULL) {
        return;
    }
    if (live->pcap != NULL) {
        pcap_close(live->pcap);
    }
    free(live);
}

static void on_packet(u_char *ctx, const struct pcap_pkthdr *header, const u_char *data)
{
    struct live *live = (void *)ctx;
    uint64_t fraction_ns = (uint64_t)header->ts.tv_usec * (live->nanoseconds ? 1 : 1000);
    struct frame frame = {
        .at = {.time = {.ns = (uint64_t)header->ts.tv_sec * 1000000000 + fraction_ns},
               .frame = ++live->stats.frames},
        .captured = bytes_view(data, header->caplen),
        .wire_len = header->len > header->caplen ? header->len : header->caplen,
        .link_type = pcap_datalink(live->pcap),
        .interface = live->interface,
    };

    live->each(live->ctx, &frame);
}

/* libpcap keeps its handle while the interface is down, but says nothing; a handle of an interface
 * that was made anew under the same name is deaf. */
static bool is_up(const struct live *live)
{
    struct ifreq request = {0};
    int fd;
    bool up;

    if (live->index == 0) {
        return true;
    }
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return true; /* not known: let libpcap tell */
    }
    memcpy(request.ifr_name, live->interface, strnlen(live->interface, IFNAMSIZ - 1));
    up = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
    (void)close(fd);
    return up;
}

/* The time of a read passes when there is nothing to read from, so that callers do not spin. */
static enum source_state rest_lost(void)
{
    (void)poll(NULL, 0, READ_TIMEOUT_MS);
    return SOURCE_LOST;
}

static enum source_state on_idle(struct live *live)
{
    if (live->index != 0 && if_nametoindex(live->interface) != live->index) {
        close_handle(live);
        return SOURCE_LOST;
    }
    return is_up(live) ? SOURCE_IDLE : SOURCE_LOST;
}

/* What is there, or comes within the read timeout; a signal ends the wait. */
static int dispatch(struct live *live, size_t max)
{
    struct pollfd ready = {.fd = pcap_get_selectable_fd(live->pcap), .events = POLLIN};
    int limit = max < 65536 ? (int)max : 65536;
    int num = pcap_dispatch(live->pcap, limit, on_packet, (u_char *)live);

    if (num == 0 && poll(&ready, 1, READ_TIMEOUT_MS) > 0) {
        num = pcap_dispatch(live->pcap, limit, on_packet, (u_char *)live);
    }
    return num;
}

enum source_state live_pump(struct live *live, size_t max, frame_fn *each, void *ctx)
{
    int num;

    if (live->pcap == NULL && !open_handle(live, NULL)) {
        return rest_lost();
    }
    live->each = each;
    live->ctx = ctx;
    num = dispatch(live, max);
    if (num > 0) {
        return SOURCE_MORE;
    }
    if (num == 0) {
        return on_idle(live);
    }
    close_handle(live);
    return rest_lost();
}

struct compiled {
    int link_type;
    bool usable;
    struct bpf_program program;
};

struct filter {
    const char *text;
    struct compiled compiled[MAX_FILTERS];
    size_t num;
};

/* Files number raw IP differently from libpcap's functions. */
static int dlt_of(int link_type)
{
    return link_type == 101 ? DLT_RAW : link_type;
}

static bool compile(struct compiled *compiled, const char *text, int link_type, struct diag *diag)
{
    pcap_t *dead = pcap_open_dead(dlt_of(link_type), SNAP_LEN);

    compiled->link_type = link_type;
    compiled->usable =
        dead != NULL && pcap_compile(dead, &compiled->program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!compiled->usable) {
        diag_set(diag, "filter '%s': %s", text, dead != NULL ? pcap_geterr(dead) : "out of memory");
    }
    if (dead != NULL) {
        pcap_close(dead);
    }
    return compiled->usable;
}

static const struct compiled *filter_for(struct filter *filter, int link_type)
{
    struct compiled *compiled;

    for (size_t i = 0; i < filter->num; i++) {
        if (filter->compiled[i].link_type == link_type) {
            return &filter->compiled[i];
        }
    }
    if (filter->num == MAX_FILTERS) {
        return NULL;
    }
    compiled = &filter->compiled[filter->num++];
    (void)compile(compiled, filter->text, link_type, NULL);
    return compiled;
}

/* The words are those of Ethernet, which most people mean. */
struct filter *filter_new(const char *text, struct diag *diag)
{
    static const int others[] = {DLT_RAW, DLT_IEEE802_11, DLT_LINUX_SLL};
    struct filter *filter = calloc(1, sizeof(*filter));

    if (filter == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    filter->text = text;
    if (compile(&filter->compiled[filter->num++], text, DLT_EN10MB, diag)) {
        return filter;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (compile(&filter->compiled[filter->num++], text, others[i], NULL)) {
            diag_set(diag, "%s", "");
            return filter;
        }
    }
    filter_free(filter);
    return NULL;
}

void filter_free(struct filter *filter)
{
    if (filter == NULL) {
        return;
    }
    for (size_t i = 0; i < filter->num; i++) {
        if (filter->compiled[i].usable) {
            pcap_freecode(&filter->compiled[i].program);
        }
    }
    free(filter);
}

bool filter_matches(struct filter *filter, const struct frame *frame)
{
    const struct compiled *compiled = filter_for(filter, frame->link_type);
    struct pcap_pkthdr header = {
        .caplen = (bpf_u_int32)frame->captured.len,
        .len = frame->wire_len,
    };

    return compiled != NULL && compiled->usable &&
           pcap_offline_filter(&compiled->program, &header, frame->captured.at) != 0;
}
