/* The last reference of an umounted mount that is still connected, against a walk into it: stress/races/last_reference_vs_walk.py.
 *
 * One transition a step of the Python code; comments name functions of impl. Dead locals are cleared.
 */
bit mount_mu;
byte seq = 6, size = 1;
bit slots, slot1 = 1, slot2, hash1 = 1;
byte m_refs = 2, m_root_refs = 2;
bit m_children = 1, m_root_mounts = 1;
byte c_refs = 1;
bit c_parent = 1, c_point = 1, c_ns = 1, c_root_mounts, c_root_refs = 1, c_fs_refs = 1;
bit ns_mountpoints = 1, vfs_mountpoints = 1;
byte res;

active proctype Closer()
{	if :: d_step { c_refs > 1 -> c_refs = c_refs - 1 } -> goto end_done  /* Mount.dec_ref */
	   :: d_step { c_refs == 1 -> c_refs = 0 } fi;
	(c_parent == 1);                                                    /* disconnect_destroyed */
	d_step { mount_mu == 0 -> mount_mu = 1 };
	(c_parent == 1);
	seq = seq + 1;
	(c_parent == 1); (c_point == 1); (c_ns == 1);                       /* _disconnect_locked */
	m_children = 0;
	m_root_mounts = 0;
	(ns_mountpoints == 1); ns_mountpoints = 0;                          /* uncount_mountpoint_locked */
	(c_parent == 1); (c_point == 1); (size == 1); (slots == 0);         /* MountTable.remove_locked */
	(slot1 == 1); (slot2 == 0); slot1 = 0;                              /* SlotArray.remove_shifting_back */
	size = 0;
	c_parent = 0; c_point = 0;
	(vfs_mountpoints == 1); vfs_mountpoints = 0;                        /* _remove_mountpoint_locked */
	seq = seq + 1;
	mount_mu = 0;
	c_root_refs = 0; c_fs_refs = 0;                                     /* Mount._destroy */
	m_root_refs = m_root_refs - 1; m_refs = m_refs - 1;                 /* VirtualDentry.dec_ref */
end_done: (0)
}

active proctype Walker()
{	byte e, r; bit v, p, q;
l0:	if :: d_step { (seq & 1) == 0 -> e = seq } fi;                      /* MountTable._probe */
	(size != 9);
	(slots == 0);
	if :: (seq == e) :: d_step { seq != e -> e = 0 } -> goto l0 fi;
	v = slot1;                                                          /* _examine */
	(hash1 == 1);
	if :: d_step { seq != e -> e = 0; v = 0 } -> goto l0
	   :: d_step { seq == e && !v -> e = 0; res = 1 } -> goto end_done  /* uncovered */
	   :: d_step { seq == e && v -> v = 0 } fi;
	p = c_parent;
	q = c_point;
	if :: d_step { seq != e -> e = 0; p = 0; q = 0 } -> goto l0
	   :: d_step { seq == e -> assert(p && q); e = 0; p = 0; q = 0 } fi;
lt:	if :: d_step { c_refs != 0 -> r = c_refs } :: (c_refs == 0) -> goto l0 fi;  /* Mount.try_inc_mounted_ref */
	if :: d_step { c_refs == r -> c_refs = r + 1; r = 0 }
	   :: d_step { c_refs != r -> r = 0 } -> goto lt fi;
	d_step { c_root_mounts == 0 -> res = 2 };                           /* inside C */
end_done: (0)
}
