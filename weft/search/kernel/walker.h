/* A walker: depth-first from one state, with an undo log, over a program and a set of visited states.
 *
 * One walker alone also counts the maximal paths of the state graph on the way back. Several walkers may share one space, each in a
 * thread of its own: a state belongs to whoever puts it into the visited set, so every state is expanded once and the counts
 * are those of one walker. A walker without work is given the untried steps of another one's lowest state.
 *
 * A walker comes back when it needs to be told a move or a check, when it meets a state that ends an execution, when its quota of
 * transitions is used up, or when somebody set halt.
 */
#ifndef WEFT_WALKER_H
#define WEFT_WALKER_H

#include "persistent.h"
#include "symmetry.h"
#include "visited.h"

#define MOST_PROBED 10000         /* steps of one random walk */

enum { DONE = 0, MISSING_MOVE = 1, TERMINAL = 2, PAUSED = 3, NO_MEMORY = 4, MISSING_CHECK = 5, MISSING_MARK = 6 };

typedef struct {
    Program program;
    Visited visited;
    Symmetry symmetry;
    int shared;                   /* several walkers */
    atomic_int recording;         /* edges */
    uint64_t most_edges, most_counted; /* edges to record, states to count paths for, before that is given up */
    atomic_int halt;
    char apart[64];               /* what follows changes all the time; what stands above is read at every step */
    _Atomic uint64_t states, recorded;
    char behind[64];
} Space;

#define EDGES_AT_ONCE 4096        /* a walker counts its edges in these lots */


typedef struct {
    uint32_t number;              /* where states are numbered */
    uint32_t at, size;            /* its index in a visited table, while the table has this size */
} Place;

typedef struct {
    Print print;
    double paths;
    uint32_t left;                /* threads still to try */
    uint32_t sleep;               /* threads whose next step needs no trying here, nor after steps that commute with it */
    Place place;                  /* of this state; its number is that of the last stored one above it until it is stored itself */
    uint32_t undo;                /* length of the undo log before this state was entered */
    uint8_t thread;               /* who moved to enter it */
    uint8_t stored;               /* whether it is in the visited set */
} Frame;

typedef struct {
    Space *space;
    int32_t *state;
    uint32_t length;
    Frame *frames;
    uint32_t *frame_moves;        /* per frame and thread */
    uint64_t *rows;               /* per frame: its fingerprint under each permutation, where there are several */
    uint32_t depth, frames_capacity;
    int32_t *undo;
    uint32_t undo_used, undo_capacity;
    uint32_t *prefix, prefix_length; /* threads that moved before frame 0 */
    uint32_t *sources, *targets;
    uint8_t *actors;
    uint64_t edges, edges_capacity;
    uint64_t transitions, terminals, deepest, terminal_capacity;
    uint32_t *terminal_numbers;
    double paths;                 /* of the first state, once it is left; meaningless if counting was given up */
    int unbounded, pending, expanding;
    int32_t missing_node, missing_value;
    uint32_t missing_check;
    Choice choice;
} Walker;

static int fit(Walker *w)
{
    const Program *p = &w->space->program;
    if (w->length < p->length) {
        if (!keep_up((void **)&w->state, sizeof *w->state, p->length))
            return 0;
        memset(w->state + w->length, 0, (p->length - w->length) * sizeof *w->state);
        w->length = p->length;
    }
    return !p->words || keep_up((void **)&w->choice.clash, sizeof *w->choice.clash, p->words);
}

static int push(Walker *w, Frame frame)
{
    uint32_t before = w->frames_capacity;
    if (!reserve32((void **)&w->frames, sizeof *w->frames, &w->frames_capacity, (uint64_t)w->depth + 1))
        return 0;
    size_t row = sizeof *w->frame_moves * (size_t)w->space->program.threads;
    if (before != w->frames_capacity && !keep_up((void **)&w->frame_moves, row, w->frames_capacity))
        return 0;
    if (before != w->frames_capacity && !keep_up((void **)&w->rows, sizeof *w->rows * w->space->symmetry.count, w->frames_capacity))
        return 0;
    w->frames[w->depth++] = frame;
    if (w->depth > w->deepest)
        w->deepest = w->depth;
    w->expanding = 1;
    return 1;
}

