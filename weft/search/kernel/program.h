/* The program: nodes, moves and checks as tables. Only Python changes them, while no walker runs.
 *
 * A state is a vector: the node of each thread, then the value of each slot. A move is found by (node, value of the node's slot).
 */
#ifndef WEFT_PROGRAM_H
#define WEFT_PROGRAM_H

#include "arrays.h"

#define MAX_THREADS 26
#define FINISHED (-1)
#define BROKEN (-2)

enum { READS = 1, WRITES = 2 };
enum { INVOKES = 1, RESPONDS = 2 };
#define EVENT 0x80000000u         /* keys of the monitor's moves: EVENT | event in place of a node */
#define INEXPLICABLE 0x80000000u  /* the mark of a value of the monitor */
#define GOOD 0xFFFFFFFEu          /* leaves of the invariants' decision trees */
#define BAD 0xFFFFFFFFu
#define UNKNOWN 0xFFFFFFFDu

typedef struct {
    int32_t value, node;          /* value < 0: blocked */
    uint32_t allocated, count;    /* range in the list of (slot, value) pairs */
    uint32_t event;               /* what it means to the monitor; 0: nothing */
    uint8_t kinds;                /* INVOKES, RESPONDS */
    Print change;                 /* of the fingerprint, by the thread's node and the slot's value */
} MoveEntry;

typedef struct {
    uint32_t position;            /* where an inner node looks */
    uint32_t first;               /* its first branch, an index + 1 into branches; 0: none */
} Inner;

typedef struct {
    int32_t value;
    uint32_t to;                  /* an inner node, GOOD or BAD */
    uint32_t next;                /* the next branch of the same node, index + 1 */
} Branch;

typedef struct {
    uint32_t slot;
    int32_t value;
    uint64_t *reach;              /* per node, words each */
    uint8_t *steady;              /* per node */
} Barrier;

typedef struct {
    int threads;
    uint32_t length;              /* of a state vector */
    /* nodes */
    int32_t *kinds, *slots, *owners;
    uint32_t nodes, nodes_capacity;
    uint8_t *plain;               /* per node: 0, READS or WRITES */
    uint32_t *guards, *guard_count; /* per node: range of pairs that must not be, see forbidden() */
    int monitor;                  /* its slot, or -1 */
    uint32_t *marks;              /* per value: the threads that hold the lock with that value, or INEXPLICABLE */
    uint32_t values_capacity;
    /* invariants: decision trees */
    uint32_t *roots, root_count, roots_capacity;
    Inner *inners;
    uint32_t inner_count, inners_capacity;
    Branch *branches;
    uint32_t branch_count, branches_capacity;
    /* moves: key = node << 32 | value, plus one so that 0 means empty */
    uint64_t *move_keys;
    uint32_t *move_index;
    uint32_t move_size, move_used;
    MoveEntry *moves;
    uint32_t moves_capacity;
    int32_t *pairs;
    uint32_t pairs_used, pairs_capacity;
    /* futures, where the search is reduced: see persistent.h */
    uint32_t words, known;        /* 64-bit words a set; nodes with a known future */
    int strict, chains;           /* follow all threads where a cycle closes; do not store states with one way on */
    int sleeping;                 /* sleep sets: see sleep.py */
    uint64_t *reach, *observed;   /* per node; per invariant */
    uint32_t *post;
    Barrier *barriers;
    uint32_t barrier_count;
} Program;

/* -- moves --------------------------------------------------------------------------------------------------------- */

static inline uint64_t move_key(uint32_t node, uint32_t value)
{
    return (((uint64_t)node << 32) | value) + 1;
}

static inline uint32_t find_move(const Program *p, uint64_t key)
{
    uint32_t mask = p->move_size - 1, k = (uint32_t)mix(key) & mask;
    while (p->move_keys[k] && p->move_keys[k] != key)
        k = (k + 1) & mask;
    return k;
}

static int grow_moves(Program *p)
{
    uint32_t size = p->move_size ? p->move_size * 2 : 1024, old = p->move_size;
    uint64_t *keys = p->move_keys;
    uint32_t *index = p->move_index;
    p->move_keys = calloc(size, sizeof *p->move_keys);
    p->move_index = malloc(size * sizeof *p->move_index);
    if (!p->move_keys || !p->move_index) {
        free(p->move_keys), free(p->move_index);
        p->move_keys = keys, p->move_index = index;
        return 0;
    }
    p->move_size = size;
    for (uint32_t k = 0; k < old; k++)
        if (keys[k]) {
            uint32_t at = find_move(p, keys[k]);
            p->move_keys[at] = keys[k];
            p->move_index[at] = index[k];
        }
    free(keys), free(index);
    return 1;
}

/* The change of the fingerprint by a step that takes (node, value) to (move.node, move.value). */
static Print change_by(const Program *p, int wide, uint32_t node, uint32_t value, const MoveEntry *move)
{
    Print change = {0, 0};
    uint32_t thread = (uint32_t)p->owners[node], position = (uint32_t)(p->threads + p->slots[node]);
    fold(&change, wide, thread, node + 1);
    fold(&change, wide, thread, (uint32_t)move->node + 1);
    fold(&change, wide, position, value);
    fold(&change, wide, position, (uint32_t)move->value);
    return change;
}

static int put_move(Program *p, uint64_t key, MoveEntry move)
{
    if ((p->move_used + 1) * 2 > p->move_size && !grow_moves(p))
        return 0;
    if (!reserve32((void **)&p->moves, sizeof *p->moves, &p->moves_capacity, (uint64_t)p->move_used + 1))
        return 0;
    for (uint32_t k = 0; k < move.count; k++) {
        uint32_t position = (uint32_t)(p->threads + p->pairs[2 * (move.allocated + k)]);
        p->length = position >= p->length ? position + 1 : p->length;
    }
    uint32_t k = find_move(p, key);
    p->move_keys[k] = key;
    p->move_index[k] = p->move_used;
    p->moves[p->move_used++] = move;
    return 1;
}

