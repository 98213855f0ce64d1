/*
 * random: xoshiro256** seeded by splitmix64 (Blackman and Vigna, public domain algorithms), and a
 * pool of random bytes.
 */
#include <math.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { POOL_LEN = 1 << 20 };

static uint64_t state[4];
static uint8_t pool[POOL_LEN + MAX_RANDOM];

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void random_seed(uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        state[i] = splitmix(&seed);
    }
    for (size_t i = 0; i < sizeof(pool); i += 8) {
        uint64_t value = draw();

        memcpy(pool + i, &value, 8);
    }
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t draw(void)
{
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

uint32_t draw_below(uint32_t limit)
{
    return (uint32_t)(((draw() >> 32) * limit) >> 32);
}

double draw_unit(void)
{
    return (double)(draw() >> 11) * 0x1p-53;
}

bool draw_chance(double share)
{
    return share > 0 && draw_unit() < share;
}

/* Bounded Pareto: sizes of what is fetched have a heavy tail. */
uint32_t draw_pareto(uint32_t least, uint32_t most)
{
    const double alpha = 1.2;
    double u = draw_unit();
    double low = pow(least, alpha);
    double high = pow(most, alpha);

    return (uint32_t)pow(-(u * high - u * low - high) / (high * low), -1.0 / alpha);
}

const uint8_t *random_bytes(uint64_t at)
{
    return pool + (at & (POOL_LEN - 1));
}

const uint8_t *draw_bytes(void)
{
    return pool + draw_below(POOL_LEN);
}
