"""Every operation of the VFS against one busy neighbour: what ``weft progress stress/operations`` tabulates."""
