"""Fixtures of the reference VFS's unit tests, which run sequentially in the native world."""

import pytest

from tests.unit.impl.machine import Machine
from tests.unit.impl.mount_layer import MountLayer


@pytest.fixture
def layer():
    """A mount layer with a namespace, torn down and checked for leaks afterwards."""
    layer = MountLayer()
    yield layer
    layer.release_everything()


@pytest.fixture
def m():
    """A whole VFS with one process, shut down and checked for leaks afterwards."""
    machine = Machine()
    yield machine
    machine.shut_down()
