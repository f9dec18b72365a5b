/* Python's side of partition.h: one object a lane, beside the space that it searches in. */
#ifndef WEFT_LANE_H
#define WEFT_LANE_H

#include "partition.h"
#include "saving.h"

typedef struct {
    PyObject_HEAD
    Lane lane;
    SpaceObject *owner;
} LaneObject;

#define MOST_TOGETHER 16384       /* states in one batch */

static PyTypeObject lane_type;

static PyObject *space_lane(SpaceObject *self, PyObject *args)
{
    unsigned int sent_bits;
    if (!PyArg_ParseTuple(args, "I", &sent_bits))
        return NULL;
    LaneObject *made = sent_bits < 32 ? PyObject_New(LaneObject, &lane_type) : NULL;
    if (!made)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    memset(&made->lane, 0, sizeof made->lane);
    Py_INCREF(self);
    made->owner = self;
    made->lane.space = made->lane.scratch.space = &self->space;
    made->lane.sent_size = 1ULL << sent_bits;
    made->lane.sent = calloc(made->lane.sent_size, sizeof *made->lane.sent);
    if (made->lane.sent)
        return (PyObject *)made;
    Py_DECREF(made);
    return PyErr_NoMemory();
}

static void lane_dealloc(LaneObject *self)
{
    free_lane(&self->lane);
    Py_DECREF(self->owner);
    PyObject_Free(self);
}

static PyObject *lane_assign(LaneObject *self, PyObject *args)
{
    Lane *l = &self->lane;
    PyObject *owners;
    unsigned int lane, lanes;
    if (!PyArg_ParseTuple(args, "O!II", &PyList_Type, &owners, &lane, &lanes))
        return NULL;
    if (PyList_GET_SIZE(owners) != TABLES || !lanes || lanes > TABLES || lane >= lanes) {
        PyErr_SetString(PyExc_ValueError, "256 owners are wanted, of as many lanes at most");
        return NULL;
    }
    clear_task(l);
    free(l->out);
    if (!(l->out = calloc(lanes, sizeof *l->out)))
        return PyErr_NoMemory();
    l->lanes = lanes;
    for (int k = 0; k < TABLES; k++) {
        unsigned long owner = PyLong_AsUnsignedLong(PyList_GET_ITEM(owners, k));
        if (owner >= lanes) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "an owner has a lane");
            return NULL;
        }
        l->lane_of[k] = (uint16_t)owner;
        l->own[k] = owner == lane;
    }
    Py_RETURN_NONE;
}

