/* The lookup of M2 against umount(M1), all keys in one home slot: stress/races/lookup_vs_remove.py.
 *
 * One transition a step of the Python code; comments name functions of impl. Dead locals are cleared.
 */
#define DEAD 128
#define CNT(x) ((x) & 127)

bit mount_mu;
byte seq = 4;
byte size = 2;
bit slots;
byte slot0 = 1, slot1 = 2, slot2;        /* value words: 0, M1 or M2 */
bit hash0, hash1;                        /* all keys hash to 0 */
byte root_refs = 3, a_refs = 2;
bit a_mounts = 1;
byte m1_refs = 1, m2_refs = 1;
bit m1_parent = 1, m1_point = 1, m1_ns = 1, m1_umounted, m1_children, m1_root_mounts, m1_root_refs = 1, m1_fs_refs = 1;
bit m2_parent = 1, m2_point = 1, m2_root_mounts;
byte root_children = 2, ns_mountpoints = 2, vfs_mountpoints = 2;

#define AGAIN d_step { seq != e -> e = 0; v = 0; p = 0; q = 0 } -> goto l0

/* MountTable._probe */
#define BEGIN \
l0:	if :: d_step { (seq & 1) == 0 -> e = seq } fi; \
	(size != 9); \
	(slots == 0); \
	if :: (seq == e) :: AGAIN fi;

/* Mount.try_inc_mounted_ref */
#define TRY_INC(refs) \
lt:	if :: d_step { refs != 0 && refs < DEAD -> r = refs } \
	   :: (refs == 0 || refs >= DEAD) -> goto l0 fi; \
	if :: d_step { refs == r -> refs = r + 1; r = 0 } \
	   :: d_step { refs != r -> r = 0 } -> goto lt fi;

active proctype Walker()
{	byte e, r, v; bit p, q;
	BEGIN
	v = slot0;                                                          /* _examine, slot 0 */
	(hash0 == 0);
	if :: AGAIN :: d_step { seq == e -> assert(v) } fi;
	p = (v == 1 -> m1_parent : m2_parent);
	q = (v == 1 -> m1_point : m2_point);
	if :: AGAIN
	   :: d_step { seq == e && v == 2 -> assert(p && q); e = 0; v = 0; p = 0; q = 0 } -> goto lt
	   :: d_step { seq == e && v == 1 -> v = 0; p = 0; q = 0 } fi;
	v = slot1;                                                          /* _examine, slot 1 */
	(hash1 == 0);
	if :: AGAIN :: d_step { seq == e -> assert(v == 2); v = 0 } fi;     /* an empty slot is never believed */
	p = m2_parent;
	q = m2_point;
	if :: AGAIN :: d_step { seq == e -> assert(p && q); e = 0; p = 0; q = 0 } fi;
	TRY_INC(m2_refs)
	(m2_root_mounts == 0);                                              /* Dentry.is_mounted */
end_done: (0)
}

active proctype Umounter()
{	byte e, r, v; bit p, q;
	BEGIN
	v = slot0;
	(hash0 == 0);
	if :: AGAIN :: d_step { seq == e -> assert(v == 1); v = 0 } fi;
	p = m1_parent;
	q = m1_point;
	if :: AGAIN :: d_step { seq == e -> assert(p && q); e = 0; p = 0; q = 0 } fi;
	TRY_INC(m1_refs)
	(m1_root_mounts == 0);
	d_step { mount_mu == 0 -> mount_mu = 1 };                           /* UmountOperations.umount_mount */
	(m1_ns == 1); (m1_umounted == 0);                                   /* _is_mounted_in_locked */
	seq = seq + 1;                                                      /* _umount_locked */
	(m1_children == 0);                                                 /* _claim_unused_locked */
	d_step { m1_refs == 2 -> m1_refs = DEAD | 2 };
	(m1_umounted == 0);                                                 /* _umount_recursive_locked */
	m1_umounted = 1;
	(m1_parent == 1);                                                   /* _should_disconnect_locked */
	(m1_parent == 1); (m1_point == 1); (m1_ns == 1);                    /* _disconnect_locked */
	root_children = root_children - 1;
	a_mounts = 0;
	(ns_mountpoints == 2); ns_mountpoints = 1;                          /* uncount_mountpoint_locked */
	(m1_parent == 1); (m1_point == 1); (size == 2); (slots == 0);       /* MountTable.remove_locked */
	(slot0 == 1);
	(slot1 == 2); (hash1 == 0);                                         /* SlotArray.remove_shifting_back */
	slot0 = 2; hash0 = 0;
	(slot2 == 0);
	slot1 = 0;
	size = size - 1;
	m1_parent = 0; m1_point = 0;
	(vfs_mountpoints == 2); vfs_mountpoints = 1;                        /* _remove_mountpoint_locked */
	(m1_children == 0);
	seq = seq + 1;
	mount_mu = 0;
	a_refs = a_refs - 1; root_refs = root_refs - 1;                     /* Drops.run */
	d_step { m1_refs = m1_refs - 1; assert(CNT(m1_refs) == 1) };
	m1_refs = m1_refs - 1;                                              /* Mount.dec_ref of the walk's reference */
	(m1_parent == 0);                                                   /* disconnect_destroyed */
	m1_root_refs = 0; m1_fs_refs = 0;                                   /* Mount._destroy */
end_done: (0)
}
