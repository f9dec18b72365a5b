/* The search loop, compiled: depth-first over vectors of integers, outside Python and without its lock.
 *
 * The twin of depth_first.py, transition for transition: the same order, the same fingerprints, the same counts. It comes back to
 * Python only to learn a move it does not know, to have a terminal state judged, or when its quota of transitions is used up.
 *
 * Visited states are 64-bit fingerprints in 256 open-addressing tables that grow one by one, so no growth pauses the search for
 * long. Beside each fingerprint stands the number of maximal paths from it (a double, exact below 2**53; -1 while the state is on
 * the current path) and, when edges are recorded, the state's number.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TABLES 256
#define MAX_THREADS 26
#define FINISHED (-1)
#define BROKEN (-2)

enum { DONE = 0, MISSING_MOVE = 1, TERMINAL = 2, PAUSED = 3, NO_MEMORY = 4, MISSING_CHECK = 5 };
enum { READS = 1, WRITES = 2 };
#define EVENT 0x80000000u         /* keys of the monitor's moves: EVENT | event in place of a node */
#define INEXPLICABLE 0x80000000u  /* the mark of a value of the monitor */
#define GOOD 0xFFFFFFFEu          /* leaves of the invariants' decision trees */
#define BAD 0xFFFFFFFFu
#define UNKNOWN 0xFFFFFFFDu

typedef struct {
    uint32_t size, used;
    uint64_t *keys;
    double *paths;
    uint32_t *numbers;
} Table;

typedef struct {
    int32_t value, node;          /* value < 0: blocked */
    uint32_t allocated, count;    /* range in the list of (slot, value) pairs */
    uint32_t event;               /* what it means to the monitor; 0: nothing */
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
    uint64_t fingerprint;
    double paths;
    uint32_t left;                /* threads still to try */
    uint32_t number;              /* of this state, when edges are recorded */
    uint32_t undo;                /* length of the undo log before this state was entered */
    uint32_t thread;              /* who moved to enter it */
} Frame;

typedef struct {
    PyObject_HEAD
    int threads, record, started;
    int32_t *state;
    uint32_t length, capacity;
    /* nodes */
    int32_t *kinds, *slots;
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
    uint32_t missing_check;
    /* moves: key = node << 32 | value, plus one so that 0 means empty */
    uint64_t *move_keys;
    uint32_t *move_index;
    uint32_t move_size, move_used;
    MoveEntry *moves;
    uint32_t moves_capacity;
    int32_t *pairs;
    uint32_t pairs_used, pairs_capacity;
    /* visited */
    Table tables[TABLES];
    /* stack */
    Frame *frames;
    uint32_t *frame_moves;
    uint32_t depth, frames_capacity;
    int32_t *undo;
    uint32_t undo_used, undo_capacity;
    /* edges */
    uint32_t *sources, *targets;
    uint8_t *actors;
    uint64_t edges, edges_capacity, most_edges;
    int dropped;                  /* more edges than allowed: recording was given up */
    /* results */
    uint64_t states, transitions, terminals, deepest;
    double interleavings;
    int unbounded, pending;
    int32_t missing_node, missing_value;
    int expanding;                /* the state on top has not been expanded yet */
    uint32_t *terminal_numbers;
    uint64_t terminal_capacity;
} Search;

static inline uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

static inline uint64_t mark(uint32_t position, uint32_t number)
{
    return number ? mix(((uint64_t)position << 32) | number) : 0;
}

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

/* -- visited states ------------------------------------------------------------------------------------------------ */

static inline uint32_t home(uint64_t key, uint32_t size)
{
    return (uint32_t)(((key & 0xFFFFFFFFULL) * size) >> 32);
}

static inline uint32_t find(const Table *t, uint64_t key)
{
    uint32_t k = home(key, t->size);
    while (t->keys[k] && t->keys[k] != key)
        k = k + 1 == t->size ? 0 : k + 1;
    return k;
}

