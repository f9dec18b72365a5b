/* Peterson's lock around a plain increment, N rounds: tests/programs/classic.py. */
bit wants[2], turn;
byte counter;
byte rounds_done;
active [2] proctype Worker()
{	byte t, k;
again:	wants[_pid] = 1;
	turn = 1 - _pid;
wait:	if :: (wants[1 - _pid] == 0) -> goto enter :: (wants[1 - _pid] == 1) fi;
	if :: (turn == 1 - _pid) -> goto wait :: (turn == _pid) fi;
enter:	t = counter;
	d_step { counter = t + 1; t = 0 };
	if :: d_step { k < N - 1 -> wants[_pid] = 0; k = k + 1 } -> goto again
	   :: d_step { k == N - 1 -> wants[_pid] = 0; k = 0; rounds_done = rounds_done + 1;
		assert(rounds_done < 2 || counter == 2 * N) } fi;
end_done: (0)
}
