/* fib_bench(N): A adds j to i and B adds i to j, N times each, reading i and then j; a third thread reads both. */
int i = 1, j = 1;
int seen_i, seen_j;
active proctype A()
{	int ti, tj; byte k;
again:	ti = i;
	tj = j;
	if :: d_step { k < N - 1 -> i = ti + tj; ti = 0; tj = 0; k = k + 1 } -> goto again
	   :: d_step { k == N - 1 -> i = ti + tj; ti = 0; tj = 0; k = 0 } fi;
end_done: (0)
}
active proctype B()
{	int ti, tj; byte k;
again:	ti = i;
	tj = j;
	if :: d_step { k < N - 1 -> j = ti + tj; ti = 0; tj = 0; k = k + 1 } -> goto again
	   :: d_step { k == N - 1 -> j = ti + tj; ti = 0; tj = 0; k = 0 } fi;
end_done: (0)
}
active proctype C() { seen_i = i; seen_j = j; end_done: (0) }