static int grow(Search *s, Table *t)
{
    Table n = {t->size + t->size / 4 + 64, t->used, NULL, NULL, NULL};
    n.keys = calloc(n.size, sizeof *n.keys);
    n.paths = malloc(n.size * sizeof *n.paths);
    n.numbers = s->record ? malloc(n.size * sizeof *n.numbers) : NULL;
    if (!n.keys || !n.paths || (s->record && !n.numbers)) {
        free(n.keys), free(n.paths), free(n.numbers);
        return 0;
    }
    for (uint32_t k = 0; k < t->size; k++) {
        if (!t->keys[k])
            continue;
        uint32_t at = find(&n, t->keys[k]);
        n.keys[at] = t->keys[k];
        n.paths[at] = t->paths[k];
        if (s->record)
            n.numbers[at] = t->numbers[k];
    }
    free(t->keys), free(t->paths), free(t->numbers);
    *t = n;
    return 1;
}

static inline Table *table_of(Search *s, uint64_t key)
{
    return &s->tables[key >> 56];
}

/* Finds key or puts it in as a new state. 1: new, 0: known, -1: no memory. */
static int visit(Search *s, uint64_t key, Table **table, uint32_t *at)
{
    Table *t = table_of(s, key);
    if ((uint64_t)(t->used + 1) * 20 > (uint64_t)t->size * 17 && !grow(s, t))
        return -1;
    *table = t;
    *at = find(t, key);
    if (t->keys[*at])
        return 0;
    t->keys[*at] = key;
    t->paths[*at] = -1.0;
    if (s->record)
        t->numbers[*at] = (uint32_t)s->states;
    t->used++;
    return 1;
}

/* -- moves --------------------------------------------------------------------------------------------------------- */

static inline uint32_t find_move(const Search *s, uint64_t key)
{
    uint32_t mask = s->move_size - 1, k = (uint32_t)mix(key) & mask;
    while (s->move_keys[k] && s->move_keys[k] != key)
        k = (k + 1) & mask;
    return k;
}

static int grow_moves(Search *s)
{
    uint32_t size = s->move_size ? s->move_size * 2 : 1024, old = s->move_size;
    uint64_t *keys = s->move_keys;
    uint32_t *index = s->move_index;
    s->move_keys = calloc(size, sizeof *s->move_keys);
    s->move_index = malloc(size * sizeof *s->move_index);
    if (!s->move_keys || !s->move_index) {
        free(s->move_keys), free(s->move_index);
        s->move_keys = keys, s->move_index = index;
        return 0;
    }
    s->move_size = size;
    for (uint32_t k = 0; k < old; k++)
        if (keys[k]) {
            uint32_t at = find_move(s, keys[k]);
            s->move_keys[at] = keys[k];
            s->move_index[at] = index[k];
        }
    free(keys), free(index);
    return 1;
}

/* -- the loop ------------------------------------------------------------------------------------------------------ */

static int racing(const Search *s)
{
    for (int t = 1; t < s->threads; t++) {
        int32_t node = s->state[t];
        if (!s->plain[node])
            continue;
        for (int u = 0; u < t; u++) {
            int32_t other = s->state[u];
            if (s->plain[other] && s->slots[other] == s->slots[node] && (s->plain[other] | s->plain[node]) & WRITES)
                return 1;
        }
    }
    return 0;
}

static inline uint32_t marks_of(const Search *s, int32_t value)
{
    return (uint32_t)value < s->values_capacity ? s->marks[value] : 0;
}

/* (slot, threads): one of the threads holds the lock in the slot. (thread - all threads, node): the thread is at the node. */
static int forbidden(const Search *s)
{
    for (int t = 0; t < s->threads; t++) {
        int32_t node = s->state[t];
        for (uint32_t k = 0; k < s->guard_count[node]; k++) {
            const int32_t *pair = &s->pairs[2 * (s->guards[node] + k)];
            int32_t there = s->state[s->threads + pair[0]];
            if (pair[0] < 0 ? there == pair[1] : marks_of(s, there) & (uint32_t)pair[1])
                return 1;
        }
    }
    return 0;
}