static PyObject *lane_set_components(LaneObject *self, PyObject *args)
{
    Lane *l = &self->lane;
    Py_buffer given;
    if (!PyArg_ParseTuple(args, "y*", &given))
        return NULL;
    free(l->component);
    l->component = copy_of(&given);
    l->components = l->component ? (uint32_t)((uint64_t)given.len / sizeof *l->component) : 0;
    PyBuffer_Release(&given);
    return l->component ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

static PyObject *lane_drop(LaneObject *self, PyObject *number)
{
    Visited *v = &self->owner->space.visited;
    long k = PyLong_AsLong(number);
    if (k < 0 || k >= TABLES)
        return PyErr_Occurred() ? NULL : unusable();
    free_table(&v->tables[k]);
    return allocate(v, &v->tables[k], 64) ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

static PyObject *lane_load(LaneObject *self, PyObject *args)
{
    Visited *v = &self->owner->space.visited;
    Py_buffer packed;
    if (!PyArg_ParseTuple(args, "y*", &packed))
        return NULL;
    Reader r = {packed.buf, (const uint8_t *)packed.buf + packed.len};
    Print print = {0, 0};
    uint64_t gap, count = 0;
    int fresh = 1;
    while (fresh >= 0 && get_number(&r, &gap) && (!v->wide || get_word(&r, &print.high))) {
        Table *t;
        uint32_t at;
        print.low += gap;
        fresh = visit(v, print, &t, &at);
        count += fresh > 0;
    }
    PyBuffer_Release(&packed);
    return fresh < 0 ? PyErr_NoMemory() : PyLong_FromUnsignedLongLong(count);
}

static PyObject *lane_work(LaneObject *self, PyObject *args)
{
    Lane *l = &self->lane;
    Py_buffer batch;
    int kind;
    unsigned long long next, quota, most_out;
    if (!PyArg_ParseTuple(args, "y*iKKKi", &batch, &kind, &next, &quota, &most_out, &l->recording))
        return NULL;
    uint64_t here = next;
    int done;
    Py_BEGIN_ALLOW_THREADS
    done = l->out && kind >= 0 ? work(l, (Reader){batch.buf, (const uint8_t *)batch.buf + batch.len}, kind, &here, quota, most_out) : -1;
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&batch);
    if (done > 0)
        return PyLong_FromUnsignedLongLong(here);
    return done ? unusable() : PyErr_NoMemory();
}

/* [(number of states, bytes)], in batches of a size that one task is done with. */
static PyObject *packed_lot(const Lot *lot, int tagged)
{
    uint64_t *order = malloc((lot->count + 1) * sizeof *order), next = 0;
    PyObject *list = PyList_New(0);
    int enough = order && list;
    if (enough) {
        Py_BEGIN_ALLOW_THREADS
        enough = sort_states(lot, order);
        Py_END_ALLOW_THREADS
    }
    while (enough && next < lot->count) {
        Bytes bytes = {NULL, 0, 0};
        uint64_t count = 0;
        enough = pack_some(lot, order, &next, MOST_TOGETHER, tagged, &bytes, &count);
        PyObject *one = enough ? Py_BuildValue("KN", (unsigned long long)count, bytes_of(bytes.data, bytes.size)) : NULL;
        enough = one && PyList_Append(list, one) == 0;
        Py_XDECREF(one);
        free(bytes.data);
    }
    free(order);
    if (!enough)
        Py_CLEAR(list);
    return enough ? list : PyErr_NoMemory();
}

static PyObject *packed_accepted(Lane *l)
{
    PyObject *list = PyList_New(0);
    for (int k = 0; list && k < TABLES; k++) {
        Prints *p = &l->accepted[k];
        Bytes bytes = {NULL, 0, 0};
        if (!p->count)
            continue;
        PyObject *one = pack_prints(p->prints, p->count, l->space->visited.wide, &bytes)
                            ? Py_BuildValue("iKN", k, (unsigned long long)p->count, bytes_of(bytes.data, bytes.size))
                            : PyErr_NoMemory();
        free(bytes.data);
        if (!one || PyList_Append(list, one) < 0)
            Py_CLEAR(list);
        Py_XDECREF(one);
    }
    return list;
}

static PyObject *asked_moves(const Lane *l)
{
    PyObject *list = PyList_New((Py_ssize_t)l->moves_count);
    for (uint64_t k = 0; list && k < l->moves_count; k++)
        PyList_SET_ITEM(list, (Py_ssize_t)k, Py_BuildValue("II", (uint32_t)(l->moves[k] >> 32), (uint32_t)l->moves[k]));
    return list;
}

/* Each state of a lot as a list of numbers, its tag in front. */
static PyObject *spelled(const Lot *lot)
{
    PyObject *list = PyList_New((Py_ssize_t)lot->count);
    for (uint64_t k = 0; list && k < lot->count; k++) {
        PyObject *one = PyList_New((Py_ssize_t)lot->length + 1);
        for (uint32_t i = 0; one && i <= lot->length; i++)
            PyList_SET_ITEM(one, i, i ? PyLong_FromLong(state_at(lot, k)[i - 1]) : PyLong_FromUnsignedLongLong(lot->tags[k]));
        PyList_SET_ITEM(list, (Py_ssize_t)k, one);
    }
    return list;
}

static PyObject *lane_harvest(LaneObject *self, PyObject *Py_UNUSED(ignored))
{
    Lane *l = &self->lane;
    if (!put_stack_aside(l))
        return PyErr_NoMemory();
    PyObject *out = PyList_New(l->lanes), *waiting = PyList_New(KINDS);
    for (uint32_t k = 0; out && k < l->lanes; k++)
        PyList_SET_ITEM(out, k, packed_lot(&l->out[k], 0));
    for (int k = 0; waiting && k < KINDS; k++)
        PyList_SET_ITEM(waiting, k, packed_lot(&l->waiting[k], k == PASSING));
    PyObject *made = Py_BuildValue(
        "(KNNNNNN(NNN))", (unsigned long long)l->transitions, packed_accepted(l), out, waiting, spelled(&l->ended), asked_moves(l),
        spelled(&l->checks), bytes_of(l->sources, l->edges * sizeof *l->sources), bytes_of(l->targets, l->edges * sizeof *l->targets),
        bytes_of(l->actors, l->edges));
    clear_task(l);
    if (PyErr_Occurred())
        Py_CLEAR(made);
    return made;
}

static PyMethodDef lane_methods[] = {
    {"assign", (PyCFunction)lane_assign, METH_VARARGS, "assign(lane of each of the 256 tables, own lane, lanes): begin a task."},
    {"set_components", (PyCFunction)lane_set_components, METH_VARARGS,
     "set_components(number of its strongly connected part, per node): edges inside of one may be part of a cycle."},
    {"drop", (PyCFunction)lane_drop, METH_O, "drop(table): forget what was visited there."},
    {"load", (PyCFunction)lane_load, METH_VARARGS, "load(packed fingerprints): these are visited; how many were not known."},
    {"work", (PyCFunction)lane_work, METH_VARARGS,
     "work(batch, kind, first, quota, most bytes out, edges to record): which state of the batch is next; their number when all are done."},
    {"harvest", (PyCFunction)lane_harvest, METH_NOARGS,
     "End the task: transitions, accepted fingerprints a table, states for each lane, states waiting by kind, states that ended "
     "executions, moves asked for, states that invariants were asked about, edges as sources, targets and actors."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject lane_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "weft.search._kernel.Lane",
    .tp_basicsize = sizeof(LaneObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "A part of a search that several machines share.",
    .tp_dealloc = (destructor)lane_dealloc,
    .tp_methods = lane_methods,
};

typedef struct {
    uint64_t *keys, size, used;
    uint32_t *numbers;
} Names;

/* The number of a name, a new one if it has none; UINT32_MAX without memory. */
static uint32_t number_of(Names *n, uint64_t name)
{
    if (2 * (n->used + 1) > n->size) {
        Names grown = {NULL, n->size ? 2 * n->size : 1024, n->used, NULL};
        grown.keys = calloc(grown.size, sizeof *grown.keys);
        grown.numbers = malloc(grown.size * sizeof *grown.numbers);
        if (!grown.keys || !grown.numbers || n->used + 1 >= UINT32_MAX) {
            free(grown.keys), free(grown.numbers);
            return UINT32_MAX;
        }
        for (uint64_t k = 0; k < n->size; k++)
            if (n->keys[k]) {
                uint64_t at = mix(n->keys[k]) & (grown.size - 1);
                while (grown.keys[at])
                    at = (at + 1) & (grown.size - 1);
                grown.keys[at] = n->keys[k], grown.numbers[at] = n->numbers[k];
            }
        free(n->keys), free(n->numbers);
        *n = grown;
    }
    uint64_t at = mix(name | 1) & (n->size - 1);
    while (n->keys[at] && n->keys[at] != (name | 1))
        at = (at + 1) & (n->size - 1);
    if (!n->keys[at]) {
        n->keys[at] = name | 1;
        n->numbers[at] = (uint32_t)n->used++;
    }
    return n->numbers[at];
}

/* Numbers the states that edges name, the start first: (how many, sources, targets, terminals), as 32-bit numbers. */
static PyObject *kernel_numbered(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer given[3];
    unsigned long long start;
    Names names = {NULL, 0, 0, NULL};
    PyObject *made[3] = {NULL, NULL, NULL};
    if (!PyArg_ParseTuple(args, "Ky*y*y*", &start, &given[0], &given[1], &given[2]))
        return NULL;
    int enough = number_of(&names, start) != UINT32_MAX;
    for (int g = 0; g < 3 && enough; g++) {
        uint64_t count = (uint64_t)given[g].len / sizeof(uint64_t);
        made[g] = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * sizeof(uint32_t)));
        enough = made[g] != NULL;
        for (uint64_t k = 0; enough && k < count; k++) {
            uint32_t number = number_of(&names, ((const uint64_t *)given[g].buf)[k]);
            memcpy(PyBytes_AS_STRING(made[g]) + k * sizeof number, &number, sizeof number);
            enough = number != UINT32_MAX;
        }
    }
    free(names.keys), free(names.numbers);
    for (int g = 0; g < 3; g++)
        PyBuffer_Release(&given[g]);
    if (enough)
        return Py_BuildValue("KNNN", (unsigned long long)names.used, made[0], made[1], made[2]);
    for (int g = 0; g < 3; g++)
        Py_XDECREF(made[g]);
    return PyErr_NoMemory();
}

#endif
