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
    if (!PyArg_ParseTuple(args, "y*iKKKp", &batch, &kind, &next, &quota, &most_out, &l->recording))
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
    {"drop", (PyCFunction)lane_drop, METH_O, "drop(table): forget what was visited there."},
    {"load", (PyCFunction)lane_load, METH_VARARGS, "load(packed fingerprints): these are visited; how many were not known."},
    {"work", (PyCFunction)lane_work, METH_VARARGS,
     "work(batch, kind, first, quota, most bytes out, recording): which state of the batch is next; their number when all are done."},
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

/* Numbers the fingerprints that edges name, from the start's: (states, sources, targets, terminals), as 32-bit numbers. */
static PyObject *kernel_numbered(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer given[3];
    unsigned long long start;
    if (!PyArg_ParseTuple(args, "Ky*y*y*", &start, &given[0], &given[1], &given[2]))
        return NULL;
    uint64_t counts[3], total = 1, states = 0;
    for (int g = 0; g < 3; g++)
        total += counts[g] = (uint64_t)given[g].len / sizeof(uint64_t);
    uint64_t size = 64;
    while (size < 2 * total)
        size *= 2;
    uint64_t *keys = calloc(size, sizeof *keys);
    uint32_t *numbers = malloc(size * sizeof *numbers);
    PyObject *made[3] = {NULL, NULL, NULL};
    int enough = keys && numbers && total < UINT32_MAX;
    for (int g = -1; g < 3 && enough; g++) {
        uint32_t *to = NULL;
        if (g >= 0) {
            made[g] = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(counts[g] * sizeof(uint32_t)));
            if (!(enough = made[g] != NULL))
                break;
            to = (uint32_t *)PyBytes_AS_STRING(made[g]);
        }
        for (uint64_t k = 0; k < (g < 0 ? 1 : counts[g]); k++) {
            uint64_t key = g < 0 ? start : ((const uint64_t *)given[g].buf)[k];
            key += !key;
            uint64_t at = mix(key) & (size - 1);
            while (keys[at] && keys[at] != key)
                at = (at + 1) & (size - 1);
            if (!keys[at]) {
                keys[at] = key;
                numbers[at] = (uint32_t)states++;
            }
            if (to)
                to[k] = numbers[at];
        }
    }
    free(keys), free(numbers);
    for (int g = 0; g < 3; g++)
        PyBuffer_Release(&given[g]);
    if (enough)
        return Py_BuildValue("KNNN", (unsigned long long)states, made[0], made[1], made[2]);
    for (int g = 0; g < 3; g++)
        Py_XDECREF(made[g]);
    return PyErr_NoMemory();
}

#endif
