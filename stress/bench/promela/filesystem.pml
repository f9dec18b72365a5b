/* filesystem(N): threads allocate blocks to inodes under one lock each (Flanagan and Godefroid, POPL 2005). */
bit li[32], lb[26], busy[26];
byte inode[32];
active [N] proctype Allocate()
{	byte b;
	d_step { li[_pid % 32] == 0 -> li[_pid % 32] = 1 };
	if :: (inode[_pid % 32] != 0) -> goto done
	   :: d_step { inode[_pid % 32] == 0 -> b = (2 * (_pid % 32)) % 26 } fi;
try:	if :: d_step { lb[b] == 0 -> lb[b] = 1 } fi;
	if :: (busy[b] == 0) :: (busy[b] != 0) -> goto taken fi;
	busy[b] = 1;
	inode[_pid % 32] = b + 1;
	d_step { lb[b] = 0; b = 0 };
done:	li[_pid % 32] = 0;
	goto end_done;
taken:	if :: d_step { lb[b] = 0; b = (b + 1) % 26 } -> goto try fi;
end_done: (0)
}
