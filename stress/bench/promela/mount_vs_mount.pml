/* Two mounts on one directory: stress/races/mount_vs_mount.py.
 *
 * One transition a step of the Python code; comments name functions of impl. Dead locals are cleared. The mount of thread k
 * is number k + 1; whoever comes second is mounted on the other's root.
 */
bit mount_mu, a_mu;
byte seq, size;
bit slots;
byte slot0, slot1;                       /* value words */
bit hash0, hash1;
byte root_refs = 1, a_refs = 1, a_mounts;
bit a_disowned, root_umounted, root_ns = 1;
byte root_children, ns_mountpoints, vfs_mountpoints;
byte refs[3] = 1, parent[3], point[3], root_impl_refs[3] = 1;   /* parent: 3 is the root mount; point: 3 is a */
bit ns[3], children[3], root_mu[3], root_mounts[3], root_disowned[3], umounted[3];

#define ME (_pid + 1)
#define OTHER (2 - _pid)

/* ConnectOperations._connect_locked, and MountTable.insert_locked in it, up to the slot's words */
#define CONNECT(p, d, kids, mounted) \
	seq = seq + 1;                                                      /* _connect_at_locked */ \
	refs[ME] = refs[ME] + 1; \
	parent[ME] = p; point[ME] = d; \
	kids = kids + 1; \
	mounted = mounted + 1; \
	ns[ME] = 1; \
	(ns_mountpoints != 9); ns_mountpoints = ns_mountpoints + 1;         /* count_mountpoint_locked */ \
	(parent[ME] == p); (point[ME] == d); (size != 9); (slots == 0); \
	size = size + 1;

/* _add_mountpoint_locked, end of the write section */
#define CONNECTED \
	(vfs_mountpoints != 9); vfs_mountpoints = vfs_mountpoints + 1; \
	seq = seq + 1;

active [2] proctype Mounter()
{	byte e, r;
	root_refs = root_refs + 1; a_refs = a_refs + 1;                     /* VirtualDentry.inc_ref */
	d_step { mount_mu == 0 -> mount_mu = 1 };                           /* _connect_mount_at */
	d_step { a_mu == 0 -> a_mu = 1 };                                   /* _lock_mountpoint_locked */
	(a_disowned == 0); (root_umounted == 0);
	if :: (a_mounts == 0) :: (a_mounts != 0) -> goto climb fi;          /* _mounted_on_locked */
	(root_ns == 1);
	CONNECT(3, 3, root_children, a_mounts)
	(slot0 == 0); slot0 = ME; hash0 = 0;                                /* insert_robin_hood */
	CONNECTED
	a_mu = 0;
	mount_mu = 0;
	refs[ME] = refs[ME] - 1;                                            /* Mount.dec_ref */
	goto end_done;
climb:	if :: d_step { (seq & 1) == 0 -> e = seq } fi;                             /* MountTable.lookup */
	(size != 9); (slots == 0); (seq == e);
	(slot0 == OTHER); (hash0 == 0); (seq == e);
	(parent[OTHER] == 3); (point[OTHER] == 3); d_step { seq == e -> e = 0 };
lt:	r = refs[OTHER];                                                    /* Mount.try_inc_mounted_ref */
	if :: d_step { refs[OTHER] == r -> refs[OTHER] = r + 1; r = 0 }
	   :: d_step { refs[OTHER] != r -> r = 0 } -> goto lt fi;
	root_impl_refs[OTHER] = root_impl_refs[OTHER] + 1;
	a_mu = 0;
	d_step { root_mu[OTHER] == 0 -> root_mu[OTHER] = 1 };               /* _lock_mountpoint_locked, one level up */
	(root_disowned[OTHER] == 0); (umounted[OTHER] == 0); (root_mounts[OTHER] == 0);
	(ns[OTHER] == 1);
	CONNECT(OTHER, OTHER, children[OTHER], root_mounts[OTHER])
	(slot1 == 0); slot1 = ME; hash1 = 1;
	CONNECTED
	root_mu[OTHER] = 0;
	mount_mu = 0;
	a_refs = a_refs - 1; root_refs = root_refs - 1;                     /* Drops.run */
	refs[ME] = refs[ME] - 1;
end_done: (0)
}
