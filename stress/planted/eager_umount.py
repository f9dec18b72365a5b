"""Defects of the eager umount's busy test and of walks that ought to see its mark."""

from __future__ import annotations

from impl.mount import Mount
from impl.umount import UmountOperations
from stress.planted.lookup import M5
from weft import Edit, NotPlanted, Planted

H1 = Planted(
    slug="H1",
    source="gVisor since 46651a7d2 (2019-12-10); Linux closed the same window in 65781e19dcfc",
    what="the busy test and the mark that keeps walks out are two steps, and a walk can take its reference between them",
    function=Mount._mark_eagerly_umounted,
    change=Edit(
        "return self.refs.compare_and_swap(expected, expected | EAGERLY_UMOUNTED)",
        """
        refs = self.refs.load()
        if refs & INT64_MAX != expected:
            return False
        while True:
            refs = self.refs.load()
            if self.refs.compare_and_swap(refs, refs | EAGERLY_UMOUNTED):
                return True
        """,
    ),
    oracle="O4",
    race="walk_vs_eager_umount",
    check="final:nobody_is_inside_what_was_umounted",
    covers=("M1", "S15", "L03 as far as it is not a matter of barriers"),
)

M3 = Planted(
    slug="M3",
    source="operator M3; Linux L04",
    what="a walk takes a reference although the mark says that the mount is umounted: only a count of zero refuses it",
    function=Mount.try_inc_mounted_ref,
    change=Edit("if refs <= 0:", "if refs & INT64_MAX == 0:"),
    oracle="O4",
    race="walk_vs_eager_umount",
    check="final:nobody_is_inside_what_was_umounted",
)

UMOUNTED_TWICE = Planted(
    slug="umounted-twice",
    source="an operator of our own",
    what="umount asks under mount_mu which namespace the mount belongs to, but not whether somebody has umounted it meanwhile",
    function=UmountOperations._is_mounted_in_locked,
    change=Edit("return mount.ns.read() is namespace and not mount.umounted.read()", "return mount.ns.read() is namespace"),
    oracle="O1",
    race="umount_vs_lazy_umount",
)

S18 = Planted(
    slug="S18",
    source="the seed, vfs/mount.go Mount.incRef",
    what="an increment from zero is not noticed, so the mount that M5 revives is used while it is destroyed",
    function=Mount.inc_ref,
    change=Edit("if refs & INT64_MAX <= 1:", "if False:"),
    oracle="O1",
    race="last_reference_vs_walk",
    check="",
    also=(M5,),
)

L03 = NotPlanted(
    slug="L03",
    source="Linux 65781e19dcfc (2025): missing barrier before the reference checks of a synchronous umount",
    kind="gap",
    why="a store and a load that change places show only on memory weaker than sequentially consistent; with sequential "
    "consistency the same window is H1",
)

H9 = NotPlanted(
    slug="H9",
    source="gVisor today, and Linux",
    kind="elsewhere",
    why="two eager umounts that see each other's reference may both be EBUSY; the specification allows it",
)