static inline uint32_t *moves_of(const Walker *w, uint32_t depth)
{
    return w->frame_moves + (size_t)depth * (size_t)w->space->program.threads;
}

static inline int change(Walker *w, uint32_t position, int32_t value)
{
    if (!reserve32((void **)&w->undo, sizeof *w->undo, &w->undo_capacity, (uint64_t)w->undo_used + 2))
        return 0;
    w->undo[w->undo_used++] = (int32_t)position;
    w->undo[w->undo_used++] = w->state[position];
    w->state[position] = value;
    return 1;
}

/* Looks up every thread's move in the current state. DONE, or what is missing; sets *enabled to the threads to follow. */
static int look(Walker *w, uint32_t *enabled)
{
    const Program *p = &w->space->program;
    uint32_t *moves = moves_of(w, w->depth - 1);
    *enabled = 0;
    for (int t = 0; t < p->threads; t++)
        if (p->kinds[w->state[t]] == BROKEN)
            return DONE;
    int wrong = faulty(p, w->state, &w->missing_check);
    if (wrong)
        return wrong < 0 ? MISSING_CHECK : DONE;
    for (int t = p->threads - 1; t >= 0; t--) {
        int32_t node = w->state[t];
        if (p->kinds[node] < 0)
            continue;
        int32_t value = w->state[p->threads + p->slots[node]];
        uint32_t k = find_move(p, move_key((uint32_t)node, (uint32_t)value));
        if (!p->move_keys[k]) {
            w->missing_node = node;
            w->missing_value = value;
            return MISSING_MOVE;
        }
        moves[t] = p->move_index[k];
        const MoveEntry *m = &p->moves[moves[t]];
        if (m->value < 0)
            continue;
        *enabled |= 1u << t;
        if (m->event) {
            int32_t seen = w->state[p->threads + p->monitor];
            if (!p->move_keys[find_move(p, move_key(EVENT | m->event, (uint32_t)seen))]) {
                w->missing_node = (int32_t)(EVENT | m->event);
                w->missing_value = seen;
                return MISSING_MOVE;
            }
        }
    }
    w->choice.p = p, w->choice.state = w->state, w->choice.moves = moves, w->choice.enabled = *enabled;
    *enabled = choose(&w->choice);
    return DONE;
}

/* Takes the step of thread, found in the top frame; 0 without memory. */
static int apply(Walker *w, const MoveEntry *m, int thread)
{
    const Program *p = &w->space->program;
    uint32_t slot = (uint32_t)(p->threads + p->slots[w->state[thread]]);
    if (!change(w, (uint32_t)thread, m->node) || !change(w, slot, m->value))
        return 0;
    if (m->event) {
        uint32_t monitor = (uint32_t)(p->threads + p->monitor);
        uint64_t key = move_key(EVENT | m->event, (uint32_t)w->state[monitor]);
        if (!change(w, monitor, p->moves[p->move_index[find_move(p, key)]].value))
            return 0;
    }
    for (uint32_t k = 0; k < m->count; k++) {
        const int32_t *pair = &p->pairs[2 * (m->allocated + k)];
        if (!change(w, (uint32_t)(p->threads + pair[0]), pair[1]))
            return 0;
    }
    return 1;
}

static void undo(Walker *w, uint32_t until)
{
    while (w->undo_used > until) {
        w->undo_used -= 2;
        w->state[w->undo[w->undo_used]] = w->undo[w->undo_used + 1];
    }
}

static void leave(Walker *w)
{
    Space *s = w->space;
    Frame *f = &w->frames[w->depth - 1];
    if (!s->shared && f->stored) {
        Table *t = table_of(&s->visited, stored(f->print));
        uint32_t at = f->place.size == t->size ? f->place.at : find(t, stored(f->print));
        t->flags[at] &= (uint8_t)~ON_PATH;
        if (t->paths)
            t->paths[at] = f->paths;
    }
    undo(w, f->undo);
    w->depth--;
    if (w->depth)
        w->frames[w->depth - 1].paths += f->paths;
    else
        w->paths = f->paths;
}

