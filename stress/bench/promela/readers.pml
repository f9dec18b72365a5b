/* readers(N): one thread writes x, N threads read it. */
byte x;
byte seen[N + 1];
active proctype Writer() { x = 42; end_done: (0) }
active [N] proctype Reader() { seen[_pid] = x; end_done: (0) }
