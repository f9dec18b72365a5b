/* The search loop, compiled: depth-first over vectors of integers, outside Python and without its lock.
 *
 * The twin of depth_first.py, transition for transition: the same order, the same fingerprints, the same counts. It comes back to
 * Python only to learn a move or a check it does not know, to have a terminal state judged, or when its quota is used up. This file is
 * Python's side of it; the search is in kernel/: program.h (tables), visited.h (states), persistent.h (reduction), walker.h (the loop).
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernel/saving.h"

#define INTERFACE 5               /* raised with every change of what Python calls: compiled_loop.py wants its own number */

typedef struct {
    PyObject_HEAD
    Space space;
    int32_t *start;
    uint32_t start_length;
} SpaceObject;

typedef struct {
    PyObject_HEAD
    Walker walker;
    SpaceObject *owner;
} WalkerObject;

static PyTypeObject space_type, walker_type;

/* -- the space ----------------------------------------------------------------------------------------------------- */

static int space_init(SpaceObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"threads", "start", "monitor", "most_edges", "most_counted", "bits", "permutations", NULL};
    PyObject *start;
    int threads, monitor, bits, permutations;
    unsigned long long most_edges, most_counted;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iO!iKKii", names, &threads, &PyTuple_Type, &start, &monitor, &most_edges,
                                     &most_counted, &bits, &permutations))
        return -1;
    Py_ssize_t length = PyTuple_GET_SIZE(start);
    if (self->start || threads < 1 || threads > MAX_THREADS || length < threads || (bits != 64 && bits != 128) || permutations < 1 ||
        permutations > (bits == 64 ? MOST_PERMUTATIONS : 1)) {
        PyErr_SetString(PyExc_ValueError,
                        "a search takes 1 to 26 threads, one start vector, 64 or 128 bits, and with 64 bits up to 24 permutations");
        return -1;
    }
    Space *s = &self->space;
    s->program.threads = threads;
    s->program.monitor = monitor;
    s->program.length = self->start_length = (uint32_t)length;
    s->recording = most_edges > 0;
    s->most_edges = most_edges;
    s->most_counted = most_counted;
    s->symmetry.count = (uint32_t)permutations;
    s->visited.wide = bits == 128, s->visited.counting = most_counted > 0, s->visited.numbering = most_edges > 0;
    self->start = malloc(length * sizeof *self->start);
    int enough = self->start && grow_moves(&s->program);
    for (int k = 0; k < TABLES && enough; k++)
        enough = allocate(&s->visited, &s->visited.tables[k], 64);
    if (!enough) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t k = 0; k < length; k++)
        self->start[k] = (int32_t)PyLong_AsLong(PyTuple_GET_ITEM(start, k));
    return PyErr_Occurred() ? -1 : 0;
}

static void space_dealloc(SpaceObject *self)
{
    for (int k = 0; k < TABLES; k++)
        free_table(&self->space.visited.tables[k]);
    free_program(&self->space.program);
    free(self->space.symmetry.keys), free(self->space.symmetry.marks);
    free(self->start);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int add_pairs(Program *p, PyObject *pairs, uint32_t *first, uint32_t *count)
{
    Py_ssize_t length = PyTuple_GET_SIZE(pairs);
    if (!reserve32((void **)&p->pairs, 2 * sizeof *p->pairs, &p->pairs_capacity, (uint64_t)p->pairs_used + length)) {
        PyErr_NoMemory();
        return 0;
    }
    *first = p->pairs_used;
    *count = (uint32_t)length;
    for (Py_ssize_t k = 0; k < length; k++) {
        int slot, value;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(pairs, k), "ii", &slot, &value))
            return 0;
        p->pairs[2 * p->pairs_used] = slot;
        p->pairs[2 * p->pairs_used++ + 1] = value;
    }
    return 1;
}

static PyObject *space_add_node(SpaceObject *self, PyObject *args)
{
    Program *p = &self->space.program;
    int owner, kind, slot, plain;
    PyObject *guards;
    if (!PyArg_ParseTuple(args, "iiiiO!", &owner, &kind, &slot, &plain, &PyTuple_Type, &guards))
        return NULL;
    if (!room_for_node(p))
        return PyErr_NoMemory();
    p->owners[p->nodes] = owner;
    p->kinds[p->nodes] = kind;
    p->slots[p->nodes] = slot;
    p->plain[p->nodes] = (uint8_t)plain;
    if (!add_pairs(p, guards, &p->guards[p->nodes], &p->guard_count[p->nodes]))
        return NULL;
    p->nodes++;
    if (slot >= 0 && (uint32_t)(p->threads + slot) >= p->length)
        p->length = (uint32_t)(p->threads + slot + 1);
    Py_RETURN_NONE;
}

