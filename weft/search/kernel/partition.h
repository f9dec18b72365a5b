/* A part of a search that several machines share: expands the states whose fingerprints it owns, and sorts out the rest for others.
 *
 * The upper byte of a fingerprint says which of the 256 tables of visited.h it belongs to; a lane owns some of these tables. States come
 * in packed (packing.h) and are one of three kinds: a CANDIDATE may have been visited; an ACCEPTED one is in the visited set
 * and not yet expanded; a PASSING one has one way on and is not stored at all (chains in reduction.py), so any lane may go on with it.
 * New states of its own are expanded at once, depth first; others are kept for whoever owns them, each sent once as far as a small
 * memory of what was sent can tell.
 *
 * Nothing here comes back to Python for a question. What is not known is noted, and the state that needs it waits in a lot of its own.
 * Every state is expanded once, by the same look() as a walker's, so states, transitions and edges are those of one walker.
 */
#ifndef WEFT_PARTITION_H
#define WEFT_PARTITION_H

#include "packing.h"
#include "walker.h"

#define MOST_CHECKS 64            /* states put to invariants in one task: their answers settle others */

enum { NO_EDGES = 0, CYCLIC_EDGES = 1, ALL_EDGES = 2 };
#define MAY_CYCLE 0x80
enum { CANDIDATE = 0, ACCEPTED = 1, PASSING = 2, KINDS = 3 };

typedef struct {
    Print *prints;
    uint64_t count, capacity;
} Prints;

typedef struct {
    Space *space;
    Walker scratch;               /* one frame: the state at hand and its moves */
    uint8_t own[TABLES];
    uint16_t lane_of[TABLES];
    Lot *out;                     /* per lane: states for it */
    uint32_t lanes;
    Print *sent;                  /* lately sent, by the lower bits */
    uint64_t sent_size;
    Lot stack, waiting[KINDS], ended, checks;
    Print *stack_prints;
    uint8_t *stack_kinds;
    uint64_t prints_capacity, kinds_capacity;
    Prints accepted[TABLES];
    uint64_t *moves, moves_count, moves_capacity; /* asked for: node << 32 | value */
    uint64_t *sources, *targets, edges, sources_capacity, targets_capacity, actors_capacity;
    uint8_t *actors;              /* the upper bit: the edge may be part of a cycle */
    uint32_t *component, components; /* per node: its strongly connected part of the automaton */
    int recording;                /* edges: none, those that may be part of a cycle, or all */
    uint64_t transitions, out_bytes;
    int32_t *decoded;
} Lane;

static inline int owns(const Lane *l, Print print)
{
    return l->own[stored(print).low >> 56];
}

static int keep_prints(Prints *p, Print print)
{
    if (!reserve((void **)&p->prints, sizeof *p->prints, &p->capacity, p->count + 1))
        return 0;
    p->prints[p->count++] = print;
    return 1;
}

/* Puts a state into the visited set. 1: new, 0: known, -1: no memory. */
static int accept(Lane *l, Print print)
{
    Table *t;
    uint32_t at;
    Print key = stored(print);
    int fresh = visit(&l->space->visited, key, &t, &at);
    return fresh > 0 && !keep_prints(&l->accepted[key.low >> 56], key) ? -1 : fresh;
}

static int knows_print(Lane *l, Print print)
{
    Table *t = table_of(&l->space->visited, stored(print));
    return t->keys[find(t, stored(print))] != 0;
}

/* Puts the state at hand into the lot of whoever owns it. */
static int forward(Lane *l, Print print)
{
    l->out_bytes += l->scratch.length * sizeof *l->scratch.state;
    return add_state(&l->out[l->lane_of[stored(print).low >> 56]], l->scratch.state, l->scratch.length, 0);
}

/* The same for a state that was found here, unless it was sent lately. (One that came in a batch may be the very one that was sent, come
 * back because its owner died: it is always passed on.) */
static int send(Lane *l, Print print)
{
    Print *place = &l->sent[print.low & (l->sent_size - 1)];
    if (place->low == print.low && place->high == print.high)
        return 1;
    *place = print;
    return forward(l, print);
}

static int pile(Lane *l, Print print, uint64_t above, int kind)
{
    uint64_t count = l->stack.count;
    if (!add_state(&l->stack, l->scratch.state, l->scratch.length, above) ||
        !reserve((void **)&l->stack_prints, sizeof *l->stack_prints, &l->prints_capacity, count + 1) ||
        !reserve((void **)&l->stack_kinds, 1, &l->kinds_capacity, count + 1))
        return 0;
    l->stack_prints[count] = print;
    l->stack_kinds[count] = (uint8_t)kind;
    return 1;
}

