"""The gate: races on the reference VFS, each with the verdict it must have."""