static PyObject *space_add_value(SpaceObject *self, PyObject *args)
{
    Program *p = &self->space.program;
    unsigned int value, marks;
    if (!PyArg_ParseTuple(args, "II", &value, &marks))
        return NULL;
    uint32_t before = p->values_capacity;
    if (!reserve32((void **)&p->marks, sizeof *p->marks, &p->values_capacity, (uint64_t)value + 1))
        return PyErr_NoMemory();
    memset(p->marks + before, 0, (p->values_capacity - before) * sizeof *p->marks);
    p->marks[value] |= marks;
    Py_RETURN_NONE;
}

static PyObject *space_add_check(SpaceObject *self, PyObject *args)
{
    Program *p = &self->space.program;
    unsigned int invariant;
    int bad;
    PyObject *path;
    if (!PyArg_ParseTuple(args, "IpO!", &invariant, &bad, &PyList_Type, &path))
        return NULL;
    if (!reserve32((void **)&p->roots, sizeof *p->roots, &p->roots_capacity, (uint64_t)invariant + 1))
        return PyErr_NoMemory();
    while (p->root_count <= invariant)
        p->roots[p->root_count++] = UNKNOWN;
    uint32_t at = p->roots[invariant], *link = &at, parent = UNKNOWN;
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(path); k++) {
        int position, value;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(path, k), "ii", &position, &value))
            return NULL;
        uint32_t *next = branch_to(p, link, (uint32_t)position, value);
        if (!next)
            return PyErr_NoMemory();
        if (parent == UNKNOWN)
            p->roots[invariant] = at;
        parent = *link;
        link = next;
    }
    *link = bad ? BAD : GOOD;
    if (!PyList_GET_SIZE(path))
        p->roots[invariant] = at;
    Py_RETURN_NONE;
}

