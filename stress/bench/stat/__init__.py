"""The seed's benchmark: what stat costs in the shape of VFS2 (``impl``) and in that of VFS1 (``stress.baseline.vfs1``).

``shapes`` builds the two with equal trees and counts what one stat does, ``timing`` measures both in one run, ``fit`` turns depths
into costs of a constant part, of a component and of a mount crossing, ``page`` writes what came out.
"""
