# ruff: noqa: E501 - texts of other files
"""The bugs: each is one change of text in one file of the engine, written as somebody might have got it wrong."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """A planted bug: ``before`` occurs once in ``file`` and becomes ``after``."""

    name: str
    says: str
    file: str
    before: str
    after: str


_AUTOMATON = "weft/automaton/automaton.py"
_LOCAL = "weft/automaton/local_state.py"
_PYTHON_LOOP = "weft/search/depth_first.py"
_WALKER = "weft/search/kernel/walker.h"
_PROGRAM = "weft/search/kernel/program.h"

MUTANTS = [
    # -- local states
    Mutant(
        "local-variable-ignored",
        "the first local variable of each frame is no part of a local state",
        _LOCAL,
        "values = [None if k in dead and _inert(value) else self.value(value) for k, value in enumerate(held)]",
        "values = [None if k in dead and _inert(value) else self.value(value) for k, value in enumerate(held)][1:]",
    ),
    Mutant(
        "evaluation-stack-ignored",
        "values on a frame's evaluation stack are no part of a local state",
        _LOCAL,
        "else peek.entries(frame, hidden)\n",
        "else peek.entries(frame, 0)\n",
    ),
    Mutant(
        "live-variable-taken-for-dead",
        "a variable counts as dead although it is used again",
        _LOCAL,
        "dead = facts.dead.get(position, frozenset())",
        "dead = facts.dead.get(position, frozenset()) | {0}",
    ),
    Mutant(
        "handled-exception-ignored",
        "the exception that an except block handles is no part of a local state",
        _LOCAL,
        "return (*frames, self.value(thread.handled))",
        "return (*frames, None)",
    ),
    Mutant(
        "closure-ignored",
        "what a local function closes over is no part of a local state",
        _LOCAL,
        "closure = tuple([self.value(cell) for cell in function.__closure__ or ()])",
        "closure = ()",
    ),
    Mutant(
        "aliasing-ignored",
        "two references to one list are the same as references to two equal lists",
        _LOCAL,
        '        if known is not None:\n            return ("again", known)\n',
        "",
    ),
    Mutant(
        "position-of-an-iterator-ignored",
        "how far a list iterator has got is no part of a local state",
        _LOCAL,
        'return lambda: ("iterator", Same(kind), self.value(value.__reduce__()))',
        'return lambda: ("iterator", Same(kind), self.value(value.__reduce__()[:2]))',
    ),
    Mutant(
        "fallback-skipped-for-state-in-c",
        "a frame that waits in C code with a state of its own is merged all the same",
        _LOCAL,
        "if not is_known(waiting, stack, callee):",
        "if False:",
    ),
    Mutant(
        "fallback-merges",
        "local states that cannot be described are told apart by their step alone",
        _AUTOMATON,
        'return thread.number, "history", origin',
        'return thread.number, "history", operation',
    ),
    Mutant(
        "made-objects-not-counted",
        "how many cells a thread has made is no part of its local state",
        _AUTOMATON,
        "return thread.number, self.world.made, operation, frames",
        "return thread.number, operation, frames",
    ),
    Mutant(
        "repeated-steps-not-compared",
        "a thread that does something else when it is repeated goes unnoticed",
        _AUTOMATON,
        "        if now == wanted or (now is None and wanted < 0):\n            return\n",
        "        return\n",
    ),
    Mutant(
        "made-cells-forgotten",
        "cells that a thread makes have no value until they are first written",
        _AUTOMATON,
        "return Move(self.values.number(new), edge.node, edge.allocated, event)",
        "return Move(self.values.number(new), edge.node, (), event)",
    ),
    Mutant(
        "true-is-one",
        "values are told apart by equality alone, so True is 1",
        "weft/cells/values.py",
        "    if kind in _ATOMS:\n        return (kind, value)\n    if isinstance(value, SharedIdentity):\n        return value\n",
        "    if kind in _ATOMS:\n        return value\n    if isinstance(value, SharedIdentity):\n        return value\n",
    ),
    # -- checks
    Mutant(
        "response-not-recorded",
        "the end of a call never reaches the linearizability monitor",
        _AUTOMATON,
        "self._begun[node] + edge.ended)",
        "self._begun[node])",
    ),
    Mutant(
        "monitor-drops-a-configuration",
        "only one way in which pending calls can have taken effect is followed",
        "weft/cells/monitor.py",
        "                if following not in seen:\n",
        "                if following not in seen and len(seen) < 2:\n",
    ),
    Mutant(
        "race-of-read-and-write-missed",
        "only two writes at once are a data race",
        "weft/automaton/state_checks.py",
        "plain = READS if want.kind.reads_only else WRITES",
        "plain = NOT_PLAIN if want.kind.reads_only else WRITES",
    ),
    Mutant(
        "invariant-misses-a-branch",
        "the decision tree of an invariant leaves out the last cell that it looked at",
        "weft/automaton/observer.py",
        "        leaf: _Inner[Answer] | _Leaf[Answer] = _Leaf(answer)\n",
        "        leaf: _Inner[Answer] | _Leaf[Answer] = _Leaf(answer)\n        read = read[:-1]\n",
    ),
    Mutant(
        "release-not-recorded",
        "unlocking a mutex leaves it locked",
        "weft/cells/mutex.py",
        "        return 0, None\n",
        "        return holder, None\n",
    ),
    Mutant(
        "livelock-missed",
        "a state from which nobody can finish is taken for one from which somebody can",
        "weft/search/graph.py",
        "return [state for state in range(self.states) if not reached[state]]",
        "return []",
    ),
    Mutant(
        "sometimes-always-met",
        "every sometimes-condition counts as met",
        "weft/search/exhaustive.py",
        "any(condition.shows(step) for step in taken)",
        "True",
    ),
    # -- the search loops
    Mutant(
        "fingerprint-ignores-a-thread",
        "where the first thread is does not tell states apart (loop in Python)",
        _PYTHON_LOOP,
        "after = here ^ marks[thread << 32 | (node + 1)] ^ marks[thread << 32 | (move.node + 1)]",
        "after = here ^ ((marks[thread << 32 | (node + 1)] ^ marks[thread << 32 | (move.node + 1)]) if thread else 0)",
    ),
    Mutant(
        "undo-misses-the-monitor",
        "going back leaves the linearizability monitor as it was (loop in Python)",
        _PYTHON_LOOP,
        "                undo.append((monitor, state[monitor]))\n",
        "",
    ),
    Mutant(
        "undo-misses-made-cells",
        "going back leaves cells that were made (loop in Python)",
        _PYTHON_LOOP,
        "                undo.append((threads + new, state[threads + new]))\n",
        "",
    ),
    Mutant(
        "known-state-not-counted",
        "ways into a known state are not counted among the interleavings (loop in Python)",
        _PYTHON_LOOP,
        "                    totals[-1] += paths[known]\n",
        "                    pass\n",
    ),
    Mutant(
        "kernel-fingerprint-ignores-a-thread",
        "where the first thread is does not tell states apart (compiled loop)",
        _PROGRAM,
        "    fold(&change, wide, thread, node + 1);\n    fold(&change, wide, thread, (uint32_t)move->node + 1);\n",
        "    if (thread) {\n        fold(&change, wide, thread, node + 1);\n"
        "        fold(&change, wide, thread, (uint32_t)move->node + 1);\n    }\n",
    ),
    Mutant(
        "kernel-undo-misses-a-change",
        "going back leaves the first change of a step in place (compiled loop)",
        _WALKER,
        "        w->state[w->undo[w->undo_used]] = w->undo[w->undo_used + 1];\n",
        "        if (w->undo_used != until)\n            w->state[w->undo[w->undo_used]] = w->undo[w->undo_used + 1];\n",
    ),
    Mutant(
        "kernel-skips-a-thread",
        "a state in which all threads can move is left without the last one's step (compiled loop)",
        _WALKER,
        "            w->frames[w->depth - 1].left = enabled & ~w->frames[w->depth - 1].sleep;\n",
        "            w->frames[w->depth - 1].left = enabled & (enabled - 1) && !(enabled + 1 & enabled) ? enabled >> 1 : enabled;\n",
    ),
    Mutant(
        "kernel-skips-races-and-locks",
        "data races and lock rules are not looked at (compiled loop)",
        "weft/search/kernel/program.h",
        "    return racing(p, state) || forbidden(p, state);\n",
        "    return 0;\n",
    ),
    Mutant(
        "kernel-skips-invariants-after-the-first",
        "only the first invariant is evaluated (compiled loop)",
        "weft/search/kernel/program.h",
        "    for (uint32_t k = 0; k < p->root_count; k++) {\n        uint32_t answer = decide(p, k, state);\n",
        "    for (uint32_t k = 0; k < p->root_count && k < 1; k++) {\n        uint32_t answer = decide(p, k, state);\n",
    ),
    Mutant(
        "kernel-cycle-missed",
        "a path back to a state on itself is no cycle, so no livelock is looked for (compiled loop)",
        _WALKER,
        "        w->unbounded |= cycle;\n",
        "",
    ),
    # -- reductions
    Mutant(
        "dependency-forgotten",
        "a write conflicts with writes, but not with reads",
        "weft/search/persistent.py",
        "            clash |= reads(slot) | self._observing(slot, state, standing)\n",
        "            clash |= self._observing(slot, state, standing)\n",
    ),
    Mutant(
        "invariant-no-dependency",
        "what an invariant looks at is no dependency",
        "weft/search/persistent.py",
        "            clash |= reads(slot) | self._observing(slot, state, standing)\n",
        "            clash |= reads(slot)\n",
    ),
    Mutant(
        "call-boundaries-no-dependency",
        "the beginning of a call and the ending of another one commute",
        "weft/search/persistent.py",
        "        clash |= RESPONDS if events & INVOKES else 0\n",
        "",
    ),
    Mutant(
        "future-missed",
        "of what a thread may still do only its next step is known",
        "weft/search/futures.py",
        "        self.reach = self._closed(self.own, frozenset())\n",
        "        self.reach = list(self.own)\n",
    ),
    Mutant(
        "waiting-thread-forgotten",
        "a thread that waits in the set conflicts with nobody",
        "weft/search/persistent.py",
        "        if move is None:\n            return writes(slot)\n",
        "        if move is None:\n            return 0\n",
    ),
    Mutant(
        "barrier-always-stands",
        "a lock held inside the set bars threads that can give it back",
        "weft/search/futures.py",
        "        return reach, [not changes for changes in unsteady]\n",
        "        return reach, [True for _ in unsteady]\n",
    ),
    Mutant(
        "no-second-pass",
        "a reduced search is believed although it met steps that it had not reckoned with",
        "weft/search/fixpoint.py",
        "        return self.strict == before and self.futures.knowledge == self._known\n",
        "        return self.strict == before\n",
    ),
    Mutant(
        "cycle-proviso-skipped",
        "a thread may be put off all around a cycle",
        "weft/search/fixpoint.py",
        "self.strict = self.strict, self.strict or cyclic\n",
        "self.strict = self.strict, False\n",
    ),
    Mutant(
        "kernel-dependency-forgotten",
        "a write conflicts with writes, but not with reads (compiled loop)",
        "weft/search/kernel/persistent.h",
        "    put_bit(c, read);\n",
        "",
    ),
    # -- what stands guard over the others
    Mutant(
        "replay-confirms-anything",
        "a violation is reported without having been seen on the real code",
        "weft/search/confirm.py",
        "    if seen[0] != violation.slug:\n",
        "    if False:\n",
    ),
    Mutant(
        "audit-skipped",
        "no schedule is run on the real code beside the tables",
        "weft/search/audit.py",
        "        if real != tables:\n",
        "        if False:\n",
    ),
    Mutant(
        "naive-search-loses-a-branch",
        "the oracle tries no more than two threads in each state",
        "weft/search/naive.py",
        "for number in able[1:])",
        "for number in able[1:2])",
    ),
    Mutant(
        "certificate-not-walked-again",
        "the checker believes that the states of a certificate are all there are",
        "weft/verify.py",
        "                if content not in numbers:\n                    raise",
        "                if content not in numbers:\n                    continue\n                if False:\n                    raise",
    ),
    Mutant(
        "certified-steps-not-executed",
        "the checker executes nothing but what checks need",
        "weft/verify.py",
        "        for number, thread in list(self._to_try.values()):\n",
        "        for number, thread in []:\n",
    ),
    Mutant(
        "certified-checks-asked-once",
        "the checker asks each invariant in one state only",
        "weft/verify.py",
        "        if any(tuple(state[place] for place in places) in found for places, found in asked.items()):\n",
        "        if asked:\n",
    ),
    Mutant(
        "certified-lock-orders-not-counted",
        "the checker sees no locks taken in opposite orders",
        "weft/verify.py",
        "        crossings = sum((u, b, a) in self._orders for",
        "        crossings = sum((u, a, b) in self._orders for",
    ),
    Mutant(
        "sleeping-steps-all-commute",
        "a step sleeps on behind steps that it does not commute with (loop in Python)",
        "weft/search/sleep.py",
        "    return slot != machine.slots[state[neighbour]] or move.value == step.value == value\n",
        "    return True\n",
    ),
    Mutant(
        "kernel-sleeping-steps-all-commute",
        "the same in the compiled loop",
        _WALKER,
        "    return slot != p->slots[w->state[other]] || (one->value == value && two->value == value);\n",
        "    return 1;\n",
    ),
    Mutant(
        "symmetry-leaves-holders-in-place",
        "locks keep their holders when threads change places",
        "weft/search/symmetry.py",
        "        held = cell.renamed(self._automaton.values[value], self.rename)\n",
        "        held = self._automaton.values[value]\n",
    ),
    Mutant(
        "symmetry-counts-nodes-only",
        "what slots hold does not tell states apart under symmetry",
        "weft/search/symmetry.py",
        '        return ("slot", self.of(cell), self.of(identity(held)))\n',
        '        return ("slot", self.of(cell))\n',
    ),
    Mutant(
        "kept-thread-of-another-node",
        "a thread that is kept alive goes on for a node where it does not wait",
        "weft/automaton/standby.py",
        "        return self._threads.pop(node, None)\n",
        "        return self._threads.pop(node, None) or self._threads.pop(node - 1, None)\n",
    ),
]
