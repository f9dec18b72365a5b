"""What the VFS raises: one family for callers, one for its own defects, and they never mix.

An operation that fails as its man page says raises ``FsError`` with an errno. Where the original panics
(a reference count that cannot be, an index that contradicts another) we raise ``RefcountError`` or
``InvariantError``: nothing in ``impl`` catches those, so a checker sees them as unhandled exceptions.
"""

from __future__ import annotations

import errno as errno_names


class FsError(Exception):
    """A VFS operation failed with ``errno``.

    Attributes:
        errno: A value of the standard library's ``errno`` module.
    """

    def __init__(self, errno: int) -> None:
        super().__init__(errno)
        self.errno = errno

    @property
    def name(self) -> str:
        """The errno's symbol, such as ``EBUSY``; of two for one number, the one man pages use."""
        if self.errno == errno_names.EOPNOTSUPP:
            return "EOPNOTSUPP"
        return errno_names.errorcode.get(self.errno, str(self.errno))

    def __str__(self) -> str:
        return self.name


class RefcountError(Exception):
    """A reference count was raised from zero or lowered below it. The original panics here."""


class InvariantError(Exception):
    """Two pieces of VFS state contradict each other.

    Attributes:
        slug: What a tool matches: ``invariant:`` and the invariant's name.
    """

    def __init__(self, invariant: str, message: str) -> None:
        super().__init__(invariant, message)
        self.slug = f"invariant:{invariant}"
        self.message = message

    def __str__(self) -> str:
        return f"{self.slug}: {self.message}"
