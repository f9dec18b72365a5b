/* Persistent sets, compiled: the twin of persistent.py, choice for choice. The reasons are there.
 *
 * A set of accesses is an array of words: bits INVOKES and RESPONDS, then a read bit and a write bit a slot.
 */
#ifndef WEFT_PERSISTENT_H
#define WEFT_PERSISTENT_H

#include "program.h"

#define MOST_BARRIERS 64

typedef struct {
    const Program *p;
    const int32_t *state;
    const uint32_t *moves;        /* per thread: its move, where enabled */
    uint32_t enabled;
    uint64_t *clash;              /* scratch: accesses that conflict with the set's next steps */
    uint32_t conflicts[MAX_THREADS], looked; /* per thread: whose futures its step conflicts with, barriers apart; where looked at */
    uint32_t force[MOST_BARRIERS], in_force; /* barriers whose slot holds their value */
} Choice;

/* A slot found since the futures were computed is beyond the words; no known future has it. */
static inline void put_bit(const Choice *c, uint32_t bit)
{
    if (bit >> 6 < c->p->words)
        c->clash[bit >> 6] |= 1ULL << (bit & 63);
}

static inline int has_bit(const Program *p, const uint64_t *set, uint32_t bit)
{
    return bit >> 6 < p->words && (set[bit >> 6] >> (bit & 63) & 1);
}

static inline uint32_t read_bit(uint32_t slot)
{
    return 2 + 2 * slot;
}

static inline int knows(const Program *p, int32_t node)
{
    return (uint32_t)node < p->known && p->kinds[node] != BROKEN;
}

static inline int leaves(const Choice *c, int thread, const Barrier *b)
{
    int32_t node = c->state[thread];
    return knows(c->p, node) && b->steady[node];
}

static void find_in_force(Choice *c)
{
    c->in_force = 0;
    for (uint32_t k = 0; k < c->p->barrier_count && c->in_force < MOST_BARRIERS; k++) {
        const Barrier *b = &c->p->barriers[k];
        if (c->state[c->p->threads + b->slot] == b->value)
            c->force[c->in_force++] = k;
    }
}

/* The barriers that stand while only threads outside of members move, as bits into force. */
static uint64_t standing(const Choice *c, uint32_t members)
{
    uint64_t found = 0;
    for (uint32_t k = 0; k < c->in_force; k++) {
        int stands = 1;
        for (int t = 0; t < c->p->threads && stands; t++)
            stands = (members >> t & 1) || leaves(c, t, &c->p->barriers[c->force[k]]);
        found |= (uint64_t)stands << k;
    }
    return found;
}

static int stands_at(const Choice *c, uint64_t stands, uint32_t slot)
{
    for (uint32_t k = 0; k < c->in_force; k++)
        if ((stands >> k & 1) && c->p->barriers[c->force[k]].slot == slot)
            return 1;
    return 0;
}

/* Whether standing slots alone decide that invariant k holds. */
static int settled(const Choice *c, uint32_t k, uint64_t stands)
{
    uint32_t at = c->p->roots[k];
    while (at < UNKNOWN && stands_at(c, stands, c->p->inners[at].position - (uint32_t)c->p->threads))
        at = branch(c->p, at, c->state);
    return at == GOOD;
}

/* Adds to clash what conflicts with the next step of thread. */
static void add_clash(Choice *c, int thread, uint64_t stands)
{
    const Program *p = c->p;
    int32_t node = c->state[thread];
    if (p->slots[node] < 0)
        return;
    uint32_t slot = (uint32_t)p->slots[node], read = read_bit(slot);
    put_bit(c, read + 1);
    if (!(c->enabled >> thread & 1))
        return;
    const MoveEntry *m = &p->moves[c->moves[thread]];
    c->clash[0] |= (m->kinds & INVOKES ? RESPONDS : 0) | (m->kinds & RESPONDS ? INVOKES : 0);
    if (m->value == c->state[p->threads + (int32_t)slot])
        return;
    put_bit(c, read);
    for (uint32_t k = 0; k < p->root_count; k++) {
        const uint64_t *observed = p->observed + (size_t)k * p->words;
        if (has_bit(p, observed, read + 1) && !settled(c, k, stands))
            for (uint32_t w = 0; w < p->words; w++)
                c->clash[w] |= observed[w];
    }
}

