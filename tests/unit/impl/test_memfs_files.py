"""Files, directories and links on memfs, by path and by file description."""

from errno import EEXIST, EINVAL, ENOENT, ENOTDIR

import pytest

from impl.file_description import SEEK_CUR, SEEK_END
from impl.flags import O_APPEND, O_CREAT, O_EXCL, O_PATH, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY
from impl.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from tests.unit.impl.machine import errno_of


def test_what_is_written_is_read(m):
    m.create("/f", b"hello")
    assert m.read("/f") == b"hello"
    assert m.stat("/f").size == 5


def test_reads_and_writes_move_the_position(m):
    fd = m.open("/f", O_CREAT | O_RDWR)
    assert fd.write(b"abc") == 3
    assert fd.write(b"def") == 3
    assert fd.seek(1) == 1
    assert fd.read(2) == b"bc"
    assert fd.read(10) == b"def"
    assert fd.read(10) == b""


def test_positional_reads_and_writes_do_not_move_the_position(m):
    fd = m.open("/f", O_CREAT | O_RDWR)
    fd.write(b"abc", offset=0)
    assert fd.read(2, offset=1) == b"bc"
    assert fd.read(10) == b"abc"


def test_seeking_from_the_end_and_from_here(m):
    m.create("/f", b"hello")
    fd = m.open("/f")
    assert fd.seek(-2, whence=SEEK_END) == 3
    assert fd.seek(1, whence=SEEK_CUR) == 4
    assert fd.read(5) == b"o"


def test_holes_read_as_zeros(m):
    fd = m.open("/f", O_CREAT | O_RDWR)
    fd.seek(3)
    fd.write(b"x")
    assert m.read("/f") == b"\0\0\0x"


def test_writing_nothing_does_not_grow_the_file(m):
    fd = m.open("/f", O_CREAT | O_RDWR)
    fd.seek(3)
    assert fd.write(b"") == 0
    assert m.stat("/f").size == 0


def test_appending_ignores_the_position(m):
    m.create("/f", b"ab")
    fd = m.open("/f", O_WRONLY | O_APPEND)
    fd.write(b"c")
    fd.write(b"d", offset=0)
    assert m.read("/f") == b"abcd"


@pytest.mark.parametrize("access", [O_RDONLY, O_WRONLY, O_RDWR])
def test_truncating_opens_empty_the_file(m, access):
    m.create("/f", b"data")
    m.open("/f", access | O_TRUNC)
    assert m.stat("/f").size == 0


def test_creating_keeps_what_is_there(m):
    m.create("/f", b"data")
    m.open("/f", O_CREAT)
    assert m.read("/f") == b"data"


def test_creating_through_a_symlink_creates_its_target(m):
    m.mkdir("/d")
    m.symlink("/l", "d/new")
    m.create("/l", b"x")
    assert m.read("/d/new") == b"x"


def test_creating_through_symlinks_in_other_directories_continues_from_the_directory(m):
    m.mkdir("/d", "/d/e")
    m.symlink("/d/e/l", "../l2")
    m.symlink("/d/l2", "e/new")
    m.create("/d/e/l", b"x")
    assert m.read("/d/e/new") == b"x"


def test_creating_through_an_absolute_symlink(m):
    m.mkdir("/d")
    m.symlink("/d/l", "/new")
    m.create("/d/l", b"x")
    assert m.read("/new") == b"x"


def test_exclusive_creation_makes_the_file_once(m):
    m.open("/f", O_CREAT | O_EXCL)
    assert errno_of(m.open, "/f", O_CREAT | O_EXCL) == EEXIST


def test_modes_are_kept_and_shown(m):
    m.vfs.mkdir_at(m.at("/d"), mode=0o750)
    fd = m.vfs.open_at(m.at("/f"), flags=O_CREAT, mode=0o640)
    fd.dec_ref()
    m.symlink("/l", "f")
    assert m.stat("/d").mode == S_IFDIR | 0o750
    assert m.stat("/f").mode == S_IFREG | 0o640
    assert m.stat("/l", follow=False).mode == S_IFLNK | 0o777


