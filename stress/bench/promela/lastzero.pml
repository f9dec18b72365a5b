/* lastzero(N): a reader looks for the last zero of an array from the right; writer j does a[j] = a[j-1] + 1 in two steps. */
byte a[N + 1];
byte found;
active proctype Reader()
{	byte i = N;
look:	if :: d_step { a[i] != 0 -> i = i - 1 } -> goto look
	   :: d_step { a[i] == 0 -> found = i; i = 0 } fi;
end_done: (0)
}
active [N] proctype Writer()
{	byte t;
	t = a[_pid - 1];
	d_step { a[_pid] = t + 1; t = 0 };
end_done: (0)
}
