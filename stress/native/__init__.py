"""What native stress finds of the known defects, how fast, and where the two shapes of a VFS make threads wait."""
