"""Mixed traffic on a whole VFS, for ``weft stress`` and ``weft profile``."""