/* GOOD, BAD, or UNKNOWN if the tree of invariant k does not know this state yet. */
static uint32_t decide(const Search *s, uint32_t k)
{
    uint32_t at = s->roots[k];
    while (at < UNKNOWN) {
        const Inner *inner = &s->inners[at];
        int32_t value = inner->position < s->length ? s->state[inner->position] : 0;
        uint32_t b = inner->first;
        while (b && s->branches[b - 1].value != value)
            b = s->branches[b - 1].next;
        at = b ? s->branches[b - 1].to : UNKNOWN;
    }
    return at;
}

/* 1: faulty, 0: not, -1: an invariant must be asked about this state. */
static int faulty(Search *s)
{
    if (s->monitor >= 0 && marks_of(s, s->state[s->threads + s->monitor]) & INEXPLICABLE)
        return 1;
    for (uint32_t k = 0; k < s->root_count; k++) {
        uint32_t answer = decide(s, k);
        if (answer == UNKNOWN) {
            s->missing_check = k;
            return -1;
        }
        if (answer == BAD)
            return 1;
    }
    return racing(s) || forbidden(s);
}

/* Looks up every thread's move in the current state. DONE, or what is missing; sets *enabled. */
static int look(Search *s, uint32_t *enabled)
{
    uint32_t *moves = s->frame_moves + (size_t)(s->depth - 1) * s->threads;
    *enabled = 0;
    for (int t = 0; t < s->threads; t++)
        if (s->kinds[s->state[t]] == BROKEN)
            return DONE;
    int wrong = faulty(s);
    if (wrong)
        return wrong < 0 ? MISSING_CHECK : DONE;
    for (int t = s->threads - 1; t >= 0; t--) {
        int32_t node = s->state[t];
        if (s->kinds[node] < 0)
            continue;
        int32_t value = s->state[s->threads + s->slots[node]];
        uint32_t k = find_move(s, (((uint64_t)(uint32_t)node << 32) | (uint32_t)value) + 1);
        if (!s->move_keys[k]) {
            s->missing_node = node;
            s->missing_value = value;
            return MISSING_MOVE;
        }
        moves[t] = s->move_index[k];
        const MoveEntry *m = &s->moves[moves[t]];
        if (m->value < 0)
            continue;
        *enabled |= 1u << t;
        if (m->event) {
            int32_t seen = s->state[s->threads + s->monitor];
            if (!s->move_keys[find_move(s, (((uint64_t)(EVENT | m->event) << 32) | (uint32_t)seen) + 1)]) {
                s->missing_node = (int32_t)(EVENT | m->event);
                s->missing_value = seen;
                return MISSING_MOVE;
            }
        }
    }
    return DONE;
}

static void leave(Search *s)
{
    Frame *f = &s->frames[s->depth - 1];
    uint64_t key = f->fingerprint ? f->fingerprint : 1;
    Table *t = table_of(s, key);
    t->paths[find(t, key)] = f->paths;
    while (s->undo_used > f->undo) {
        s->undo_used -= 2;
        s->state[s->undo[s->undo_used]] = s->undo[s->undo_used + 1];
    }
    s->depth--;
    if (s->depth)
        s->frames[s->depth - 1].paths += f->paths;
    else
        s->interleavings = f->paths;
}

static int push(Search *s, uint64_t fingerprint, uint32_t number, uint32_t undo, uint32_t thread)
{
    uint32_t before = s->frames_capacity;
    if (!reserve32((void **)&s->frames, sizeof *s->frames, &s->frames_capacity, (uint64_t)s->depth + 1))
        return 0;
    if (before != s->frames_capacity) {
        void *moved = realloc(s->frame_moves, sizeof *s->frame_moves * s->threads * (size_t)s->frames_capacity);
        if (!moved)
            return 0;
        s->frame_moves = moved;
    }
    s->frames[s->depth++] = (Frame){fingerprint, 0.0, 0, number, undo, thread};
    if (s->depth > s->deepest)
        s->deepest = s->depth;
    s->expanding = 1;
    return 1;
}