/* What a state is called in edges. The lowest bit is free: above a passing state it says whether all steps since may be part of a cycle. */
static inline uint64_t called(Print print)
{
    return print.low & ~1ULL;
}

/* Whether a step may be part of a cycle of states: then it stays in a strongly connected part of its thread's automaton. */
static int may_cycle(const Lane *l, uint32_t node, uint32_t after)
{
    return node >= l->components || after >= l->components || l->component[node] == l->component[after];
}

static int note_edge(Lane *l, uint64_t source, Print target, int actor, int cyclic)
{
    if (l->recording == NO_EDGES || (l->recording == CYCLIC_EDGES && !cyclic))
        return 1;
    if (!reserve((void **)&l->sources, sizeof *l->sources, &l->sources_capacity, l->edges + 1) ||
        !reserve((void **)&l->targets, sizeof *l->targets, &l->targets_capacity, l->edges + 1) ||
        !reserve((void **)&l->actors, 1, &l->actors_capacity, l->edges + 1))
        return 0;
    l->sources[l->edges] = source & ~1ULL;
    l->targets[l->edges] = called(target);
    l->actors[l->edges++] = (uint8_t)(actor | (cyclic ? MAY_CYCLE : 0));
    return 1;
}

/* Notes what is missing at the state at hand, which waits. */
static int ask(Lane *l, int missing, uint64_t above, int kind)
{
    const Walker *w = &l->scratch;
    if (missing == MISSING_CHECK) {
        if (l->checks.count < MOST_CHECKS && !add_state(&l->checks, w->state, w->length, w->missing_check))
            return 0;
    } else {
        uint64_t wanted = ((uint64_t)(uint32_t)w->missing_node << 32) | (uint32_t)w->missing_value, k = 0;
        while (k < l->moves_count && l->moves[k] != wanted)
            k++;
        if (k == l->moves_count) {
            if (!reserve((void **)&l->moves, sizeof *l->moves, &l->moves_capacity, l->moves_count + 1))
                return 0;
            l->moves[l->moves_count++] = wanted;
        }
    }
    return add_state(&l->waiting[kind], w->state, w->length, above);
}

/* Takes every step to follow from the state at hand. */
static int expand(Lane *l, Print print, uint32_t enabled)
{
    Walker *w = &l->scratch;
    const Program *p = &l->space->program;
    if (!enabled)
        return add_state(&l->ended, w->state, w->length, called(print));
    for (; enabled; enabled &= enabled - 1) {
        int thread = __builtin_ctz(enabled), enough;
        const MoveEntry *move = &p->moves[moves_of(w, 0)[thread]];
        int cyclic = may_cycle(l, (uint32_t)w->state[thread], (uint32_t)move->node);
        if (!apply(w, move, thread))
            return 0;
        Print after = printed(w, print, move, 0);
        l->transitions++;
        if (p->chains) {
            enough = owns(l, after) && knows_print(l, after) ? note_edge(l, called(print), after, thread, cyclic)
                                                              : pile(l, after, called(print) | (uint64_t)cyclic, PASSING);
        } else {
            int fresh = owns(l, after) ? accept(l, after) : 0;
            enough = fresh >= 0 && note_edge(l, called(print), after, thread, cyclic) && (!fresh || pile(l, after, 0, ACCEPTED)) &&
                     (owns(l, after) || send(l, after));
        }
        if (!enough)
            return 0;
        undo(w, 0);
    }
    return 1;
}

/* Does everything that there is to do with one state; 0 without memory. */
static int process(Lane *l, const int32_t *state, Print print, uint64_t above, int kind)
{
    Walker *w = &l->scratch;
    const Program *p = &l->space->program;
    uint32_t enabled;
    memcpy(w->state, state, w->length * sizeof *state);
    w->undo_used = 0;
    for (;;) {
        if (kind == CANDIDATE && !p->chains) {
            int fresh = owns(l, print) ? accept(l, print) : forward(l, print) - 1;
            if (fresh <= 0)
                return !fresh;
            kind = ACCEPTED;
        } else if (kind != ACCEPTED && owns(l, print) && knows_print(l, print)) {
            return kind != PASSING || note_edge(l, above, print, 0, above & 1);
        }
        int missing = look(w, &enabled);
        if (missing != DONE)
            return ask(l, missing, above, kind);
        if (kind == ACCEPTED)
            return expand(l, print, enabled);
        if (!enabled || !is_chain(&w->choice, enabled)) /* an execution that has ended had nothing to choose from */
            break;
        above = kind == CANDIDATE ? called(print) | 1 : above;
        kind = PASSING;
        int thread = __builtin_ctz(enabled);
        const MoveEntry *move = &p->moves[moves_of(w, 0)[thread]];
        if (!may_cycle(l, (uint32_t)w->state[thread], (uint32_t)move->node))
            above &= ~1ULL;
        if (!apply(w, move, thread))
            return 0;
        print = printed(w, print, move, 0);
        w->undo_used = 0;
        l->transitions++;
    }
    if (kind == PASSING && !note_edge(l, above, print, 0, above & 1))
        return 0;
    if (!owns(l, print))
        return kind == PASSING ? send(l, print) : forward(l, print);
    int fresh = accept(l, print);
    return fresh <= 0 ? !fresh : expand(l, print, enabled);
}

