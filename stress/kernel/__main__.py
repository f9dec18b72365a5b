"""``python -m stress.kernel [sequences] [first seed]``: compare, print what was compared; exit 1 on a difference."""

import sys

from stress.kernel.client import KernelWorker, Unavailable
from stress.kernel.comparison import compare_all
from stress.kernel.sequences import generate


def main() -> int:
    """Exit code: 0 no difference but deliberate ones, 1 others, 3 not possible here."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    try:
        with KernelWorker() as worker:
            totals = compare_all(worker, map(generate, range(seed, seed + count)))
    except Unavailable as reason:
        print(reason)
        return 3
    print(totals)
    return 1 if totals.findings else 0


if __name__ == "__main__":
    sys.exit(main())