static inline int change(Search *s, uint32_t position, int32_t value)
{
    if (!reserve32((void **)&s->undo, sizeof *s->undo, &s->undo_capacity, (uint64_t)s->undo_used + 2))
        return 0;
    s->undo[s->undo_used++] = (int32_t)position;
    s->undo[s->undo_used++] = s->state[position];
    s->state[position] = value;
    return 1;
}

static int extend(Search *s, uint32_t length)
{
    if (!reserve32((void **)&s->state, sizeof *s->state, &s->capacity, length))
        return 0;
    while (s->length < length)
        s->state[s->length++] = 0;
    return 1;
}

static int edge(Search *s, uint32_t source, uint32_t target, uint32_t actor)
{
    uint64_t capacity = s->edges_capacity, again = capacity, third = capacity;
    if (!reserve((void **)&s->sources, sizeof *s->sources, &capacity, s->edges + 1) ||
        !reserve((void **)&s->targets, sizeof *s->targets, &again, s->edges + 1) ||
        !reserve((void **)&s->actors, sizeof *s->actors, &third, s->edges + 1))
        return 0;
    s->edges_capacity = capacity;
    s->sources[s->edges] = source;
    s->targets[s->edges] = target;
    s->actors[s->edges++] = (uint8_t)actor;
    return 1;
}

static void drop_edges(Search *s)
{
    s->record = 0;
    s->dropped = 1;
    s->edges = s->edges_capacity = 0;
    free(s->sources), free(s->targets), free(s->actors);
    s->sources = s->targets = NULL;
    s->actors = NULL;
    for (int k = 0; k < TABLES; k++) {
        free(s->tables[k].numbers);
        s->tables[k].numbers = NULL;
    }
}

static int step(Search *s, int thread)
{
    Frame *f = &s->frames[s->depth - 1];
    const MoveEntry *m = &s->moves[s->frame_moves[(size_t)(s->depth - 1) * s->threads + thread]];
    int32_t node = s->state[thread];
    uint32_t slot = (uint32_t)(s->threads + s->slots[node]);
    uint32_t before = s->undo_used;
    uint64_t after = f->fingerprint ^ mark((uint32_t)thread, (uint32_t)node + 1) ^ mark((uint32_t)thread, (uint32_t)m->node + 1);
    after ^= mark(slot, (uint32_t)s->state[slot]) ^ mark(slot, (uint32_t)m->value);
    uint32_t monitor = (uint32_t)(s->threads + s->monitor);
    int32_t seen = 0;
    if (m->event) {
        uint64_t event = (((uint64_t)(EVENT | m->event) << 32) | (uint32_t)s->state[monitor]) + 1;
        seen = s->moves[s->move_index[find_move(s, event)]].value;
        after ^= mark(monitor, (uint32_t)s->state[monitor]) ^ mark(monitor, (uint32_t)seen);
    }
    for (uint32_t k = 0; k < m->count; k++) {
        uint32_t position = (uint32_t)s->threads + (uint32_t)s->pairs[2 * (m->allocated + k)];
        if (position >= s->length && !extend(s, position + 1))
            return 0;
        after ^= mark(position, (uint32_t)s->state[position]);
        after ^= mark(position, (uint32_t)s->pairs[2 * (m->allocated + k) + 1]);
    }
    uint64_t key = after ? after : 1;
    Table *table;
    uint32_t at;
    int fresh = visit(s, key, &table, &at);
    if (fresh < 0)
        return 0;
    if (s->record && s->edges >= s->most_edges)
        drop_edges(s);
    if (s->record && !edge(s, f->number, table->numbers[at], (uint32_t)thread))
        return 0;
    if (!fresh) {
        if (table->paths[at] < 0)
            s->unbounded = 1;
        else
            f->paths += table->paths[at];
        return 1;
    }
    if (!change(s, (uint32_t)thread, m->node) || !change(s, slot, m->value))
        return 0;
    if (m->event && !change(s, monitor, seen))
        return 0;
    for (uint32_t k = 0; k < m->count; k++) {
        const int32_t *pair = &s->pairs[2 * (m->allocated + k)];
        if (!change(s, (uint32_t)(s->threads + pair[0]), pair[1]))
            return 0;
    }
    return push(s, after, (uint32_t)s->states++, before, (uint32_t)thread);
}