def test_inode_numbers_are_unique(m):
    m.mkdir("/d")
    m.create("/f")
    m.symlink("/l", "f")
    inos = [m.stat(path, follow=False).ino for path in ("/", "/d", "/f", "/l")]
    assert inos == [1, 2, 3, 4]


def test_directories_count_their_subdirectories(m):
    m.mkdir("/d", "/d/a", "/d/b")
    m.create("/d/f")
    assert (m.stat("/d").nlink, m.stat("/").nlink) == (4, 3)
    m.rmdir("/d/a")
    assert m.stat("/d").nlink == 3


def test_hard_links_share_the_file(m):
    m.mkdir("/d")
    m.create("/f", b"x")
    m.link("/f", "/d/g")
    assert m.stat("/f") == m.stat("/d/g")
    assert m.stat("/f").nlink == 2
    m.unlink("/f")
    assert m.read("/d/g") == b"x"
    assert m.stat("/d/g").nlink == 1


@pytest.mark.parametrize(("follow", "kind"), [(True, S_IFREG), (False, S_IFLNK)])
def test_linking_a_symlink_follows_it_only_if_asked(m, follow, kind):
    m.create("/f")
    m.symlink("/l", "f")
    m.link("/l", "/h", follow=follow)
    assert m.stat("/h", follow=False).mode & S_IFMT == kind


def test_an_unlinked_file_lives_while_it_is_open(m):
    m.create("/f", b"data")
    fd = m.open("/f", O_RDWR)
    m.unlink("/f")
    assert errno_of(m.stat, "/f") == ENOENT
    assert fd.read(10) == b"data"
    fd.write(b"more")
    assert (fd.stat().nlink, fd.stat().size) == (0, 8)
    inode = fd.impl.inode
    m.close(fd)
    assert (inode.refs.load(), inode.size()) == (0, 0)


def test_a_deleted_directory_stays_usable_to_its_holders_and_gets_no_files(m):
    m.mkdir("/d")
    vd = m.handle("/d")
    m.rmdir("/d")
    assert m.vfs.stat_at(m.at(".", start=vd)).nlink == 0
    assert m.vfs.stat_at(m.at("..", start=vd)).ino == 1
    assert errno_of(m.vfs.open_at, m.at("f", start=vd), flags=O_CREAT) == ENOENT


def test_symlinks_tell_their_target_and_its_length(m):
    m.symlink("/l", "some/where")
    assert m.vfs.readlink_at(m.at("/l")) == "some/where"
    assert m.stat("/l", follow=False).size == 10


def test_unlinking_a_symlink_leaves_its_target(m):
    m.create("/f")
    m.symlink("/l", "f")
    m.unlink("/l")
    assert m.ls() == ["f"]


# -- iteration ---------------------------------------------------------------------------------------------------


def test_directories_list_dot_dotdot_and_their_names(m):
    m.mkdir("/d", "/d/b")
    m.create("/d/a")
    m.symlink("/d/c", "x")
    entries = m.open("/d").iter_dirents()
    assert [(e.name, e.kind) for e in entries] == [
        (".", S_IFDIR),
        ("..", S_IFDIR),
        ("a", S_IFREG),
        ("b", S_IFDIR),
        ("c", S_IFLNK),
    ]
    assert (entries[0].ino, entries[1].ino) == (m.stat("/d").ino, m.stat("/").ino)


def test_a_root_directory_is_its_own_parent(m):
    entries = m.open("/").iter_dirents()
    assert [(e.name, e.ino) for e in entries] == [(".", 1), ("..", 1)]


def test_listing_in_pieces_skips_nothing_when_names_come_and_go(m):
    m.mkdir("/d")
    for name in "bdfh":
        m.create(f"/d/{name}")
    fd = m.open("/d")
    first = [e.name for e in fd.iter_dirents(count=4)]
    m.unlink("/d/b")
    m.create("/d/e")
    rest = [e.name for e in fd.iter_dirents()]
    assert first == [".", "..", "b", "d"]
    assert rest == ["e", "f", "h"]
    assert fd.iter_dirents() == ()


def test_an_unlinked_name_is_not_listed(m):
    m.create("/f")
    fd = m.open("/")
    m.unlink("/f")
    assert [e.name for e in fd.iter_dirents()] == [".", ".."]


