"""Programs: calls of the set-up, then calls in each thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from weft.cells.values import identity
from weft.fuzz.alphabet import Alphabet, Known


@dataclass(frozen=True, slots=True)
class Program:
    """One program. Equal programs have equal searches."""

    before: tuple[Any, ...] = ()
    threads: tuple[tuple[Any, ...], ...] = ()

    @property
    def calls(self) -> int:
        """How many calls there are in the threads."""
        return sum(map(len, self.threads))

    @property
    def size(self) -> tuple[int, int]:
        """Less is smaller: calls in the threads, then calls before them."""
        return self.calls, len(self.before)


def in_one_thread(program: Program) -> Program:
    """The program in which one thread does all that is done before the threads, and nobody else anything."""
    return Program((), (program.before,))


def text(alphabet: Alphabet, program: Program) -> list[tuple[str, str]]:
    """(who, calls) line by line, for people."""
    said = [
        (name, "; ".join(map(alphabet.say_call, calls)))
        for name, calls in zip(names(alphabet, program), program.threads, strict=True)
    ]
    return [("before", "; ".join(map(alphabet.say_call, program.before)))] * bool(program.before) + said


def short(alphabet: Alphabet, program: Program) -> str:
    """The same in a line: ``mkdir('/a') | mount('/a') || rmdir('/a')``."""
    before = "; ".join(map(alphabet.say_call, program.before))
    threads = " || ".join("; ".join(map(alphabet.say_call, calls)) for calls in program.threads)
    return f"{before} | {threads}" if before else threads


def names(alphabet: Alphabet, program: Program) -> list[str]:
    """How traces call the threads: like their first calls, numbered where they are equal."""
    wanted = [first_call(alphabet, calls) for calls in program.threads]
    return [f"{name}-{wanted[:k].count(name) + 1}" if wanted[:k].count(name) else name for k, name in enumerate(wanted)]


def first_call(alphabet: Alphabet, calls: tuple[Any, ...]) -> str:
    """The name of the first of ``calls``, as part of an identifier."""
    word = alphabet.say_call(calls[0]).partition("(")[0].strip() if calls else "nothing"
    return "".join(letter if letter.isalnum() else "_" for letter in word).strip("_").lower() or "thread"


def depends_on_order(alphabet: Alphabet, program: Program) -> bool:
    """Whether the calls conflict: in another order of whole calls the model gives other answers, or another state at the end."""
    state = alphabet.initial
    for operation in program.before:
        state, _ = alphabet.step(state, operation)
    first = None
    seen = set()
    work: list[tuple[Any, tuple[int, ...], tuple[tuple[Any, ...], ...]]] = [
        (state, (0,) * len(program.threads), ((),) * len(program.threads))
    ]
    while work:
        state, done, answers = work.pop()
        if (state, done, answers) in seen:
            continue
        seen.add((state, done, answers))
        following = [(k, calls[done[k]]) for k, calls in enumerate(program.threads) if done[k] < len(calls)]
        if not following:
            end = state, answers
            first = first or end
            if end != first:
                return True
        for k, operation in following:
            after, answer = alphabet.step(state, operation)
            heard = (*answers[:k], (*answers[k], identity(answer)), *answers[k + 1 :])
            work.append((after, (*done[:k], done[k] + 1, *done[k + 1 :]), heard))
    return False


def smaller(program: Program) -> Iterator[Program]:
    """Programs with a thread or a call less, or with a thread's first call before the threads instead."""
    for k in range(len(program.threads)):
        yield replace(program, threads=program.threads[:k] + program.threads[k + 1 :])
    for k, calls in enumerate(program.threads):
        for j in range(len(calls)):
            yield _with(program, k, calls[:j] + calls[j + 1 :])
    for j in range(len(program.before)):
        yield replace(program, before=program.before[:j] + program.before[j + 1 :])
    for k, calls in enumerate(program.threads):
        yield replace(_with(program, k, calls[1:]), before=(*program.before, calls[0]))


def _with(program: Program, thread: int, calls: tuple[Any, ...]) -> Program:
    """With other calls in a thread; without the thread where there are none."""
    return replace(program, threads=program.threads[:thread] + ((calls,) if calls else ()) + program.threads[thread + 1 :])


def allowing(alphabet: Alphabet, *known: Known) -> Alphabet:
    """The alphabet with some known disagreements allowed."""

    def alternatives(state: Any, operation: Any, overlapping: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
        yield from alphabet.alternatives(state, operation, overlapping)
        for each in known:
            yield from each.alternatives(state, operation, overlapping)

    return replace(alphabet, alternatives=alternatives)