static int run(Search *s, uint64_t quota, uint64_t most_states)
{
    uint64_t until = s->transitions + quota;
    if (s->pending) { /* a terminal state has been judged */
        s->pending = 0;
        s->frames[s->depth - 1].paths = 1.0;
        leave(s);
    }
    while (s->depth) {
        if (s->expanding) {
            uint32_t enabled;
            int missing = look(s, &enabled);
            if (missing != DONE)
                return missing;
            s->expanding = 0;
            if (!enabled) {
                if (!reserve((void **)&s->terminal_numbers, sizeof *s->terminal_numbers, &s->terminal_capacity, s->terminals + 1))
                    return NO_MEMORY;
                s->terminal_numbers[s->terminals++] = s->frames[s->depth - 1].number;
                s->pending = 1;
                return TERMINAL;
            }
            s->frames[s->depth - 1].left = enabled;
        }
        Frame *f = &s->frames[s->depth - 1];
        if (!f->left) {
            leave(s);
            continue;
        }
        if (s->transitions >= until || s->states >= most_states)
            return PAUSED;
        int thread = __builtin_ctz(f->left);
        f->left &= f->left - 1;
        s->transitions++;
        if (!step(s, thread))
            return NO_MEMORY;
    }
    return DONE;
}

/* -- Python's side ------------------------------------------------------------------------------------------------- */

static int search_init(Search *s, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"threads", "start", "most_edges", "monitor", NULL};
    PyObject *start;
    int threads, monitor = -1;
    unsigned long long most_edges = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iO|Ki", names, &threads, &start, &most_edges, &monitor))
        return -1;
    Py_ssize_t length = PySequence_Size(start);
    if (length < 0)
        return -1;
    if (s->state || threads < 1 || threads > MAX_THREADS || length < threads) {
        PyErr_SetString(PyExc_ValueError, "a search takes 1 to 26 threads and one start vector");
        return -1;
    }
    s->threads = threads;
    s->monitor = monitor;
    s->record = most_edges > 0;
    s->most_edges = most_edges;
    if (!extend(s, (uint32_t)length) || !grow_moves(s)) {
        PyErr_NoMemory();
        return -1;
    }
    for (int k = 0; k < TABLES; k++)
        if (!grow(s, &s->tables[k])) {
            PyErr_NoMemory();
            return -1;
        }
    for (Py_ssize_t k = 0; k < length; k++) {
        PyObject *item = PySequence_GetItem(start, k);
        if (!item)
            return -1;
        s->state[k] = (int32_t)PyLong_AsLong(item);
        Py_DECREF(item);
        if (PyErr_Occurred())
            return -1;
    }
    return 0;
}

static void search_dealloc(Search *s)
{
    for (int k = 0; k < TABLES; k++)
        free(s->tables[k].keys), free(s->tables[k].paths), free(s->tables[k].numbers);
    free(s->state), free(s->kinds), free(s->slots), free(s->move_keys), free(s->move_index), free(s->moves), free(s->pairs);
    free(s->frames), free(s->frame_moves), free(s->undo), free(s->sources), free(s->targets), free(s->actors);
    free(s->terminal_numbers), free(s->plain), free(s->guards), free(s->guard_count), free(s->marks);
    free(s->roots), free(s->inners), free(s->branches);
    Py_TYPE(s)->tp_free((PyObject *)s);
}

