"""Defects of umount: of its busy test, of the mark that keeps walks out, of the look whether it is still mounted."""

from __future__ import annotations

from impl.mount import EAGERLY_UMOUNTED, Mount
from impl.namespace import MountNamespace
from impl.sync import INT64_MAX
from impl.umount import UmountOperations
from stress.planting import Planted


def _test_then_mark(self: Mount, expected: int) -> bool:
    refs = self.refs.load()
    if refs & INT64_MAX != expected:
        return False
    while True:
        refs = self.refs.load()
        if self.refs.compare_and_swap(refs, refs | EAGERLY_UMOUNTED):
            return True


H1 = Planted(
    slug="H1",
    source="gVisor since 46651a7d2 (2019-12-10); Linux closed the same window in 65781e19dcfc",
    what="the busy test and the mark that keeps walks out are two steps, and a walk can take its reference between them",
    owner=Mount,
    attribute="_mark_eagerly_umounted",
    replacement=_test_then_mark,
)


def _only_zero_keeps_out(self: Mount) -> bool:
    while True:
        refs = self.refs.load()
        if refs & INT64_MAX == 0:
            return False
        if self.refs.compare_and_swap(refs, refs + 1):
            return True


M3 = Planted(
    slug="M3",
    source="operator M3; S18, Linux L04",
    what="taking a reference looks at the count only, so a walk that found the mount before gets into it after an eager umount",
    owner=Mount,
    attribute="try_inc_mounted_ref",
    replacement=_only_zero_keeps_out,
)


def _of_the_namespace_at_all(_: UmountOperations, mount: Mount, namespace: MountNamespace) -> bool:
    return mount.ns.read() is namespace


UMOUNTED_TWICE = Planted(
    slug="umounted-twice",
    source="an operator of our own",
    what="umount asks under mount_mu which namespace the mount belongs to, but not whether somebody has umounted it meanwhile",
    owner=UmountOperations,
    attribute="_is_mounted_in_locked",
    replacement=_of_the_namespace_at_all,
)
