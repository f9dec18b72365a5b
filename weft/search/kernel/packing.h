/* States and fingerprints as bytes for another process: sorted, each as its difference from the one before.
 *
 * A batch of states: how many, how long, whether tagged; then per state how many components differ from the state before (from zeros
 * for the first), each as the distance from the last such position and the new number; then 8 bytes of tag, where tagged. All
 * numbers are LEB128. Fingerprints are differences in the same coding, each followed by its upper half where they have 128 bits.
 */
#ifndef WEFT_PACKING_H
#define WEFT_PACKING_H

#include <stddef.h>

#include "arrays.h"

typedef struct {
    uint8_t *data;
    uint64_t size, capacity;
} Bytes;

typedef struct {
    const uint8_t *at, *end;
} Reader;

/* States that wait, in one array: how long each is was settled when the first of them came. */
typedef struct {
    int32_t *states;
    uint64_t *tags;
    uint64_t count, states_capacity, tags_capacity;
    uint32_t length;
} Lot;

static int put_number(Bytes *b, uint64_t number)
{
    if (!reserve((void **)&b->data, 1, &b->capacity, b->size + 10))
        return 0;
    while (number >= 0x80) {
        b->data[b->size++] = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    b->data[b->size++] = (uint8_t)number;
    return 1;
}

static int put_word(Bytes *b, uint64_t word)
{
    if (!reserve((void **)&b->data, 1, &b->capacity, b->size + sizeof word))
        return 0;
    memcpy(b->data + b->size, &word, sizeof word);
    b->size += sizeof word;
    return 1;
}

/* 0 at the end of the data. */
static int get_number(Reader *r, uint64_t *number)
{
    *number = 0;
    for (int shift = 0; r->at < r->end && shift < 64; shift += 7) {
        uint8_t byte = *r->at++;
        *number |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return 1;
    }
    return 0;
}

static int get_word(Reader *r, uint64_t *word)
{
    if (r->end - r->at < (ptrdiff_t)sizeof *word)
        return 0;
    memcpy(word, r->at, sizeof *word);
    r->at += sizeof *word;
    return 1;
}

/* -- states -------------------------------------------------------------------------------------------------------- */

static int add_state(Lot *l, const int32_t *state, uint32_t length, uint64_t tag)
{
    l->length = length;
    if (!reserve((void **)&l->states, sizeof *l->states, &l->states_capacity, (l->count + 1) * length) ||
        !reserve((void **)&l->tags, sizeof *l->tags, &l->tags_capacity, l->count + 1))
        return 0;
    memcpy(l->states + l->count * length, state, length * sizeof *state);
    l->tags[l->count++] = tag;
    return 1;
}

static const int32_t *state_at(const Lot *l, uint64_t k)
{
    return l->states + k * l->length;
}

static void free_lot(Lot *l)
{
    free(l->states), free(l->tags);
    memset(l, 0, sizeof *l);
}

static int before(const Lot *l, uint64_t one, uint64_t other)
{
    const int32_t *a = state_at(l, one), *b = state_at(l, other);
    uint32_t k = 0;
    while (k < l->length && a[k] == b[k])
        k++;
    return k < l->length ? a[k] < b[k] : l->tags[one] < l->tags[other];
}

/* Merge sort of the numbers of states; 0 without memory. (qsort has no way to know the lot, and its reentrant forms are not portable.) */
static int sort_states(const Lot *l, uint64_t *order)
{
    uint64_t n = l->count, *other = malloc((n + 1) * sizeof *other), *from = order, *to = other;
    if (!other)
        return 0;
    for (uint64_t k = 0; k < n; k++)
        order[k] = k;
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t low = 0; low < n; low += 2 * width) {
            uint64_t middle = low + width < n ? low + width : n, high = low + 2 * width < n ? low + 2 * width : n;
            uint64_t a = low, b = middle;
            for (uint64_t k = low; k < high; k++)
                to[k] = b >= high || (a < middle && !before(l, from[b], from[a])) ? from[a++] : from[b++];
        }
        uint64_t *turned = from;
        from = to, to = turned;
    }
    if (from != order)
        memcpy(order, from, n * sizeof *order);
    free(other);
    return 1;
}

static int put_state(Bytes *b, const int32_t *state, const int32_t *last, uint32_t length)
{
    uint32_t changes = 0, after = 0;
    for (uint32_t k = 0; k < length; k++)
        changes += state[k] != (last ? last[k] : 0);
    int enough = put_number(b, changes);
    for (uint32_t k = 0; enough && k < length; k++)
        if (state[k] != (last ? last[k] : 0)) {
            enough = put_number(b, k - after) && put_number(b, (uint32_t)state[k]);
            after = k + 1;
        }
    return enough;
}

/* Appends up to most states of a sorted lot, from number *next of the order on, each once unless tagged; *packed says how many. 0 without memory. */
static int pack_some(const Lot *l, const uint64_t *order, uint64_t *next, uint64_t most, int tagged, Bytes *b, uint64_t *packed)
{
    const int32_t *last = NULL;
    uint64_t size = l->length * sizeof *l->states;
    Bytes body = {NULL, 0, 0};
    int enough = 1;
    *packed = 0;
    for (; enough && *next < l->count && *packed < most; ++*next) {
        const int32_t *state = state_at(l, order[*next]);
        if (last && !tagged && !memcmp(state, last, size))
            continue;
        enough = put_state(&body, state, last, l->length) && (!tagged || put_word(&body, l->tags[order[*next]]));
        last = state;
        ++*packed;
    }
    enough = enough && put_number(b, *packed) && put_number(b, l->length) && put_number(b, (uint64_t)tagged) &&
             reserve((void **)&b->data, 1, &b->capacity, b->size + body.size);
    if (enough && body.size) {
        memcpy(b->data + b->size, body.data, body.size);
        b->size += body.size;
    }
    free(body.data);
    return enough;
}

/* -- fingerprints -------------------------------------------------------------------------------------------------- */

static int compare_prints(const void *one, const void *other)
{
    const Print *a = one, *b = other;
    return a->low != b->low ? (a->low < b->low ? -1 : 1) : (a->high > b->high) - (a->high < b->high);
}

/* Sorts and appends; 0 without memory. */
static int pack_prints(Print *prints, uint64_t count, int wide, Bytes *b)
{
    uint64_t last = 0;
    int enough = 1;
    qsort(prints, count, sizeof *prints, compare_prints);
    for (uint64_t k = 0; enough && k < count; k++) {
        enough = put_number(b, prints[k].low - last) && (!wide || put_word(b, prints[k].high));
        last = prints[k].low;
    }
    return enough;
}

#endif