static int edge(Walker *w, uint32_t source, uint32_t target, uint32_t actor)
{
    uint64_t capacity = w->edges_capacity, again = capacity, third = capacity;
    if (!reserve((void **)&w->sources, sizeof *w->sources, &capacity, w->edges + 1) ||
        !reserve((void **)&w->targets, sizeof *w->targets, &again, w->edges + 1) ||
        !reserve((void **)&w->actors, sizeof *w->actors, &third, w->edges + 1))
        return 0;
    w->edges_capacity = capacity;
    w->sources[w->edges] = source;
    w->targets[w->edges] = target;
    w->actors[w->edges++] = (uint8_t)actor;
    return 1;
}

static void drop_edges(Walker *w)
{
    free(w->sources), free(w->targets), free(w->actors);
    w->sources = w->targets = NULL;
    w->actors = NULL;
    w->edges = w->edges_capacity = 0;
}

static inline uint64_t *row_of(const Walker *w, uint32_t depth)
{
    return w->rows + (size_t)depth * w->space->symmetry.count;
}

/* Folds a component of the state into a row. 0: its marks are not known. */
static int fold_row(Walker *w, uint64_t *row, uint32_t position, uint32_t number)
{
    const Symmetry *s = &w->space->symmetry;
    if (!number)
        return 1;
    const uint64_t *marks = marks_at(s, position, number);
    if (!marks) {
        w->missing_node = (int32_t)position;
        w->missing_value = (int32_t)number;
        return 0;
    }
    for (uint32_t g = 0; g < s->count; g++)
        row[g] ^= marks[g];
    return 1;
}

/* The row of a whole state from nothing; 0 if marks are not known. */
static int whole_row(Walker *w, uint64_t *row)
{
    memset(row, 0, w->space->symmetry.count * sizeof *row);
    for (uint32_t k = 0; k < w->length; k++)
        if (!fold_row(w, row, k, (uint32_t)w->state[k] + (k < (uint32_t)w->space->program.threads)))
            return 0;
    return 1;
}

/* The row after the changes since undo was `before` long, from the one of the top frame; 0 if marks are not known. */
static int next_row(Walker *w, uint64_t *row, uint32_t before)
{
    uint32_t threads = (uint32_t)w->space->program.threads;
    memcpy(row, row_of(w, w->depth - 1), w->space->symmetry.count * sizeof *row);
    for (uint32_t k = before; k < w->undo_used; k += 2) {
        uint32_t position = (uint32_t)w->undo[k], node = position < threads;
        if (!fold_row(w, row, position, (uint32_t)w->undo[k + 1] + node) ||
            !fold_row(w, row, position, (uint32_t)w->state[position] + node))
            return 0;
    }
    return 1;
}

/* The fingerprint after a move, whose changes begin at `before` in the undo log: two that the move knows, and slots besides. */
static Print printed(const Walker *w, Print print, const MoveEntry *m, uint32_t before)
{
    int wide = w->space->visited.wide;
    print.low ^= m->change.low, print.high ^= m->change.high;
    for (uint32_t k = before + 4; k < w->undo_used; k += 2) {
        uint32_t position = (uint32_t)w->undo[k];
        fold(&print, wide, position, (uint32_t)w->undo[k + 1]);
        fold(&print, wide, position, (uint32_t)w->state[position]);
    }
    return print;
}

/* Whether a state is in the visited set; its number in *number. */
static int seen(Walker *w, Print print, uint32_t *number)
{
    Space *s = w->space;
    Table *t = table_of(&s->visited, stored(print));
    if (s->shared)
        enter(t);
    uint32_t at = find(t, stored(print));
    int known = t->keys[at] != 0;
    *number = known && t->numbers ? t->numbers[at] : 0;
    w->unbounded |= known && !s->shared && (t->flags[at] & ON_PATH);
    if (s->shared)
        leave_table(t);
    return known;
}

