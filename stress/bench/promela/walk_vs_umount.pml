/* walk(a) and umount(a) on impl/: the races of stress/races/walk_vs_eager_umount.py and stress/bench/mixes.py.
 *
 * One transition a step of the Python code; a comment says in which function of impl it is. What a thread computes from a
 * value that it has read belongs to the transition that reads it. Locals are cleared as soon as they are dead.
 * -DNW, -DNU: how many threads walk and umount. -DDROP: walkers give their reference back.
 */
#define DEAD 128               /* Mount.refs: bit 63 */
#define CNT(x) ((x) & 127)
#define INSIDE 1
#define OUTSIDE 2
#define EINVAL 3
#define EBUSY 4
#define OK 5

bit mount_mu;
byte seq = 2;
byte size = 1;                 /* entries; the order never changes here */
bit slots;                     /* which array: it does not grow here */
bit slot0 = 1, slot1;          /* the value words: M or nothing */
bit hash0;
byte root_refs = 2, a_refs = 2, a_mounts = 1;
byte m_refs = 1;
bit m_parent = 1, m_point = 1, m_ns = 1, m_umounted, m_children, m_root_mounts;
bit m_root_refs = 1, m_fs_refs = 1;
bit root_children = 1, ns_mountpoints = 1, vfs_mountpoints = 1;
byte res[NW + NU];

#define FINISH(v) res[_pid] = v

/* VirtualFilesystem.get_mount_at(root, a) */
#define WALK(none) \
l0:	if :: d_step { (seq & 1) == 0 -> e = seq } fi;                      /* MountTable._probe */ \
	(size != 9); \
	(slots == 0); \
	if :: (seq == e) :: d_step { seq != e -> e = 0 } -> goto l0 fi; \
	v = slot0;                                                          /* _examine */ \
	(hash0 == 0); \
	if :: d_step { seq != e -> e = 0; v = 0 } -> goto l0 \
	   :: d_step { seq == e && !v -> e = 0; FINISH(none) } -> goto end_done \
	   :: d_step { seq == e && v -> v = 0 } fi; \
	p = m_parent; \
	q = m_point; \
	if :: d_step { seq != e -> e = 0; p = 0; q = 0 } -> goto l0 \
	   :: d_step { seq == e -> assert(p && q); e = 0; p = 0; q = 0 } fi; \
lt:	if :: d_step { m_refs != 0 && m_refs < DEAD -> r = m_refs }         /* Mount.try_inc_mounted_ref */ \
	   :: (m_refs == 0 || m_refs >= DEAD) -> goto l0 fi; \
	if :: d_step { m_refs == r -> m_refs = r + 1; r = 0 } \
	   :: d_step { m_refs != r -> r = 0 } -> goto lt fi;

#if NW > 0
active [NW] proctype Walker()
{	byte e, r; bit v, p, q;
	WALK(OUTSIDE)
#ifdef DROP
	(m_root_mounts == 0);                                               /* Dentry.is_mounted */
	d_step { m_refs = m_refs - 1; assert(CNT(m_refs)); FINISH(INSIDE) } /* Mount.dec_ref */
#else
	d_step { m_root_mounts == 0 -> FINISH(INSIDE) }
#endif
end_done: (0)
}
#endif

active [NU] proctype Umounter()
{	byte e, r; bit v, p, q;
	WALK(EINVAL)
	(m_root_mounts == 0);
	d_step { mount_mu == 0 -> mount_mu = 1 };                           /* UmountOperations.umount_mount */
	(m_ns == 1);                                                        /* _is_mounted_in_locked */
	if :: (m_umounted == 0) :: (m_umounted == 1) -> goto inval fi;
	seq = seq + 1;                                                      /* _umount_locked */
	(m_children == 0);                                                  /* _claim_unused_locked */
	if :: d_step { m_refs == 2 -> m_refs = DEAD | 2 } :: (m_refs != 2) -> goto busy fi;
	(m_umounted == 0);                                                  /* _umount_recursive_locked */
	m_umounted = 1;
	(m_parent == 1);                                                    /* _should_disconnect_locked */
	(m_parent == 1); (m_point == 1); (m_ns == 1);                       /* _disconnect_locked */
	root_children = 0;
	a_mounts = a_mounts - 1;
	(ns_mountpoints == 1); ns_mountpoints = 0;                          /* uncount_mountpoint_locked */
	(m_parent == 1); (m_point == 1); (size == 1); (slots == 0);         /* MountTable.remove_locked */
	(slot0 == 1); (slot1 == 0); slot0 = 0;                              /* SlotArray.remove_shifting_back */
	size = size - 1;
	m_parent = 0; m_point = 0;
	(vfs_mountpoints == 1); vfs_mountpoints = 0;                        /* _remove_mountpoint_locked */
	(m_children == 0);
	seq = seq + 1;
	mount_mu = 0;
	a_refs = a_refs - 1; root_refs = root_refs - 1;                     /* Drops.run */
	d_step { m_refs = m_refs - 1; assert(CNT(m_refs) == 1) };
	m_refs = m_refs - 1;                                                /* Mount.dec_ref of the walk's reference */
	(m_parent == 0);                                                    /* disconnect_destroyed */
	m_root_refs = 0;                                                    /* Mount._destroy */
	d_step { m_fs_refs = 0; FINISH(OK) };
	goto end_done;
busy:	seq = seq + 1;
	mount_mu = 0;
	d_step { m_refs = m_refs - 1; assert(CNT(m_refs)); FINISH(EBUSY) };
	goto end_done;
inval:	mount_mu = 0;
	d_step { m_refs = m_refs - 1; FINISH(EINVAL) };
end_done: (0)
}