/* Room for one more node; 0 without memory. */
static int room_for_node(Program *p)
{
    uint32_t before = p->nodes_capacity;
    if (!reserve32((void **)&p->kinds, sizeof *p->kinds, &p->nodes_capacity, (uint64_t)p->nodes + 1))
        return 0;
    uint32_t capacity = p->nodes_capacity;
    return before == capacity || (keep_up((void **)&p->slots, sizeof *p->slots, capacity) &&
                                  keep_up((void **)&p->owners, sizeof *p->owners, capacity) &&
                                  keep_up((void **)&p->plain, sizeof *p->plain, capacity) &&
                                  keep_up((void **)&p->guards, sizeof *p->guards, capacity) &&
                                  keep_up((void **)&p->guard_count, sizeof *p->guard_count, capacity));
}

/* -- checks of a state --------------------------------------------------------------------------------------------- */

static int racing(const Program *p, const int32_t *state)
{
    for (int t = 1; t < p->threads; t++) {
        int32_t node = state[t];
        if (!p->plain[node])
            continue;
        for (int u = 0; u < t; u++) {
            int32_t other = state[u];
            if (p->plain[other] && p->slots[other] == p->slots[node] && (p->plain[other] | p->plain[node]) & WRITES)
                return 1;
        }
    }
    return 0;
}

static inline uint32_t marks_of(const Program *p, int32_t value)
{
    return (uint32_t)value < p->values_capacity ? p->marks[value] : 0;
}

/* (slot, threads): one of the threads holds the lock in the slot. (thread - all threads, node): the thread is at the node. */
static int forbidden(const Program *p, const int32_t *state)
{
    for (int t = 0; t < p->threads; t++) {
        int32_t node = state[t];
        for (uint32_t k = 0; k < p->guard_count[node]; k++) {
            const int32_t *pair = &p->pairs[2 * (p->guards[node] + k)];
            int32_t there = state[p->threads + pair[0]];
            if (pair[0] < 0 ? there == pair[1] : marks_of(p, there) & (uint32_t)pair[1])
                return 1;
        }
    }
    return 0;
}

/* What an inner node of a decision tree leads to in this state. */
static inline uint32_t branch(const Program *p, uint32_t inner, const int32_t *state)
{
    uint32_t b = p->inners[inner].first;
    int32_t value = state[p->inners[inner].position];
    while (b && p->branches[b - 1].value != value)
        b = p->branches[b - 1].next;
    return b ? p->branches[b - 1].to : UNKNOWN;
}

/* GOOD, BAD, or UNKNOWN if the tree of invariant k does not know this state yet. */
static uint32_t decide(const Program *p, uint32_t k, const int32_t *state)
{
    uint32_t at = p->roots[k];
    while (at < UNKNOWN)
        at = branch(p, at, state);
    return at;
}

/* 1: faulty, 0: not, -1: an invariant must be asked about this state. */
static int faulty(const Program *p, const int32_t *state, uint32_t *missing)
{
    if (p->monitor >= 0 && marks_of(p, state[p->threads + p->monitor]) & INEXPLICABLE)
        return 1;
    for (uint32_t k = 0; k < p->root_count; k++) {
        uint32_t answer = decide(p, k, state);
        if (answer == UNKNOWN) {
            *missing = k;
            return -1;
        }
        if (answer == BAD)
            return 1;
    }
    return racing(p, state) || forbidden(p, state);
}

/* -- growing decision trees ---------------------------------------------------------------------------------------- */

static uint32_t *branch_to(Program *p, uint32_t *from, uint32_t position, int32_t value)
{
    if (*from == UNKNOWN) {
        if (!reserve32((void **)&p->inners, sizeof *p->inners, &p->inners_capacity, (uint64_t)p->inner_count + 1))
            return NULL;
        p->inners[p->inner_count] = (Inner){position, 0};
        *from = p->inner_count++;
        p->length = position >= p->length ? position + 1 : p->length;
    }
    Inner *inner = &p->inners[*from];
    for (uint32_t b = inner->first; b; b = p->branches[b - 1].next)
        if (p->branches[b - 1].value == value)
            return &p->branches[b - 1].to;
    if (!reserve32((void **)&p->branches, sizeof *p->branches, &p->branches_capacity, (uint64_t)p->branch_count + 1))
        return NULL;
    p->branches[p->branch_count++] = (Branch){value, UNKNOWN, inner->first};
    inner->first = p->branch_count;
    return &p->branches[p->branch_count - 1].to;
}

/* -- the end ------------------------------------------------------------------------------------------------------- */

static void free_futures(Program *p)
{
    for (uint32_t k = 0; k < p->barrier_count; k++)
        free(p->barriers[k].reach), free(p->barriers[k].steady);
    free(p->barriers), free(p->reach), free(p->observed), free(p->post);
    p->barriers = NULL, p->reach = p->observed = NULL, p->post = NULL;
    p->barrier_count = p->known = p->words = 0;
}

static void free_program(Program *p)
{
    free_futures(p);
    free(p->kinds), free(p->slots), free(p->owners), free(p->plain), free(p->guards), free(p->guard_count), free(p->marks);
    free(p->roots), free(p->inners), free(p->branches);
    free(p->move_keys), free(p->move_index), free(p->moves), free(p->pairs);
}

#endif