/* Whether what thread may still do in front of the standing barriers meets clash. */
static int conflicts(const Choice *c, int thread, uint64_t stands)
{
    const Program *p = c->p;
    int32_t node = c->state[thread];
    if (!knows(p, node))
        return 0;
    for (uint32_t w = 0; w < p->words; w++) {
        size_t at = (size_t)node * p->words + w;
        uint64_t both = c->clash[w] & p->reach[at];
        for (uint32_t k = 0; both && k < c->in_force; k++)
            if (stands >> k & 1)
                both &= p->barriers[c->force[k]].reach[at];
        if (both)
            return 1;
    }
    return 0;
}

/* The threads whose future conflicts with the next step of thread, whatever barriers stand. */
static uint32_t conflicting(Choice *c, int thread)
{
    if (!(c->looked >> thread & 1)) {
        c->looked |= 1u << thread;
        c->conflicts[thread] = 0;
        memset(c->clash, 0, c->p->words * sizeof *c->clash);
        add_clash(c, thread, 0);
        for (int t = 0; t < c->p->threads; t++)
            if (t != thread && conflicts(c, t, 0))
                c->conflicts[thread] |= 1u << t;
    }
    return c->conflicts[thread];
}

/* The closed set around seed if no barrier stands: a quick answer, and a superset of the other one. */
static uint32_t loose_closure(Choice *c, int seed)
{
    uint32_t members = 1u << seed, done = 0;
    while (members & ~done) {
        int thread = __builtin_ctz(members & ~done);
        done |= 1u << thread;
        members |= conflicting(c, thread);
    }
    return members;
}

static uint32_t closure(Choice *c, int seed, uint32_t holders)
{
    uint32_t members = 1u << seed;
    for (;;) {
        uint64_t stands = standing(c, members);
        memset(c->clash, 0, c->p->words * sizeof *c->clash);
        for (int t = 0; t < c->p->threads; t++)
            if (members >> t & 1)
                add_clash(c, t, stands);
        int wanted = -1;
        for (int holding = 1; holding >= 0 && wanted < 0; holding--)
            for (int t = 0; t < c->p->threads && wanted < 0; t++)
                if (!(members >> t & 1) && (int)(holders >> t & 1) == holding && conflicts(c, t, stands))
                    wanted = t;
        if (wanted < 0)
            return members;
        members |= 1u << wanted;
    }
}

/* Whether the next step of thread may close a cycle of its automaton. */
static int closes_cycle(const Choice *c, int thread)
{
    const Program *p = c->p;
    uint32_t node = (uint32_t)c->state[thread], after = (uint32_t)p->moves[c->moves[thread]].node;
    return node >= p->known || after >= p->known || p->post[after] >= p->post[node];
}

/* Whether a state with this one way on need not be stored: see chains in reduction.py. */
static int is_chain(const Choice *c, uint32_t followed)
{
    return c->p->chains && followed && !(followed & (followed - 1)) && !closes_cycle(c, __builtin_ctz(followed));
}

/* The enabled threads to follow. */
static uint32_t choose(Choice *c)
{
    uint32_t best = c->enabled, holders = 0;
    if (!c->p->words || !(best & (best - 1)))
        return best;
    c->looked = 0;
    find_in_force(c);
    for (uint32_t k = 0; k < c->in_force; k++)
        for (int t = 0; t < c->p->threads; t++)
            holders |= (uint32_t)!leaves(c, t, &c->p->barriers[c->force[k]]) << t;
    for (int seed = 0; seed < c->p->threads; seed++) {
        if (!(c->enabled >> seed & 1))
            continue;
        uint32_t followed = loose_closure(c, seed) & c->enabled;
        if (c->in_force && (followed & (followed - 1)))
            followed = closure(c, seed, holders) & c->enabled;
        int cyclic = 0;
        for (int t = 0; c->p->strict && t < c->p->threads && !cyclic; t++)
            cyclic = (followed >> t & 1) && closes_cycle(c, t);
        if (!cyclic && __builtin_popcount(followed) < __builtin_popcount(best))
            best = followed;
        if (!(best & (best - 1)))
            break;
    }
    return best;
}

#endif
