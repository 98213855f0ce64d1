/*
 * decrypt: what the decryption stage costs, from memory, as a ratio to OpenSSL alone.
 *
 *     decrypt [ROUNDS]
 *
 * Three loops take turns on one core, and of each the fastest round counts: machines are shared and
 * noisy, a ratio of neighbours is not. CPU time of this process is measured.
 *
 *     opener   opener_open on records of TLS 1.3, one after another
 *     speed    nonce, tag, EVP_DecryptUpdate and final on as many octets
 *     update   EVP_DecryptUpdate alone, one endless message
 *
 * The second is a little less than what `openssl speed -evp aes-128-gcm -decrypt` of OpenSSL 3.0.22
 * repeats (its calls were counted); the third is what no record can reach.
 *
 * Then the keys of sessions of TLS 1.3: two openers made from their secrets, and freed.
 */
#include "dissectors/tls/opener.h"
#include "tests/dissectors/tls/seal.h"

#include <openssl/evp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NUM_RECORDS = 64, ROUND_OCTETS = 4 << 20, NUM_SESSIONS = 500 };

struct bench {
    struct crypto *crypto;
    const struct suite *suite;
    struct opener *opener;
    EVP_CIPHER_CTX *speed;
    EVP_CIPHER_CTX *update;
    size_t size;    /* of the content of a record */
    size_t repeats; /* of all records in a round */
    struct record records[NUM_RECORDS];
    uint8_t *bodies;
    uint8_t *out;
    uint8_t nonce[12];
    uint8_t tag[16]; /* of sealed, what the plain loops open */
    uint8_t *sealed;
};

static const uint8_t secret[48] = {1, 2, 3};
static const uint8_t key[32] = {4, 5, 6};

static void must(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "decrypt: %s failed\n", what);
        exit(1);
    }
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void run_opener(struct bench *bench)
{
    struct bytes plain;
    uint8_t type;

    for (size_t i = 0; i < bench->repeats; i++) {
        opener_set_sequence(bench->opener, 0);
        for (size_t j = 0; j < NUM_RECORDS; j++) {
            must(opener_open(bench->opener, &bench->records[j], bench->out, &plain, &type) &&
                     plain.len == bench->size,
                 "opener_open");
        }
    }
}

static void run_update(struct bench *bench)
{
    int len;

    for (size_t i = 0; i < bench->repeats * NUM_RECORDS; i++) {
        must(EVP_DecryptUpdate(bench->update, bench->out, &len,
                               bench->bodies + i % NUM_RECORDS * RECORD_MAX_BODY,
                               (int)bench->size) == 1,
             "EVP_DecryptUpdate");
    }
}

static void run_speed(struct bench *bench)
{
    EVP_CIPHER_CTX *speed = bench->speed;
    uint8_t none[16];
    int len;

    for (size_t i = 0; i < bench->repeats * NUM_RECORDS; i++) {
        must(EVP_DecryptInit_ex(speed, NULL, NULL, NULL, bench->nonce) == 1 &&
                 EVP_CIPHER_CTX_ctrl(speed, EVP_CTRL_AEAD_SET_TAG, 16, bench->tag) == 1 &&
                 EVP_DecryptUpdate(speed, bench->out, &len, bench->sealed, (int)bench->size) == 1 &&
                 EVP_DecryptFinal_ex(speed, none, &len) == 1,
             "EVP");
    }
}

static double least(double best, double now)
{
    return best == 0 || now < best ? now : best;
}

static double time_of(struct bench *bench, void (*run)(struct bench *bench))
{
    double start = seconds();

    run(bench);
    return seconds() - start;
}

static void make_records(struct bench *bench)
{
    size_t hash = crypto_hash_size(bench->suite->prf);
    struct sealer sealer;

    sealer_init_tls13(&sealer, bench->suite, bytes_view(secret, hash));
    for (size_t i = 0; i < NUM_RECORDS; i++) {
        memset(bench->out, (int)i, bench->size);
        bench->records[i] = seal(&sealer, 23, bytes_view(bench->out, bench->size),
                                 bench->bodies + i * RECORD_MAX_BODY);
    }
    bench->opener = opener_new_tls13(bench->crypto, bench->suite, bytes_view(secret, hash));
    must(bench->opener != NULL, "opener_new_tls13");
}

