"""What the reference VFS is compared with: the same calls, in the shape of an older design."""
