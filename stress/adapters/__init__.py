"""The seam between ``impl`` and ``model``, which share no code: the same operation done by both, and everything compared.

- ``VfsAdapter`` carries out a model operation on a real ``VirtualFilesystem`` and answers in the model's terms.
- ``SideBySide`` drives both, one operation after the other, and raises ``Disagreement`` with a script of the calls.
- ``compare`` does so for a whole list: what a pasted script calls.

Sequential: one call at a time, in the native world.
"""

from stress.adapters.calls import VfsAdapter
from stress.adapters.script import as_script, print_as_script
from stress.adapters.side_by_side import Disagreement, SideBySide, compare

__all__ = ["Disagreement", "SideBySide", "VfsAdapter", "as_script", "compare", "print_as_script"]