static int add_pairs(Search *s, PyObject *pairs, uint32_t *first, uint32_t *count)
{
    Py_ssize_t length = PyTuple_GET_SIZE(pairs);
    if (!reserve32((void **)&s->pairs, 2 * sizeof *s->pairs, &s->pairs_capacity, (uint64_t)s->pairs_used + length)) {
        PyErr_NoMemory();
        return 0;
    }
    *first = s->pairs_used;
    *count = (uint32_t)length;
    for (Py_ssize_t k = 0; k < length; k++) {
        int slot, value;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(pairs, k), "ii", &slot, &value))
            return 0;
        s->pairs[2 * s->pairs_used] = slot;
        s->pairs[2 * s->pairs_used++ + 1] = value;
    }
    return 1;
}

/* Grows an array that runs beside kinds[], which has just grown to nodes_capacity. */
static int keep_up(void **array, size_t item, uint32_t capacity)
{
    void *moved = realloc(*array, item * capacity);
    if (moved)
        *array = moved;
    return moved != NULL;
}

static PyObject *search_add_node(Search *s, PyObject *args)
{
    int kind, slot, plain;
    PyObject *guards;
    if (!PyArg_ParseTuple(args, "iiiO!", &kind, &slot, &plain, &PyTuple_Type, &guards))
        return NULL;
    uint32_t before = s->nodes_capacity;
    if (!reserve32((void **)&s->kinds, sizeof *s->kinds, &s->nodes_capacity, (uint64_t)s->nodes + 1))
        return PyErr_NoMemory();
    uint32_t capacity = s->nodes_capacity;
    if (before != capacity && (!keep_up((void **)&s->slots, sizeof *s->slots, capacity) ||
                               !keep_up((void **)&s->plain, sizeof *s->plain, capacity) ||
                               !keep_up((void **)&s->guards, sizeof *s->guards, capacity) ||
                               !keep_up((void **)&s->guard_count, sizeof *s->guard_count, capacity)))
        return PyErr_NoMemory();
    s->kinds[s->nodes] = kind;
    s->slots[s->nodes] = slot;
    s->plain[s->nodes] = (uint8_t)plain;
    if (!add_pairs(s, guards, &s->guards[s->nodes], &s->guard_count[s->nodes]))
        return NULL;
    s->nodes++;
    if (slot >= 0 && !extend(s, (uint32_t)(s->threads + slot + 1)))
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *search_add_value(Search *s, PyObject *args)
{
    unsigned int value, marks;
    if (!PyArg_ParseTuple(args, "II", &value, &marks))
        return NULL;
    uint32_t before = s->values_capacity;
    if (!reserve32((void **)&s->marks, sizeof *s->marks, &s->values_capacity, (uint64_t)value + 1))
        return PyErr_NoMemory();
    memset(s->marks + before, 0, (s->values_capacity - before) * sizeof *s->marks);
    s->marks[value] |= marks;
    Py_RETURN_NONE;
}

static uint32_t *branch_to(Search *s, uint32_t *from, uint32_t position, int32_t value)
{
    if (*from == UNKNOWN) {
        if (!reserve32((void **)&s->inners, sizeof *s->inners, &s->inners_capacity, (uint64_t)s->inner_count + 1))
            return NULL;
        s->inners[s->inner_count] = (Inner){position, 0};
        *from = s->inner_count++;
    }
    Inner *inner = &s->inners[*from];
    for (uint32_t b = inner->first; b; b = s->branches[b - 1].next)
        if (s->branches[b - 1].value == value)
            return &s->branches[b - 1].to;
    if (!reserve32((void **)&s->branches, sizeof *s->branches, &s->branches_capacity, (uint64_t)s->branch_count + 1))
        return NULL;
    s->branches[s->branch_count++] = (Branch){value, UNKNOWN, inner->first};
    inner->first = s->branch_count;
    return &s->branches[s->branch_count - 1].to;
}

static PyObject *search_add_check(Search *s, PyObject *args)
{
    unsigned int invariant;
    int bad;
    PyObject *path;
    if (!PyArg_ParseTuple(args, "IpO!", &invariant, &bad, &PyList_Type, &path))
        return NULL;
    if (!reserve32((void **)&s->roots, sizeof *s->roots, &s->roots_capacity, (uint64_t)invariant + 1))
        return PyErr_NoMemory();
    while (s->root_count <= invariant)
        s->roots[s->root_count++] = UNKNOWN;
    uint32_t at = s->roots[invariant], *link = &at, parent = UNKNOWN;
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(path); k++) {
        int position, value;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(path, k), "ii", &position, &value))
            return NULL;
        uint32_t *next = branch_to(s, link, (uint32_t)position, value);
        if (!next)
            return PyErr_NoMemory();
        if (parent == UNKNOWN)
            s->roots[invariant] = at;
        parent = *link;
        link = next;
    }
    *link = bad ? BAD : GOOD;
    if (!PyList_GET_SIZE(path))
        s->roots[invariant] = at;
    Py_RETURN_NONE;
}

