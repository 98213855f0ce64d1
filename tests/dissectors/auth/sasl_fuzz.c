/* The first byte chooses the mechanism; then lines of the client, and of the server where they
 * begin with "+". */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/auth/base64.h"
#include "dissectors/auth/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *ctx, struct event *event)
{
    (void)ctx;
    (void)event;
}

/* Each line in a block of exactly its size: sanitizers see every over-read. */
static void on_line(struct login *login, struct bytes line, const struct emitter *out)
{
    uint8_t *copy = calloc(1, line.len + (line.len == 0));
    struct bytes view;

    if (copy == NULL) {
        return;
    }
    view = bytes_view(copy, line.len);
    (void)take_into(&line, copy, line.len);
    if (take_prefix(&view, BYTES("+"))) {
        sasl_on_challenge(login, view);
    } else {
        sasl_on_response(login, SERVICE_SMTP, view, out);
    }
    free(copy);
}

/* Text that decodes whole decodes to the same front. */
static void expect_same_front(struct bytes text)
{
    uint8_t whole[256];
    uint8_t front[30];
    size_t whole_len;
    size_t front_len;

    if (base64_decode(text, whole, sizeof(whole), &whole_len)) {
        if (!base64_decode_front(text, front, sizeof(front), &front_len)) {
            abort();
        }
        assert(front_len <= whole_len);
        assert(memcmp(whole, front, front_len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct moment now = {0};
    struct emitter out = {ignore, NULL, &now};
    struct bytes rest = bytes_view(data, size);
    struct login login = {0};
    struct bytes line;
    uint8_t mechanism;

    if (!take_u8(&rest, &mechanism)) {
        return 0;
    }
    login_open(&login, MECHANISM_SASL_PLAIN + mechanism % 10, &out);
    while (take_line(&rest, &line)) {
        expect_same_front(line);
        on_line(&login, line, &out);
    }
    assert(memchr(login.user, '\0', sizeof(login.user)) != NULL);
    return 0;
}
