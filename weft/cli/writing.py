"""Files that a command will write, tried before the work and not after it."""

from __future__ import annotations


def writable(file: str | None, *, option: str = "--json") -> str | None:
    """``file``, after making sure that it can be written.

    Raises:
        UsageError: It cannot.
    """
    from weft.errors import UsageError

    if file is not None:
        try:
            with open(file, "ab"):
                pass
        except OSError as error:
            raise UsageError(f"{option} {file!r}: {error.strerror}; name a file that can be written") from None
    return file