/* Something that the plain loops can open. */
static void make_plain(struct bench *bench, const EVP_CIPHER *cipher)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len;

    must(EVP_EncryptInit_ex(ctx, cipher, NULL, key, bench->nonce) == 1 &&
             EVP_EncryptUpdate(ctx, bench->sealed, &len, bench->out, (int)bench->size) == 1 &&
             EVP_EncryptFinal_ex(ctx, bench->out, &len) == 1 &&
             EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, bench->tag) == 1,
         "EVP_EncryptInit_ex");
    EVP_CIPHER_CTX_free(ctx);
    bench->update = EVP_CIPHER_CTX_new();
    bench->speed = EVP_CIPHER_CTX_new();
    must(EVP_DecryptInit_ex(bench->update, cipher, NULL, key, bench->nonce) == 1 &&
             EVP_DecryptInit_ex(bench->speed, cipher, NULL, key, bench->nonce) == 1,
         "EVP_DecryptInit_ex");
}

static void measure(struct bench *bench, const char *name, int rounds)
{
    double opener = 0;
    double speed = 0;
    double update = 0;
    double megabytes;

    bench->repeats = ROUND_OCTETS / (NUM_RECORDS * bench->size) + 1;
    megabytes = 1e-6 * (double)(bench->repeats * NUM_RECORDS * bench->size);
    for (int i = 0; i < rounds; i++) {
        opener = least(opener, time_of(bench, run_opener));
        speed = least(speed, time_of(bench, run_speed));
        update = least(update, time_of(bench, run_update));
    }
    (void)printf("%-18s %5zu  opener %5.0f MB/s  speed %5.0f MB/s  update %5.0f MB/s  "
                 "ratio %.2f (of update %.2f)\n",
                 name, bench->size, megabytes / opener, megabytes / speed, megabytes / update,
                 speed / opener, update / opener);
}

static void bench_suite(struct bench *bench, uint16_t id, const char *name, int rounds)
{
    static const size_t sizes[] = {256, 1350, 16384};
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);

    must(cipher != NULL, name);
    bench->suite = suite_find(id);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bench->size = sizes[i];
        make_records(bench);
        make_plain(bench, cipher);
        measure(bench, name, rounds);
        opener_free(bench->opener);
        EVP_CIPHER_CTX_free(bench->update);
        EVP_CIPHER_CTX_free(bench->speed);
    }
    EVP_CIPHER_free(cipher);
}

static void run_keys(struct bench *bench)
{
    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        for (size_t j = 0; j < 2; j++) {
            struct opener *opener =
                opener_new_tls13(bench->crypto, bench->suite, bytes_view(secret, 32));

            must(opener != NULL, "opener_new_tls13");
            opener_free(opener);
        }
    }
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 50;
    struct bench bench = {.crypto = crypto_new()};
    double keys = 0;
    cpu_set_t core;

    if (rounds < 1) {
        (void)fprintf(stderr, "usage: decrypt [ROUNDS]\n");
        return 2;
    }
    CPU_ZERO(&core);
    CPU_SET(sched_getcpu() >= 0 ? (unsigned)sched_getcpu() : 0u, &core);
    (void)sched_setaffinity(0, sizeof(core), &core);
    bench.bodies = calloc(NUM_RECORDS, RECORD_MAX_BODY);
    bench.out = calloc(1, RECORD_MAX_BODY);
    bench.sealed = calloc(1, RECORD_MAX_BODY);
    must(bench.crypto != NULL && bench.bodies != NULL && bench.out != NULL && bench.sealed != NULL,
         "memory");
    bench_suite(&bench, 0x1301, "AES-128-GCM", rounds);
    bench_suite(&bench, 0x1302, "AES-256-GCM", rounds);
    bench_suite(&bench, 0x1303, "ChaCha20-Poly1305", rounds);
    bench.suite = suite_find(0x1301);
    for (int i = 0; i < rounds; i++) {
        keys = least(keys, time_of(&bench, run_keys));
    }
    (void)printf("keys of a session   %.0f sessions/s\n", NUM_SESSIONS / keys);
    free(bench.bodies);
    free(bench.out);
    free(bench.sealed);
    crypto_free(bench.crypto);
    return 0;
}