static PyObject *search_add_move(Search *s, PyObject *args)
{
    unsigned int node, value;
    int new_value, next_node;
    unsigned int event;
    PyObject *allocated;
    if (!PyArg_ParseTuple(args, "IIiiO!I", &node, &value, &new_value, &next_node, &PyTuple_Type, &allocated, &event))
        return NULL;
    if ((s->move_used + 1) * 2 > s->move_size && !grow_moves(s))
        return PyErr_NoMemory();
    if (!reserve32((void **)&s->moves, sizeof *s->moves, &s->moves_capacity, (uint64_t)s->move_used + 1))
        return PyErr_NoMemory();
    MoveEntry move = {new_value, next_node, 0, 0, event};
    if (!add_pairs(s, allocated, &move.allocated, &move.count))
        return NULL;
    uint64_t key = (((uint64_t)node << 32) | value) + 1;
    uint32_t k = find_move(s, key);
    s->move_keys[k] = key;
    s->move_index[k] = s->move_used;
    s->moves[s->move_used++] = move;
    Py_RETURN_NONE;
}

static int begin(Search *s)
{
    uint64_t fingerprint = 0;
    for (uint32_t k = 0; k < s->length; k++)
        fingerprint ^= mark(k, (uint32_t)s->state[k] + (k < (uint32_t)s->threads));
    Table *table;
    uint32_t at;
    s->started = 1;
    return visit(s, fingerprint ? fingerprint : 1, &table, &at) > 0 && push(s, fingerprint, (uint32_t)s->states++, 0, 0);
}

static PyObject *search_run(Search *s, PyObject *args)
{
    unsigned long long quota, most_states;
    int reason;
    if (!PyArg_ParseTuple(args, "KK", &quota, &most_states))
        return NULL;
    if (!s->started && !begin(s))
        return PyErr_NoMemory();
    Py_BEGIN_ALLOW_THREADS
    reason = run(s, quota, most_states);
    Py_END_ALLOW_THREADS
    if (reason == NO_MEMORY)
        return PyErr_NoMemory();
    return PyLong_FromLong(reason);
}

static PyObject *search_missing(Search *s, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("Ii", (uint32_t)s->missing_node, s->missing_value);
}

static PyObject *search_missing_check(Search *s, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLong(s->missing_check);
}

static PyObject *search_state(Search *s, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(s->length);
    for (uint32_t k = 0; list && k < s->length; k++)
        PyList_SET_ITEM(list, k, PyLong_FromLong(s->state[k]));
    return list;
}

static PyObject *search_trail(Search *s, PyObject *Py_UNUSED(ignored))
{
    Py_ssize_t length = s->depth ? s->depth - 1 : 0;
    PyObject *trail = PyTuple_New(length);
    for (Py_ssize_t k = 0; trail && k < length; k++)
        PyTuple_SET_ITEM(trail, k, PyLong_FromLong(s->frames[k + 1].thread));
    return trail;
}

