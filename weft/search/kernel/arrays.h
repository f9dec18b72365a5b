/* Growing arrays and fingerprints: what the other parts of the kernel stand on. */
#ifndef WEFT_ARRAYS_H
#define WEFT_ARRAYS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64; fingerprint.py has the same. */
static inline uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

typedef struct {
    uint64_t low, high;           /* high stays 0 unless fingerprints have 128 bits */
} Print;

static inline void fold(Print *p, int wide, uint32_t position, uint32_t number)
{
    if (!number)
        return;
    uint64_t key = ((uint64_t)position << 32) | number;
    if (!wide) {
        p->low ^= mix(key);
    } else { /* fingerprint.py: mix64(key) are the upper bits of 128 */
        p->high ^= mix(key);
        p->low ^= mix(mix(key ^ 0x5851F42D4C957F2DULL));
    }
}

/* Makes room for wanted items; 0 without memory. */
static int reserve(void **array, size_t item, uint64_t *capacity, uint64_t wanted)
{
    if (wanted <= *capacity)
        return 1;
    uint64_t grown = *capacity ? *capacity : 64;
    while (grown < wanted)
        grown += grown / 2 + 16;
    void *moved = realloc(*array, item * grown);
    if (!moved)
        return 0;
    *array = moved;
    *capacity = grown;
    return 1;
}

static int reserve32(void **array, size_t item, uint32_t *capacity, uint64_t wanted)
{
    uint64_t wide = *capacity;
    if (wanted > UINT32_MAX || !reserve(array, item, &wide, wanted))
        return 0;
    *capacity = (uint32_t)wide;
    return 1;
}

/* Grows an array that runs beside another one, which has just grown to capacity. */
static int keep_up(void **array, size_t item, uint32_t capacity)
{
    void *moved = realloc(*array, item * capacity);
    if (moved)
        *array = moved;
    return moved != NULL;
}

#endif