static int drain(Lane *l, uint64_t until, uint64_t most_out)
{
    while (l->stack.count && l->transitions < until && l->out_bytes < most_out) {
        uint64_t k = --l->stack.count;
        if (!process(l, state_at(&l->stack, k), l->stack_prints[k], l->stack.tags[k], l->stack_kinds[k]))
            return 0;
    }
    return 1;
}

/* Reads the next state of a batch into l->decoded and brings *print up to it; 0: the batch is not one. */
static int decode(Lane *l, Reader *r, uint32_t length, int tagged, Print *print, uint64_t *tag)
{
    uint64_t changes, gap, number, at = 0;
    const Program *p = &l->space->program;
    if (!get_number(r, &changes))
        return 0;
    for (; changes; changes--, at++) {
        if (!get_number(r, &gap) || !get_number(r, &number) || (at += gap) >= length)
            return 0;
        uint32_t node = at < (uint32_t)p->threads;
        if (node && number >= p->nodes)
            return 0;
        fold(print, l->space->visited.wide, (uint32_t)at, (uint32_t)l->decoded[at] + node);
        fold(print, l->space->visited.wide, (uint32_t)at, (uint32_t)number + node);
        l->decoded[at] = (int32_t)number;
    }
    return !tagged || get_word(r, tag);
}

/* Works through a batch from its state number *next on, until it ends or limits are met; *next is where to go on.
 * 1: done or stopped, 0: no memory, -1: the batch does not fit. */
static int work(Lane *l, Reader r, int kind, uint64_t *next, uint64_t until, uint64_t most_out)
{
    uint64_t count, length, tagged, k, tag = 0, first = *next;
    Walker *w = &l->scratch;
    if (!fit(w) || !(w->depth || push(w, (Frame){.print = {0, 0}})))
        return 0;
    if (!get_number(&r, &count) || !get_number(&r, &length) || !get_number(&r, &tagged) || length > w->length || kind >= KINDS)
        return -1;
    free(l->decoded);
    if (!(l->decoded = calloc(w->length + 1, sizeof *l->decoded)))
        return 0;
    Print print = {0, 0};
    for (k = 0; k < (uint64_t)l->space->program.threads; k++) /* node 0 has a mark, too */
        fold(&print, l->space->visited.wide, (uint32_t)k, 1);
    for (k = 0; k < count; k++) {
        if (!drain(l, until, most_out))
            return 0;
        if (k >= first && (l->stack.count || l->transitions >= until || l->out_bytes >= most_out))
            break;
        if (!decode(l, &r, (uint32_t)length, (int)tagged, &print, &tag))
            return -1;
        if (k >= first && !process(l, l->decoded, print, tag, kind))
            return 0;
    }
    *next = k;
    return drain(l, until, most_out);
}

/* What is left on the stack waits. */
static int put_stack_aside(Lane *l)
{
    for (; l->stack.count; l->stack.count--) {
        uint64_t k = l->stack.count - 1;
        if (!add_state(&l->waiting[l->stack_kinds[k]], state_at(&l->stack, k), l->stack.length, l->stack.tags[k]))
            return 0;
    }
    return 1;
}

/* Everything that a task has found is forgotten; the visited set stays. */
static void clear_task(Lane *l)
{
    for (uint32_t k = 0; k < l->lanes; k++)
        free_lot(&l->out[k]);
    for (int k = 0; k < KINDS; k++)
        free_lot(&l->waiting[k]);
    for (int k = 0; k < TABLES; k++) {
        free(l->accepted[k].prints);
        memset(&l->accepted[k], 0, sizeof l->accepted[k]);
    }
    free_lot(&l->stack), free_lot(&l->ended), free_lot(&l->checks);
    l->moves_count = l->edges = l->transitions = l->out_bytes = 0;
}

static void free_lane(Lane *l)
{
    clear_task(l);
    free_walker(&l->scratch);
    free(l->out), free(l->sent), free(l->stack_prints), free(l->stack_kinds), free(l->moves), free(l->sources), free(l->targets);
    free(l->actors), free(l->decoded), free(l->component);
}

#endif