static PyObject *bytes_of(const void *data, uint64_t size)
{
    return PyBytes_FromStringAndSize(size ? data : "", (Py_ssize_t)size);
}

static PyObject *search_edges(Search *s, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("NNNN", bytes_of(s->sources, s->edges * sizeof *s->sources),
                         bytes_of(s->targets, s->edges * sizeof *s->targets), bytes_of(s->actors, s->edges),
                         bytes_of(s->terminal_numbers, s->terminals * sizeof *s->terminal_numbers));
}

static PyObject *search_counts(Search *s, PyObject *Py_UNUSED(ignored))
{
    uint64_t bytes = 0;
    for (int k = 0; k < TABLES; k++)
        bytes += (uint64_t)s->tables[k].size * (sizeof(uint64_t) + sizeof(double) + (s->record ? sizeof(uint32_t) : 0));
    return Py_BuildValue("KKKKK", (unsigned long long)s->states, (unsigned long long)s->transitions,
                         (unsigned long long)s->terminals, (unsigned long long)s->deepest, (unsigned long long)bytes);
}

static PyObject *search_recorded(Search *s, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(!s->dropped && s->most_edges);
}

static PyObject *search_paths(Search *s, PyObject *Py_UNUSED(ignored))
{
    return s->unbounded ? PyFloat_FromDouble(-1.0) : PyFloat_FromDouble(s->interleavings);
}

static PyMethodDef search_methods[] = {
    {"add_node", (PyCFunction)search_add_node, METH_VARARGS, "add_node(kind, slot, plain, guards): the next node."},
    {"add_value", (PyCFunction)search_add_value, METH_VARARGS, "add_value(value, marks): a value of a lock, with a bit for each holder; or of the monitor, with bit 31 if inexplicable."},
    {"add_check", (PyCFunction)search_add_check, METH_VARARGS, "add_check(invariant, bad, path of (position, value))."},
    {"add_move", (PyCFunction)search_add_move, METH_VARARGS, "add_move(node, value, new_value, next_node, allocated, event)."},
    {"run", (PyCFunction)search_run, METH_VARARGS, "run(quota, most_states): 0 done, 1 a move is missing, 2 terminal state, 3 paused, 5 an invariant must be asked."},
    {"missing_check", (PyCFunction)search_missing_check, METH_NOARGS, "The number of the invariant to ask."},
    {"missing", (PyCFunction)search_missing, METH_NOARGS, "The (node or 2**31 | event, value) whose move is missing."},
    {"state", (PyCFunction)search_state, METH_NOARGS, "The current state vector."},
    {"trail", (PyCFunction)search_trail, METH_NOARGS, "The threads that moved on the way to the current state."},
    {"edges", (PyCFunction)search_edges, METH_NOARGS, "Sources, targets, actors and terminal states, as bytes."},
    {"recorded", (PyCFunction)search_recorded, METH_NOARGS, "Whether all edges were recorded."},
    {"counts", (PyCFunction)search_counts, METH_NOARGS, "States, transitions, terminals, depth, bytes of the visited set."},
    {"paths", (PyCFunction)search_paths, METH_NOARGS, "Maximal paths from the start; -1.0 if unbounded."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject search_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "weft.search._kernel.Search",
    .tp_basicsize = sizeof(Search),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "One depth-first search.",
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)search_init,
    .tp_dealloc = (destructor)search_dealloc,
    .tp_methods = search_methods,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_kernel", .m_doc = "The compiled search loop.", .m_size = -1};

PyMODINIT_FUNC PyInit__kernel(void)
{
    if (PyType_Ready(&search_type) < 0)
        return NULL;
    PyObject *m = PyModule_Create(&module);
    if (!m)
        return NULL;
    Py_INCREF(&search_type);
    if (PyModule_AddObject(m, "Search", (PyObject *)&search_type) < 0) {
        Py_DECREF(&search_type);
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
