/* indexer(N): each thread inserts four words into a hash table by compare-and-swap (Flanagan and Godefroid, POPL 2005). */
byte tab[128];
active [N] proctype Insert()
{	byte m = 1, h = (7 * (11 + _pid)) % 128;
try:	if :: d_step { tab[h] == 0 && m < 4 -> tab[h] = 11 * m + _pid; m = m + 1; h = (7 * (11 * m + _pid)) % 128 } -> goto try
	   :: d_step { tab[h] == 0 && m == 4 -> tab[h] = 11 * m + _pid; m = 0; h = 0 } -> goto end_done
	   :: d_step { tab[h] != 0 -> h = (h + 1) % 128 } -> goto try fi;
end_done: (0)
}