/* Puts a state into the visited set; where it is in *place, its paths added to frame f. 1: new, 0: known, -1: no memory. */
static int meet(Walker *w, Print print, Place *place, Frame *f)
{
    Space *s = w->space;
    Print key = stored(print);
    Table *t = table_of(&s->visited, key);
    uint32_t at;
    if (s->shared)
        enter(t);
    int fresh = visit(&s->visited, key, &t, &at);
    if (fresh > 0) {
        *place = (Place){(uint32_t)atomic_fetch_add_explicit(&s->states, 1, memory_order_relaxed), at, t->size};
        t->flags[at] = ON_PATH;
        if (t->numbers)
            t->numbers[at] = place->number;
    } else if (!fresh) {
        place->number = t->numbers ? t->numbers[at] : 0;
        int cycle = !s->shared && (t->flags[at] & ON_PATH);
        w->unbounded |= cycle;
        if (t->paths && f && !cycle)
            f->paths += t->paths[at];
    }
    if (s->shared)
        leave_table(t);
    return fresh;
}

static int record(Walker *w, uint32_t source, uint32_t target, int thread)
{
    Space *s = w->space;
    if (!atomic_load_explicit(&s->recording, memory_order_relaxed))
        return 1;
    uint64_t lot = s->shared ? EDGES_AT_ONCE : 1;
    if (w->edges % lot == 0 && atomic_fetch_add_explicit(&s->recorded, lot, memory_order_relaxed) + lot > s->most_edges + lot - 1) {
        atomic_store_explicit(&s->recording, 0, memory_order_relaxed); /* the owner frees what was recorded, by trim() */
        return 1;
    }
    return edge(w, source, target, (uint32_t)thread);
}

/* Whether two enabled steps commute in the current state. */
static int commute(const Walker *w, int thread, int other)
{
    const Program *p = &w->space->program;
    const uint32_t *moves = moves_of(w, w->depth - 1);
    const MoveEntry *one = &p->moves[moves[thread]], *two = &p->moves[moves[other]];
    if ((one->kinds | two->kinds) == (INVOKES | RESPONDS) && one->kinds && two->kinds)
        return 0;
    int32_t slot = p->slots[w->state[thread]], value = w->state[p->threads + slot];
    return slot != p->slots[w->state[other]] || (one->value == value && two->value == value);
}

/* The sleep set of the state after the step of thread. */
static uint32_t slept(const Walker *w, int thread)
{
    uint32_t sleep = w->frames[w->depth - 1].sleep, kept = 0;
    for (int t = 0; sleep >> t; t++)
        kept |= (uint32_t)((sleep >> t & 1) && commute(w, t, thread)) << t;
    return kept;
}

/* Takes one step of the top frame. 1: taken, 0: no memory, -1: marks are not known, and nothing is changed. */
static int step(Walker *w, int thread)
{
    Frame *f = &w->frames[w->depth - 1];
    uint64_t row[MOST_PERMUTATIONS];
    uint32_t before = w->undo_used, source = f->place.number, sleep = slept(w, thread);
    const MoveEntry *m = &w->space->program.moves[moves_of(w, w->depth - 1)[thread]];
    if (!apply(w, m, thread))
        return 0;
    Place place = {0, 0, 0};
    Print after;
    if (w->space->symmetry.count > 1) {
        if (!next_row(w, row, before)) {
            undo(w, before);
            return -1;
        }
        after = (Print){least(&w->space->symmetry, row), 0};
    } else {
        after = printed(w, f->print, m, before);
    }
    int chains = w->space->program.chains;
    int fresh = chains ? !seen(w, after, &place.number) : meet(w, after, &place, f);
    if (fresh < 0 || ((!chains || !fresh) && !record(w, source, place.number, thread)))
        return 0;
    if (!fresh) {
        undo(w, before);
        return 1;
    }
    if (chains)
        place.number = source;
    if (!push(w, (Frame){after, 0.0, 0, sleep, place, before, (uint8_t)thread, !chains}))
        return 0;
    memcpy(row_of(w, w->depth - 1), row, (w->space->symmetry.count > 1) * w->space->symmetry.count * sizeof *row);
    return 1;
}

/* Stores the state on top, which was not at once, because it has several ways on or none. 1: it is new, 0: known, -1: no memory. */
static int store(Walker *w)
{
    Frame *f = &w->frames[w->depth - 1];
    uint32_t above = f->place.number;
    int fresh = meet(w, f->print, &f->place, NULL);
    f->stored = fresh > 0;
    return fresh >= 0 && record(w, above, f->place.number, (int)f->thread) ? fresh : -1;
}