static PyObject *space_add_move(SpaceObject *self, PyObject *args)
{
    Program *p = &self->space.program;
    unsigned int node, value, event;
    int new_value, next_node, kinds;
    PyObject *allocated;
    if (!PyArg_ParseTuple(args, "IIiiO!Ii", &node, &value, &new_value, &next_node, &PyTuple_Type, &allocated, &event, &kinds))
        return NULL;
    MoveEntry move = {new_value, next_node, 0, 0, event, (uint8_t)kinds, {0, 0}};
    if (!(node & EVENT) && new_value >= 0)
        move.change = change_by(p, self->space.visited.wide, node, value, &move);
    if (!add_pairs(p, allocated, &move.allocated, &move.count))
        return NULL;
    if (!put_move(p, move_key(node, value), move))
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static int add_barrier(Program *p, PyObject *given)
{
    Py_buffer reach, steady;
    Barrier b;
    if (!PyArg_ParseTuple(given, "Iiy*y*", &b.slot, &b.value, &reach, &steady))
        return 0;
    b.reach = copy_of(&reach), b.steady = copy_of(&steady);
    p->barriers[p->barrier_count++] = b;
    PyBuffer_Release(&reach), PyBuffer_Release(&steady);
    return b.reach && b.steady;
}

static PyObject *space_set_futures(SpaceObject *self, PyObject *args)
{
    Program *p = &self->space.program;
    unsigned int words, known;
    Py_buffer reach, observed, post;
    PyObject *barriers;
    int strict, chains, sleeping;
    if (!PyArg_ParseTuple(args, "pppIIy*y*y*O!", &strict, &chains, &sleeping, &words, &known, &reach, &observed, &post, &PyList_Type, &barriers))
        return NULL;
    free_futures(p);
    p->words = words, p->known = known, p->strict = strict, p->chains = chains, p->sleeping = sleeping;
    p->reach = copy_of(&reach), p->observed = copy_of(&observed), p->post = copy_of(&post);
    p->barriers = calloc((size_t)PyList_GET_SIZE(barriers) + 1, sizeof *p->barriers);
    PyBuffer_Release(&reach), PyBuffer_Release(&observed), PyBuffer_Release(&post);
    int enough = p->reach && p->observed && p->post && p->barriers;
    for (Py_ssize_t k = 0; enough && k < PyList_GET_SIZE(barriers); k++) {
        enough = add_barrier(p, PyList_GET_ITEM(barriers, k));
        uint32_t end = enough ? (uint32_t)p->threads + p->barriers[p->barrier_count - 1].slot + 1 : 0;
        p->length = end > p->length ? end : p->length;
    }
    if (PyErr_Occurred())
        return NULL;
    if (!enough)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *space_add_marks(SpaceObject *self, PyObject *args)
{
    Symmetry *s = &self->space.symmetry;
    unsigned int position, number;
    PyObject *marks;
    if (!PyArg_ParseTuple(args, "IIO!", &position, &number, &PyTuple_Type, &marks))
        return NULL;
    if (PyTuple_GET_SIZE(marks) != s->count) {
        PyErr_SetString(PyExc_ValueError, "one mark a permutation is wanted");
        return NULL;
    }
    uint64_t *place = put_marks(s, position, number);
    if (!place)
        return PyErr_NoMemory();
    for (uint32_t g = 0; g < s->count; g++)
        place[g] = PyLong_AsUnsignedLongLongMask(PyTuple_GET_ITEM(marks, g));
    Py_RETURN_NONE;
}

static PyObject *space_halt(SpaceObject *self, PyObject *wanted)
{
    atomic_store(&self->space.halt, PyObject_IsTrue(wanted));
    Py_RETURN_NONE;
}

static PyObject *space_counts(SpaceObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("KKOO", (unsigned long long)atomic_load(&self->space.states),
                         (unsigned long long)bytes_used(&self->space.visited), self->space.recording ? Py_True : Py_False,
                         self->space.visited.counting ? Py_True : Py_False);
}

/* -- walkers ------------------------------------------------------------------------------------------------------- */

static WalkerObject *new_walker(SpaceObject *owner)
{
    WalkerObject *self = PyObject_New(WalkerObject, &walker_type);
    if (!self)
        return NULL;
    memset(&self->walker, 0, sizeof self->walker);
    Py_INCREF(owner);
    self->owner = owner;
    self->walker.space = &owner->space;
    return self;
}

static PyObject *unusable(void)
{
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "what was saved does not fit this program");
    return NULL;
}

static PyObject *space_walker(SpaceObject *self, PyObject *Py_UNUSED(ignored))
{
    WalkerObject *made = new_walker(self);
    if (!made)
        return NULL;
    Walker *w = &made->walker;
    int enough = fit(w);
    if (enough)
        memcpy(w->state, self->start, self->start_length * sizeof *w->state);
    if (!enough || !begin(w)) {
        Py_DECREF(made);
        return enough && self->space.symmetry.count > 1 ? unusable() : PyErr_NoMemory();
    }
    return (PyObject *)made;
}

static PyObject *space_probe(SpaceObject *self, PyObject *args)
{
    unsigned long long seed;
    unsigned int walks;
    uint64_t met = 0, known = 0;
    if (!PyArg_ParseTuple(args, "KI", &seed, &walks))
        return NULL;
    WalkerObject *scout = new_walker(self);
    if (!scout)
        return NULL;
    Walker *w = &scout->walker;
    int enough = fit(w);
    if (enough)
        memcpy(w->state, self->start, self->start_length * sizeof *w->state);
    enough = enough && push(w, (Frame){.print = start_print(w)});
    for (uint32_t k = 0; enough && k < walks; k++)
        enough = probe(w, mix(seed + k), &met, &known);
    Py_DECREF(scout);
    return enough ? Py_BuildValue("KK", (unsigned long long)met, (unsigned long long)known) : PyErr_NoMemory();
}

static PyObject *space_dump(SpaceObject *self, PyObject *Py_UNUSED(ignored))
{
    return dump_space(&self->space);
}

static PyObject *space_load(SpaceObject *self, PyObject *saved)
{
    if (!load_space(&self->space, saved))
        return unusable();
    Py_RETURN_NONE;
}

static PyObject *space_revive(SpaceObject *self, PyObject *saved)
{
    WalkerObject *made = new_walker(self);
    if (made && !load_walker(&made->walker, saved)) {
        Py_DECREF(made);
        return unusable();
    }
    return (PyObject *)made;
}

static void walker_dealloc(WalkerObject *self)
{
    free_walker(&self->walker);
    Py_DECREF(self->owner);
    PyObject_Free(self);
}

static PyObject *walker_run(WalkerObject *self, PyObject *args)
{
    Walker *w = &self->walker;
    unsigned long long quota, most_states;
    int reason = NO_MEMORY;
    if (!PyArg_ParseTuple(args, "KK", &quota, &most_states))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    if (fit(w))
        reason = run(w, quota, most_states);
    Py_END_ALLOW_THREADS
    if (reason == NO_MEMORY)
        return PyErr_NoMemory();
    return PyLong_FromLong(reason);
}

static PyObject *walker_give(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    WalkerObject *made = new_walker(self->owner);
    if (!made)
        return NULL;
    int given = give(&self->walker, &made->walker);
    if (given > 0) {
        self->owner->space.shared = 1;
        return (PyObject *)made;
    }
    Py_DECREF(made);
    if (given < 0)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *walker_trim(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    if (!self->walker.space->recording) {
        drop_edges(&self->walker);
        if (self->walker.space->visited.numbering)
            drop_numbers(&self->walker.space->visited);
    }
    if (self->walker.space->visited.counting && atomic_load(&self->walker.space->states) > self->walker.space->most_counted)
        drop_paths(&self->walker.space->visited);
    Py_RETURN_NONE;
}

static PyObject *walker_dump(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    return dump_walker(&self->walker);
}

static PyObject *walker_missing(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("Ii", (uint32_t)self->walker.missing_node, self->walker.missing_value);
}

static PyObject *walker_missing_check(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLong(self->walker.missing_check);
}

static PyObject *walker_state(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(self->walker.length);
    for (uint32_t k = 0; list && k < self->walker.length; k++)
        PyList_SET_ITEM(list, k, PyLong_FromLong(self->walker.state[k]));
    return list;
}

static PyObject *walker_trail(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    const Walker *w = &self->walker;
    uint32_t above = w->depth ? w->depth - 1 : 0;
    PyObject *trail = PyTuple_New((Py_ssize_t)w->prefix_length + above);
    for (uint32_t k = 0; trail && k < w->prefix_length + above; k++)
        PyTuple_SET_ITEM(trail, k,
                         PyLong_FromLong(k < w->prefix_length ? w->prefix[k] : w->frames[k - w->prefix_length + 1].thread));
    return trail;
}

static PyObject *walker_edges(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    const Walker *w = &self->walker;
    return Py_BuildValue("NNNN", bytes_of(w->sources, w->edges * sizeof *w->sources),
                         bytes_of(w->targets, w->edges * sizeof *w->targets), bytes_of(w->actors, w->edges),
                         bytes_of(w->terminal_numbers, w->terminals * sizeof *w->terminal_numbers));
}

static PyObject *walker_counts(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    const Walker *w = &self->walker;
    return Py_BuildValue("KKKI", (unsigned long long)w->transitions, (unsigned long long)w->terminals, (unsigned long long)w->deepest,
                         w->depth);
}

static PyObject *walker_untried(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLongLong(untried(&self->walker));
}

static PyObject *walker_paths(WalkerObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyFloat_FromDouble(self->walker.unbounded ? -1.0 : self->walker.paths);
}

static PyObject *kernel_paths(PyObject *Py_UNUSED(module), PyObject *args)
{
    unsigned long long states;
    Py_buffer sources, targets;
    double paths;
    int no_memory;
    if (!PyArg_ParseTuple(args, "Ky*y*", &states, &sources, &targets))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    paths = count_paths(states, sources.buf, targets.buf, (uint64_t)sources.len / sizeof(uint32_t), &no_memory);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&sources), PyBuffer_Release(&targets);
    return no_memory ? PyErr_NoMemory() : PyFloat_FromDouble(paths);
}

#include "kernel/lane.h"

static PyMethodDef kernel_functions[] = {
    {"numbered", kernel_numbered, METH_VARARGS,
     "numbered(start, sources, targets, terminals): how many fingerprints edges name, and the same with numbers in their place."},
    {"paths", kernel_paths, METH_VARARGS, "paths(states, sources, targets): maximal paths from state 0; -1.0 if there is a cycle."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef space_methods[] = {
    {"add_node", (PyCFunction)space_add_node, METH_VARARGS, "add_node(thread, kind, slot, plain, guards): the next node."},
    {"add_value", (PyCFunction)space_add_value, METH_VARARGS, 
     "add_value(value, marks): a value of a lock, with a bit for each holder; or of the monitor, with bit 31 if inexplicable."},
    {"add_check", (PyCFunction)space_add_check, METH_VARARGS, "add_check(invariant, bad, path of (position, value))."},
    {"add_move", (PyCFunction)space_add_move, METH_VARARGS,
     "add_move(node, value, new_value, next_node, allocated, event, kinds of event)."},
    {"add_marks", (PyCFunction)space_add_marks, METH_VARARGS, "add_marks(position, number, marks): one mark a permutation."},
    {"set_futures", (PyCFunction)space_set_futures, METH_VARARGS,
     "set_futures(strict, chains, sleeping, words, known nodes, reach, observed, post, [(slot, value, reach, steady)]): choose persistent sets by them."},
    {"halt", (PyCFunction)space_halt, METH_O, "halt(0 or 1): whether walkers pause at their next step."},
    {"walker", (PyCFunction)space_walker, METH_NOARGS, "The first walker, at the start."},
    {"probe", (PyCFunction)space_probe, METH_VARARGS, "probe(seed, walks): states met on random walks, and how many of them are visited."},
    {"dump", (PyCFunction)space_dump, METH_NOARGS, "The visited states, for load; while no walker runs."},
    {"load", (PyCFunction)space_load, METH_O, "load(dump): the visited states of a saved space of the same program."},
    {"lane", (PyCFunction)space_lane, METH_VARARGS, "lane(bits): for a search shared by machines; a memory of 2**bits states sent."},
    {"revive", (PyCFunction)space_revive, METH_O, "revive(dump): a saved walker, once the space is loaded."},
    {"counts", (PyCFunction)space_counts, METH_NOARGS, "States, bytes of the visited set, whether edges are all recorded, whether paths are counted."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef walker_methods[] = {
    {"run", (PyCFunction)walker_run, METH_VARARGS,
     "run(quota, most_states): 0 done, 1 a move is missing, 2 terminal state, 3 paused, 5 an invariant must be asked, 6 marks are missing."},
    {"give", (PyCFunction)walker_give, METH_NOARGS, "A new walker with some of this one's work, or None."},
    {"dump", (PyCFunction)walker_dump, METH_NOARGS, "The walker as bytes and numbers, for Space.revive; while it does not run."},
    {"trim", (PyCFunction)walker_trim, METH_NOARGS, "Free what was given up: edges, or paths; while no walker runs."},
    {"missing", (PyCFunction)walker_missing, METH_NOARGS, "The (node or 2**31 | event, value) whose move is missing."},
    {"missing_check", (PyCFunction)walker_missing_check, METH_NOARGS, "The number of the invariant to ask."},
    {"state", (PyCFunction)walker_state, METH_NOARGS, "The current state vector."},
    {"trail", (PyCFunction)walker_trail, METH_NOARGS, "The threads that moved on the way to the current state."},
    {"edges", (PyCFunction)walker_edges, METH_NOARGS, "Sources, targets, actors and terminal states, as bytes."},
    {"counts", (PyCFunction)walker_counts, METH_NOARGS, "Transitions, terminals, greatest depth, current depth."},
    {"untried", (PyCFunction)walker_untried, METH_NOARGS, "Steps left to try on its path; while it does not run."},
    {"paths", (PyCFunction)walker_paths, METH_NOARGS, "Maximal paths from the start; -1.0 if unbounded."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject space_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "weft.search._kernel.Space",
    .tp_basicsize = sizeof(SpaceObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "A program and its visited states.",
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)space_init,
    .tp_dealloc = (destructor)space_dealloc,
    .tp_methods = space_methods,
};

static PyTypeObject walker_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "weft.search._kernel.Walker",
    .tp_basicsize = sizeof(WalkerObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "A depth-first search of a space, or of a part of it.",
    .tp_dealloc = (destructor)walker_dealloc,
    .tp_methods = walker_methods,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_kernel", .m_doc = "The compiled search loop.", .m_size = -1,
                                    .m_methods = kernel_functions};

PyMODINIT_FUNC PyInit__kernel(void)
{
    if (PyType_Ready(&space_type) < 0 || PyType_Ready(&walker_type) < 0 || PyType_Ready(&lane_type) < 0)
        return NULL;
    PyObject *m = PyModule_Create(&module);
    if (m && PyModule_AddObjectRef(m, "Space", (PyObject *)&space_type) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    if (m && PyModule_AddIntConstant(m, "INTERFACE", INTERFACE) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
