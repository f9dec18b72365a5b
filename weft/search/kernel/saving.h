/* Spaces and walkers as bytes and back, for checkpoints. Only while no walker runs; the program is told anew before. */
#ifndef WEFT_SAVING_H
#define WEFT_SAVING_H

#include "walker.h"

static PyObject *bytes_of(const void *data, uint64_t size)
{
    return PyBytes_FromStringAndSize(size ? data : "", (Py_ssize_t)size);
}

static PyObject *optional_bytes(const void *data, uint64_t size)
{
    return bytes_of(data, data ? size : 0);
}

/* (states, recorded edges, shared, recording, counting, numbering, wide, tables) */
static PyObject *dump_space(const Space *s)
{
    PyObject *tables = PyList_New(TABLES);
    for (int k = 0; tables && k < TABLES; k++) {
        const Table *t = &s->visited.tables[k];
        PyObject *one = Py_BuildValue("IINNNNN", t->size, t->used, bytes_of(t->keys, t->size * sizeof *t->keys),
                                      optional_bytes(t->high, t->size * sizeof *t->high), bytes_of(t->flags, t->size),
                                      optional_bytes(t->paths, t->size * sizeof *t->paths),
                                      optional_bytes(t->numbers, t->size * sizeof *t->numbers));
        if (!one)
            return NULL;
        PyList_SET_ITEM(tables, k, one);
    }
    return Py_BuildValue("KKiiiiiN", (unsigned long long)atomic_load(&s->states), (unsigned long long)atomic_load(&s->recorded),
                         s->shared, (int)atomic_load(&s->recording), s->visited.counting, s->visited.numbering, s->visited.wide, tables);
}

static int fill(void *to, const Py_buffer *from, uint64_t size)
{
    if (!to)
        return from->len == 0;
    if ((uint64_t)from->len != size)
        return 0;
    memcpy(to, from->buf, size);
    return 1;
}

static int load_table(const Visited *v, Table *t, PyObject *given)
{
    unsigned int size, used;
    Py_buffer keys, high, flags, paths, numbers;
    if (!PyArg_ParseTuple(given, "IIy*y*y*y*y*", &size, &used, &keys, &high, &flags, &paths, &numbers))
        return 0;
    free_table(t);
    int good = used <= size && size && allocate(v, t, size) && fill(t->keys, &keys, (uint64_t)size * sizeof *t->keys) &&
               fill(t->high, &high, (uint64_t)size * sizeof *t->high) && fill(t->flags, &flags, size) &&
               fill(t->paths, &paths, (uint64_t)size * sizeof *t->paths) &&
               fill(t->numbers, &numbers, (uint64_t)size * sizeof *t->numbers);
    t->used = used;
    PyBuffer_Release(&keys), PyBuffer_Release(&high), PyBuffer_Release(&flags), PyBuffer_Release(&paths), PyBuffer_Release(&numbers);
    return good;
}

static int load_space(Space *s, PyObject *given)
{
    unsigned long long states, recorded;
    int shared, recording, counting, numbering, wide;
    PyObject *tables;
    if (!PyArg_ParseTuple(given, "KKiiiiiO!", &states, &recorded, &shared, &recording, &counting, &numbering, &wide, &PyList_Type, &tables))
        return 0;
    int good = wide == s->visited.wide && PyList_GET_SIZE(tables) == TABLES;
    s->shared = shared, s->visited.counting = counting, s->visited.numbering = numbering;
    for (int k = 0; good && k < TABLES; k++)
        good = load_table(&s->visited, &s->visited.tables[k], PyList_GET_ITEM(tables, k));
    atomic_store(&s->states, states), atomic_store(&s->recorded, recorded), atomic_store(&s->recording, recording);
    return good;
}