def test_a_directory_can_be_rewound(m):
    fd = m.open("/")
    fd.iter_dirents()
    assert fd.seek(0) == 0
    assert len(fd.iter_dirents()) == 2


# -- rename ------------------------------------------------------------------------------------------------------


def test_rename_moves_a_file_and_leaves_nothing_behind(m):
    m.mkdir("/d")
    m.create("/f", b"x")
    m.rename("/f", "/d/g")
    assert errno_of(m.stat, "/f") == ENOENT
    assert m.read("/d/g") == b"x"
    m.mkdir("/f")


def test_rename_replaces_a_file(m):
    m.create("/f", b"new")
    m.create("/g", b"old")
    old = m.open("/g")
    m.rename("/f", "/g")
    assert m.read("/g") == b"new"
    assert old.read(10) == b"old"
    assert old.stat().nlink == 0


def test_rename_replaces_an_empty_directory(m):
    m.mkdir("/a", "/a/sub", "/b")
    m.rename("/a", "/b")
    assert m.ls("/b") == ["sub"]
    assert m.stat("/").nlink == 3


def test_renaming_a_directory_moves_its_link(m):
    m.mkdir("/a", "/b", "/a/sub")
    m.rename("/a/sub", "/b/sub")
    assert (m.stat("/a").nlink, m.stat("/b").nlink) == (2, 3)
    assert m.stat("/b/sub/..").ino == m.stat("/b").ino


def test_replacing_a_directory_from_elsewhere_counts_links_once(m):
    m.mkdir("/a", "/b", "/a/sub", "/b/sub")
    m.rename("/a/sub", "/b/sub")
    assert (m.stat("/a").nlink, m.stat("/b").nlink) == (2, 3)


def test_renaming_to_itself_or_to_another_name_of_the_file_does_nothing(m):
    m.create("/f", b"x")
    m.link("/f", "/g")
    m.rename("/f", "/f")
    m.rename("/f", "/g")
    assert m.ls() == ["f", "g"]
    m.mkdir("/d")
    m.rename("/d", "/d")


def test_renaming_a_hard_link_over_another_file(m):
    m.create("/f", b"x")
    m.link("/f", "/h")
    m.create("/g", b"y")
    m.link("/g", "/k")
    m.rename("/f", "/g")
    assert (m.stat("/g").nlink, m.stat("/k").nlink) == (2, 1)


def test_a_symlink_is_renamed_itself(m):
    m.create("/f")
    m.symlink("/l", "f")
    m.rename("/l", "/k")
    assert m.vfs.readlink_at(m.at("/k")) == "f"


def test_a_file_open_while_renamed_stays_open(m):
    m.create("/f", b"x")
    fd = m.open("/f")
    m.rename("/f", "/g")
    assert fd.read(1) == b"x"


# -- open file descriptions --------------------------------------------------------------------------------------


def test_a_duplicated_description_shares_its_position(m):
    m.create("/f", b"abcd")
    fd = m.open("/f")
    fd.inc_ref()
    fd.read(2)
    fd.dec_ref()
    assert fd.read(2) == b"cd"


def test_a_path_description_tells_about_the_file_only(m):
    m.symlink("/l", "x")
    fd = m.vfs.open_at(m.at("/l", follow=False), flags=O_PATH)
    assert fd.stat().mode & S_IFMT == S_IFLNK
    fd.dec_ref()


def test_access_mode_3_opens_for_neither(m):
    m.create("/f", b"x")
    fd = m.open("/f", 3)
    assert errno_of(fd.read, 1) == errno_of(fd.write, b"y") != 0


def test_a_path_through_a_file_is_refused_only_when_it_goes_on(m):
    m.create("/f")
    assert errno_of(m.stat, "/f/.") == ENOTDIR
    assert errno_of(m.stat, "/f/..") == ENOTDIR


def test_seeking_before_the_beginning_keeps_the_position(m):
    m.create("/f", b"abc")
    fd = m.open("/f")
    fd.seek(2)
    assert errno_of(fd.seek, -5, whence=SEEK_CUR) == EINVAL
    assert fd.read(1) == b"c"