static int run(Walker *w, uint64_t quota, uint64_t most_states)
{
    Space *s = w->space;
    uint64_t until = w->transitions + quota;
    if (w->pending) { /* a terminal state has been judged */
        w->pending = 0;
        w->frames[w->depth - 1].paths = 1.0;
        leave(w);
    }
    while (w->depth) {
        if (w->expanding) {
            uint32_t enabled;
            int missing = look(w, &enabled);
            if (missing != DONE)
                return missing;
            w->expanding = 0;
            if (!w->frames[w->depth - 1].stored && !is_chain(&w->choice, enabled)) {
                int fresh = store(w);
                if (fresh < 0)
                    return NO_MEMORY;
                if (!fresh) {
                    leave(w);
                    continue;
                }
            }
            if (!enabled) {
                if (!reserve((void **)&w->terminal_numbers, sizeof *w->terminal_numbers, &w->terminal_capacity, w->terminals + 1))
                    return NO_MEMORY;
                w->terminal_numbers[w->terminals++] = w->frames[w->depth - 1].place.number;
                w->pending = 1;
                return TERMINAL;
            }
            w->frames[w->depth - 1].left = enabled & ~w->frames[w->depth - 1].sleep;
        }
        Frame *f = &w->frames[w->depth - 1];
        if (!f->left) {
            leave(w);
            continue;
        }
        if (w->transitions >= until || atomic_load_explicit(&s->halt, memory_order_relaxed) ||
            (most_states != UINT64_MAX && atomic_load_explicit(&s->states, memory_order_relaxed) >= most_states))
            return PAUSED;
        int thread = __builtin_ctz(f->left);
        uint32_t depth = w->depth - 1;
        int taken = step(w, thread);
        if (taken <= 0)
            return taken ? MISSING_MARK : NO_MEMORY;
        f = &w->frames[depth];
        f->left &= f->left - 1;
        f->sleep |= (uint32_t)s->program.sleeping << thread;
        w->transitions++;
    }
    return DONE;
}

/* The fingerprint of the walker's whole state. */
static Print start_print(const Walker *w)
{
    Print print = {0, 0};
    for (uint32_t k = 0; k < w->length; k++)
        fold(&print, w->space->visited.wide, k, (uint32_t)w->state[k] + (k < (uint32_t)w->space->program.threads));
    return print;
}

/* Puts the first frame of the whole search on the stack; 0 without memory. */
static int begin(Walker *w)
{
    uint64_t row[MOST_PERMUTATIONS];
    uint32_t many = w->space->symmetry.count > 1;
    Place place = {0, 0, 0};
    if (many && !whole_row(w, row))
        return 0;
    Print print = many ? (Print){least(&w->space->symmetry, row), 0} : start_print(w);
    if (meet(w, print, &place, NULL) <= 0 || !push(w, (Frame){.print = print, .place = place, .stored = 1}))
        return 0;
    memcpy(row_of(w, 0), row, many * w->space->symmetry.count * sizeof *row);
    return 1;
}

/* Gives the untried steps of the lowest state that has any to a new walker.
 * 1: given, 0: nothing to give, -1: no memory. */
static int give(Walker *w, Walker *to)
{
    const Program *p = &w->space->program;
    uint32_t top = w->depth - (w->depth && (w->expanding || w->pending)), k = 0;
    while (k < top && !w->frames[k].left)
        k++;
    if (k == top)
        return 0;
    if (!fit(to) || !keep_up((void **)&to->prefix, sizeof *to->prefix, w->prefix_length + k + 1))
        return -1;
    memcpy(to->state, w->state, w->length * sizeof *w->state);
    for (uint32_t u = w->undo_used, stop = k + 1 < w->depth ? w->frames[k + 1].undo : w->undo_used; u > stop; u -= 2)
        to->state[w->undo[u - 2]] = w->undo[u - 1];
    if (w->prefix_length)
        memcpy(to->prefix, w->prefix, w->prefix_length * sizeof *w->prefix);
    to->prefix_length = w->prefix_length;
    for (uint32_t d = 1; d <= k; d++)
        to->prefix[to->prefix_length++] = w->frames[d].thread;
    Frame frame = w->frames[k];
    frame.undo = 0;
    if (!push(to, frame))
        return -1;
    memcpy(moves_of(to, 0), moves_of(w, k), (size_t)p->threads * sizeof *to->frame_moves);
    memcpy(row_of(to, 0), row_of(w, k), w->space->symmetry.count * sizeof *to->rows);
    to->expanding = 0;
    w->frames[k].left = 0;
    return 1;
}