/* (state of frame 0, frames, prefix, edges and terminals, counts, flags, paths) */
static PyObject *dump_walker(const Walker *w)
{
    int32_t *base = malloc((w->length + 1) * sizeof *base);
    if (!base)
        return PyErr_NoMemory();
    memcpy(base, w->state, w->length * sizeof *base);
    for (uint32_t u = w->undo_used; u > 0; u -= 2)
        base[w->undo[u - 2]] = w->undo[u - 1];
    PyObject *made = Py_BuildValue(
        "NNN(NNNN)(KKK)(iii)d", bytes_of(base, w->length * sizeof *base), bytes_of(w->frames, w->depth * sizeof *w->frames),
        bytes_of(w->prefix, w->prefix_length * sizeof *w->prefix), bytes_of(w->sources, w->edges * sizeof *w->sources),
        bytes_of(w->targets, w->edges * sizeof *w->targets), bytes_of(w->actors, w->edges),
        bytes_of(w->terminal_numbers, w->terminals * sizeof *w->terminal_numbers), (unsigned long long)w->transitions,
        (unsigned long long)w->terminals, (unsigned long long)w->deepest, w->unbounded, w->pending, w->expanding, w->paths);
    free(base);
    return made;
}

/* The moves of every thread in the current state, as far as they are known, for the frame at this depth. */
static void recall_moves(Walker *w, uint32_t depth)
{
    const Program *p = &w->space->program;
    for (int t = 0; t < p->threads; t++) {
        int32_t node = w->state[t];
        if ((uint32_t)node >= p->nodes || p->kinds[node] < 0)
            continue;
        uint32_t k = find_move(p, move_key((uint32_t)node, (uint32_t)w->state[p->threads + p->slots[node]]));
        if (p->move_keys[k])
            moves_of(w, depth)[t] = p->move_index[k];
    }
}

/* Puts the frames back one by one, taking the step that led to each. */
static int load_frames(Walker *w, const Frame *frames, uint32_t depth)
{
    for (uint32_t d = 0; d < depth; d++) {
        uint32_t before = w->undo_used, thread = frames[d].thread;
        if (thread >= (uint32_t)w->space->program.threads)
            return 0;
        if (d && !apply(w, &w->space->program.moves[moves_of(w, d - 1)[thread]], (int)thread))
            return 0;
        if (before != frames[d].undo || !push(w, frames[d]))
            return 0;
        if (w->space->symmetry.count > 1 && !whole_row(w, row_of(w, d)))
            return 0;
        recall_moves(w, d);
    }
    return 1;
}

static void *copy_of(const Py_buffer *bytes)
{
    void *copy = malloc(bytes->len ? (size_t)bytes->len : 1);
    if (copy)
        memcpy(copy, bytes->buf, (size_t)bytes->len);
    return copy;
}

static int load_walker(Walker *w, PyObject *given)
{
    Py_buffer base, frames, prefix, sources, targets, actors, terminals;
    unsigned long long transitions, ended, deepest;
    int unbounded, pending, expanding;
    double paths;
    if (!PyArg_ParseTuple(given, "y*y*y*(y*y*y*y*)(KKK)(iii)d", &base, &frames, &prefix, &sources, &targets, &actors, &terminals,
                          &transitions, &ended, &deepest, &unbounded, &pending, &expanding, &paths))
        return 0;
    int good = fit(w) && (uint64_t)base.len <= w->length * sizeof *w->state;
    if (good)
        memcpy(w->state, base.buf, (size_t)base.len);
    good = good && load_frames(w, frames.buf, (uint32_t)((uint64_t)frames.len / sizeof(Frame)));
    w->prefix = copy_of(&prefix), w->prefix_length = (uint32_t)((uint64_t)prefix.len / sizeof *w->prefix);
    w->sources = copy_of(&sources), w->targets = copy_of(&targets), w->actors = copy_of(&actors);
    w->edges = w->edges_capacity = (uint64_t)actors.len;
    w->terminal_numbers = copy_of(&terminals);
    w->terminals = w->terminal_capacity = (uint64_t)terminals.len / sizeof *w->terminal_numbers;
    w->transitions = transitions, w->deepest = deepest;
    w->unbounded = unbounded, w->pending = pending, w->expanding = expanding, w->paths = paths;
    PyBuffer_Release(&base), PyBuffer_Release(&frames), PyBuffer_Release(&prefix), PyBuffer_Release(&sources);
    PyBuffer_Release(&targets), PyBuffer_Release(&actors), PyBuffer_Release(&terminals);
    return good && ended == w->terminals;
}

#endif
