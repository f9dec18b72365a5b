/* Symmetry: fingerprints under each permutation of threads that are alike; the least of them stands for all. See symmetry.py.
 *
 * What a component of the state (position, number) contributes is a row of marks, one a permutation, which Python computes.
 */
#ifndef WEFT_SYMMETRY_H
#define WEFT_SYMMETRY_H

#include "arrays.h"

#define MOST_PERMUTATIONS 24

typedef struct {
    uint32_t count;               /* permutations; 1 is no symmetry */
    uint64_t *keys;               /* position << 32 | number; 0 is empty */
    uint64_t *marks;              /* count a place */
    uint32_t size, used;
} Symmetry;

static inline uint32_t find_mark(const Symmetry *s, uint64_t key)
{
    uint32_t k = (uint32_t)mix(key) & (s->size - 1);
    while (s->keys[k] && s->keys[k] != key)
        k = (k + 1) & (s->size - 1);
    return k;
}

static inline const uint64_t *marks_at(const Symmetry *s, uint32_t position, uint32_t number)
{
    if (!s->size)
        return NULL;
    uint32_t k = find_mark(s, ((uint64_t)position << 32) | number);
    return s->keys[k] ? s->marks + (size_t)k * s->count : NULL;
}

static int grow_marks(Symmetry *s)
{
    Symmetry n = {s->count, NULL, NULL, s->size ? s->size * 2 : 256, s->used};
    n.keys = calloc(n.size, sizeof *n.keys);
    n.marks = malloc((size_t)n.size * n.count * sizeof *n.marks);
    if (!n.keys || !n.marks) {
        free(n.keys), free(n.marks);
        return 0;
    }
    for (uint32_t k = 0; k < s->size; k++)
        if (s->keys[k]) {
            uint32_t at = find_mark(&n, s->keys[k]);
            n.keys[at] = s->keys[k];
            memcpy(n.marks + (size_t)at * n.count, s->marks + (size_t)k * n.count, n.count * sizeof *n.marks);
        }
    free(s->keys), free(s->marks);
    *s = n;
    return 1;
}

/* The place for the marks of a component; NULL without memory. */
static uint64_t *put_marks(Symmetry *s, uint32_t position, uint32_t number)
{
    if ((s->used + 1) * 2 > s->size && !grow_marks(s))
        return NULL;
    uint64_t key = ((uint64_t)position << 32) | number;
    uint32_t k = find_mark(s, key);
    s->used += !s->keys[k];
    s->keys[k] = key;
    return s->marks + (size_t)k * s->count;
}

static inline uint64_t least(const Symmetry *s, const uint64_t *row)
{
    uint64_t found = row[0];
    for (uint32_t g = 1; g < s->count; g++)
        found = row[g] < found ? row[g] : found;
    return found;
}

#endif