/* Looks at a recorded graph: the number of paths from state 0 to its terminal states, or -1 if it has a cycle.
 * Kahn, Topological sorting of large networks, 1962. Less than 2**32 edges. *no_memory is set if there is none. */
static double count_paths(uint64_t states, const uint32_t *sources, const uint32_t *targets, uint64_t edges, int *no_memory)
{
    uint32_t *waiting = calloc(states + 1, sizeof *waiting), *order = malloc((states + 1) * sizeof *order);
    uint32_t *first = calloc(states + 2, sizeof *first), *grouped = malloc((edges + 1) * sizeof *grouped);
    double *ways = calloc(states + 1, sizeof *ways), paths = 0.0;
    uint64_t done = 0, ready = 0;
    *no_memory = !waiting || !order || !first || !grouped || !ways;
    if (!*no_memory) {
        for (uint64_t e = 0; e < edges; e++)
            first[sources[e] + 2]++, waiting[targets[e]]++;
        for (uint64_t k = 2; k < states + 2; k++)
            first[k] += first[k - 1];
        for (uint64_t e = 0; e < edges; e++)
            grouped[first[sources[e] + 1]++] = (uint32_t)e;
        for (uint64_t k = 0; k < states; k++)
            if (!waiting[k])
                order[ready++] = (uint32_t)k;
        ways[0] = 1.0;
        for (; done < ready; done++) {
            uint32_t state = order[done];
            if (first[state] == first[state + 1])
                paths += ways[state];
            for (uint32_t k = first[state]; k < first[state + 1]; k++) {
                uint32_t target = targets[grouped[k]];
                ways[target] += ways[state];
                if (!--waiting[target])
                    order[ready++] = target;
            }
        }
    }
    free(waiting), free(order), free(first), free(grouped), free(ways);
    return done == states ? paths : -1.0;
}

/* The steps left to try on the path. */
static uint64_t untried(const Walker *w)
{
    uint64_t frontier = 0;
    for (uint32_t d = 0; d < w->depth; d++)
        frontier += (uint64_t)__builtin_popcount(w->frames[d].left);
    return frontier;
}

/* One random walk from the start with a walker of its own, which stores nothing: how many states it met and how many of them are in
 * the visited set. It ends where it meets something unknown. 0 without memory. */
static int probe(Walker *w, uint64_t seed, uint64_t *met, uint64_t *known)
{
    Print print = w->frames[0].print;
    uint32_t enabled, number;
    for (uint32_t steps = 0; steps < MOST_PROBED; steps++) {
        if (look(w, &enabled) != DONE)
            break;
        uint64_t row[MOST_PERMUTATIONS];
        if (w->space->symmetry.count > 1) {
            if (!whole_row(w, row))
                break;
            print.low = least(&w->space->symmetry, row);
        }
        if (!is_chain(&w->choice, enabled)) {
            ++*met;
            *known += (uint64_t)seen(w, print, &number);
        }
        if (!enabled)
            break;
        uint32_t skip = (uint32_t)(mix(seed + steps) % (uint32_t)__builtin_popcount(enabled));
        while (skip--)
            enabled &= enabled - 1;
        int thread = __builtin_ctz(enabled);
        uint32_t before = w->undo_used;
        const MoveEntry *m = &w->space->program.moves[moves_of(w, 0)[thread]];
        if (!apply(w, m, thread))
            return 0;
        print = printed(w, print, m, before);
    }
    undo(w, 0);
    return 1;
}

static void free_walker(Walker *w)
{
    drop_edges(w);
    free(w->state), free(w->frames), free(w->frame_moves), free(w->rows), free(w->undo), free(w->prefix);
    free(w->terminal_numbers), free(w->choice.clash);
}

#endif
