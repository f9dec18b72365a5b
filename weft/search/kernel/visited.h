/* Visited states: fingerprints in 256 open-addressing tables that grow one by one, so no growth pauses the search for long.
 *
 * Beside each fingerprint stand flags (one byte) and, where they are wanted, the number of maximal paths from the state (a double,
 * exact below 2**53) and the state's number. Without those two a state takes 9 bytes, at a load of 3/4 to 7/8: at most 12. A small
 * search has memory to spare, and its tables are half empty: a quarter of its time was spent on growing and in long runs of keys.
 */
#ifndef WEFT_VISITED_H
#define WEFT_VISITED_H

#include <stdatomic.h>

#include "arrays.h"

#define TABLES 256
#define SMALL 1024                /* up to this size a table doubles */
#define ON_PATH 1                 /* flag: the state is on the walker's current path */

typedef struct {
    uint32_t size, used;
    uint64_t *keys, *high;        /* high: the other half of fingerprints of 128 bits */
    uint8_t *flags;
    double *paths;
    uint32_t *numbers;
    atomic_flag busy;
} Table;

typedef struct {
    Table tables[TABLES];
    int wide, counting, numbering;
} Visited;

static inline uint32_t home(uint64_t key, uint32_t size)
{
    return (uint32_t)(((key & 0xFFFFFFFFULL) * size) >> 32);
}

static inline uint32_t find(const Table *t, Print key)
{
    uint32_t k = home(key.low, t->size);
    while (t->keys[k] && (t->keys[k] != key.low || (t->high && t->high[k] != key.high)))
        k = k + 1 == t->size ? 0 : k + 1;
    return k;
}

static int allocate(const Visited *v, Table *t, uint32_t size)
{
    memset(t, 0, sizeof *t);
    t->size = size;
    t->keys = calloc(size, sizeof *t->keys);
    t->flags = calloc(size, 1);
    t->high = v->wide ? malloc(size * sizeof *t->high) : NULL;
    t->paths = v->counting ? malloc(size * sizeof *t->paths) : NULL;
    t->numbers = v->numbering ? malloc(size * sizeof *t->numbers) : NULL;
    return t->keys && t->flags && (t->high || !v->wide) && (t->paths || !v->counting) && (t->numbers || !v->numbering);
}

static void free_table(Table *t)
{
    free(t->keys), free(t->high), free(t->flags), free(t->paths), free(t->numbers);
}

static int grow(const Visited *v, Table *t)
{
    Table n;
    if (!allocate(v, &n, t->size < SMALL ? t->size * 2 + 64 : t->size + t->size / 6)) {
        free_table(&n);
        return 0;
    }
    for (uint32_t k = 0; k < t->size; k++) {
        if (!t->keys[k])
            continue;
        Print key = {t->keys[k], t->high ? t->high[k] : 0};
        uint32_t at = find(&n, key);
        n.keys[at] = key.low;
        n.flags[at] = t->flags[k];
        if (t->high)
            n.high[at] = key.high;
        if (t->paths)
            n.paths[at] = t->paths[k];
        if (t->numbers)
            n.numbers[at] = t->numbers[k];
    }
    free_table(t);
    t->size = n.size, t->keys = n.keys, t->high = n.high, t->flags = n.flags, t->paths = n.paths, t->numbers = n.numbers;
    return 1;
}

/* Key 0 means an empty place. */
static inline Print stored(Print key)
{
    key.low += !key.low;
    return key;
}

static inline Table *table_of(Visited *v, Print key)
{
    return &v->tables[key.low >> 56];
}

static inline void enter(Table *t)
{
    while (atomic_flag_test_and_set_explicit(&t->busy, memory_order_acquire))
        ;
}

static inline void leave_table(Table *t)
{
    atomic_flag_clear_explicit(&t->busy, memory_order_release);
}

/* Finds key or puts it in as a new state. 1: new, 0: known, -1: no memory. */
static int visit(Visited *v, Print key, Table **table, uint32_t *at)
{
    Table *t = *table = table_of(v, key);
    if ((uint64_t)(t->used + 1) * 8 > (uint64_t)t->size * (t->size < 2 * SMALL ? 5 : 7) && !grow(v, t))
        return -1;
    *at = find(t, key);
    if (t->keys[*at])
        return 0;
    t->keys[*at] = key.low;
    if (t->high)
        t->high[*at] = key.high;
    t->used++;
    return 1;
}

static uint64_t bytes_used(const Visited *v)
{
    uint64_t bytes = 0, each = 9 + 8 * v->wide + 8 * v->counting + 4 * v->numbering;
    for (int k = 0; k < TABLES; k++)
        bytes += v->tables[k].size * each;
    return bytes;
}

static void drop_numbers(Visited *v)
{
    v->numbering = 0;
    for (int k = 0; k < TABLES; k++) {
        free(v->tables[k].numbers);
        v->tables[k].numbers = NULL;
    }
}

static void drop_paths(Visited *v)
{
    v->counting = 0;
    for (int k = 0; k < TABLES; k++) {
        free(v->tables[k].paths);
        v->tables[k].paths = NULL;
    }
}

#endif
