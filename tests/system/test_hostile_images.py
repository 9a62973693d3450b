# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images that are broken or made to do harm.  Checking, mounting and unpacking must give the same verdict, in a sentence, without a
crash; and the harmless twin of each image must be accepted by all three."""
import hashlib
import os
import struct
import unittest
import zlib

from attached import Attached
from harness import SystemTest, time_limit, write
from squashfs_maker import BLOCK, Link, Maker, NO_FRAGMENT, Special, put

VARIANTS = ("asan",)
NOT_OLD = "images are served only where open_tree is there; elsewhere they are unpacked: test_images_unpacked"

CONTENT = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(400))


def small_tree():
    return {"metadata": b"[Application]\n", "files": {"a": CONTENT, "b": b"tail of b\n" * 20, "hole": bytes(3 * BLOCK) + b"end",
                                                      "link": Link("a"), "sub": {"c": b"c", "d": b"d" * 5000}}}


class HostileTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.need_fuse()

    def file(self, data):
        return write(os.path.join(self.work, f"{self._testMethodName}.app"), data)

    def tool(self, *args):
        result = self.run_command([self.program("image-tool"), *args], timeout=30)
        self.assertIn(result.status, (0, 1), f"{args}: {result}")
        return result

    def verdicts(self, path):
        """{how: "" or the error's sentence}"""
        result = {"check": self.tool("check", path).err}
        attached = Attached(self, path, "fuse", "any", XDG_RUNTIME_DIR=None)
        result["mount"] = attached.error
        attached.end()
        dest = path + ".d"
        self.run_command(["rm", "-rf", dest])
        os.mkdir(dest)
        result["unpack"] = self.tool("unpack", path, dest).err
        for how, sentence in result.items():
            self.assertNotRegex(sentence, r"ended or hangs|without an answer|AddressSanitizer|runtime error", how)
            self.assertLess(sentence.count("\n"), 2, how)
        return result

    def assertRefused(self, maker_or_data, pattern="damaged|not an image|truncated", but=()):
        """`but`: ways that may accept, since they never look at what is wrong."""
        data = maker_or_data.build() if isinstance(maker_or_data, Maker) else maker_or_data
        for how, sentence in self.verdicts(self.file(data)).items():
            if how not in but:
                self.assertRegex(sentence, pattern, how)

    def assertAccepted(self, maker_or_data):
        data = maker_or_data.build() if isinstance(maker_or_data, Maker) else maker_or_data
        for how, sentence in self.verdicts(self.file(data)).items():
            self.assertEqual(sentence, "", how)


class Twin(HostileTest):
    def test_harmless_image_is_accepted_and_right(self):
        path = self.file(Maker(small_tree()).build())
        self.assertAccepted(open(path, "rb").read())
        attached = Attached(self, path, "fuse", "any", XDG_RUNTIME_DIR=None)
        self.assertEqual(attached.ask("files/a"), hashlib.sha256(CONTENT).hexdigest())
        self.assertEqual(attached.ask("files/b"), hashlib.sha256(b"tail of b\n" * 20).hexdigest())
        self.assertEqual(attached.ask("files/hole"), hashlib.sha256(bytes(3 * BLOCK) + b"end").hexdigest())
        self.assertEqual(attached.ask("files/sub"), "dir . .. c d")
        attached.end()

    def test_packed_image_is_accepted(self):
        self.assertAccepted(Maker(small_tree(), pack=True))

    def test_the_reference_tools_read_it_too(self):
        path = self.file(Maker(small_tree()).build())
        self.assertOk(self.run_command(["unsquashfs", "-n", "-d", path + ".u", path]))


class SquashfuseIssue158(HostileTest):
    """Offsets that squashfuse up to 0.6.3 does not compare with the block that they point into."""

    def test_root_reference(self):
        for offset in (8191, 8192, 65535):
            maker = Maker(small_tree())
            maker.super["root_inode"] = offset
            self.assertRefused(maker)
        for block in (1, 8194, 1 << 20, (1 << 48) - 1):
            maker = Maker(small_tree())
            maker.super["root_inode"] = block << 16
            self.assertRefused(maker)

    def entries(self, directory, index, **changes):
        maker = Maker(small_tree())

        def patch(entries):
            entries[index].update(changes)
            return entries
        maker.entry_patches[directory] = patch
        return maker

    def test_reference_of_an_entry(self):
        for reference in (8191, 8192, 65535, 1 << 16, 0xffffffff << 16, 8194 << 16 | 4000):
            self.assertRefused(self.entries("files", 0, reference=reference))

    def test_fragment(self):
        def inode(at, value):
            maker = Maker(small_tree())
            maker.patch_inode("files/b", lambda i: put(i, at, "<I", value))
            return maker
        for index in (1, 2, 0x7fffffff, NO_FRAGMENT - 1):
            self.assertRefused(inode(20, index))
        for offset in (BLOCK - 199, BLOCK, BLOCK + 1, 0x7fffffff, 0xfffffff0):
            self.assertRefused(inode(24, offset))
        # Within a block, but behind the end of this fragment: only mounting and reading finds that when it is read.
        maker = inode(24, 3000)
        self.assertRefused(maker, "fragment", but=("mount",))
        attached = Attached(self, self.file(inode(24, 3000).build()), "fuse", "any", XDG_RUNTIME_DIR=None)
        self.assertEqual(attached.ask("files/b"), "error EIO")
        attached.end()

    def test_fragment_shorter_than_its_files(self):
        maker = Maker(small_tree())
        maker.fragment_cut = 4
        self.assertRefused(maker, "fragment", but=("mount",))

    def test_record_of_a_fragment(self):
        for at, form, value in ((0, "<Q", 0), (0, "<Q", 1 << 40), (0, "<Q", (1 << 64) - 1), (8, "<I", 0), (8, "<I", 1 << 24),
                                (8, "<I", 1 << 24 | 4097), (8, "<I", 0xffffffff)):
            maker = Maker(small_tree())
            maker.fragment_patch = lambda record, a=at, f=form, v=value: put(record, a, f, v)
            self.assertRefused(maker)

    def test_bytes_do_not_depend_on_the_heap(self):
        path = self.file(Maker(small_tree()).build())
        answers = set()
        for fill in ("85", "170"):
            attached = Attached(self, path, "fuse", "any", XDG_RUNTIME_DIR=None, MALLOC_PERTURB_=fill)
            answers.add(tuple(attached.ask(name) for name in ("files/a", "files/b", "files/sub/c", "files/link")))
            attached.end()
        self.assertEqual(len(answers), 1)


class Names(HostileTest):
    def entries(self, directory, function):
        maker = Maker(small_tree())
        maker.entry_patches[directory] = function
        return maker

    def rename(self, index, name, directory="files"):
        def patch(entries):
            entries[index]["name"] = name
            return entries
        return self.entries(directory, patch)

    def test_names_that_lead_elsewhere(self):
        for name in (b".", b"..", b"/", b"a/b", b"/etc", b"../x", b"a\0b", b"\0"):
            self.assertRefused(self.rename(0, name), "name")

    def test_odd_names_are_only_names(self):
        for name in (b"...", b"-rf", b"\xff\xfe", b"\x1b[31m", b"a" * 255, b" "):
            self.assertAccepted(Maker({"metadata": b"", "files": {name.decode("latin-1"): b"x"}}))

    def test_length(self):
        self.assertRefused(self.rename(4, b"z" * 256))
        for size in (300, 0x7fff, 0xffff):
            self.assertRefused(self.entries("files", lambda e, s=size: [dict(x, size=s) for x in e]))

    def test_duplicate_and_unsorted(self):
        self.assertRefused(self.rename(1, b"a"), "sorted|twice")
        self.assertRefused(self.entries("files", lambda e: e[::-1]), "sorted")
        self.assertRefused(self.rename(0, b"zz"), "sorted")

    def test_type_differs(self):
        for kind in (0, 1, 3, 4, 7, 8, 0xffff):
            self.assertRefused(self.entries("files", lambda e, k=kind: [dict(e[0], type=k)] + e[1:]))

    def test_header(self):
        for count in (1, 255, 256, 0xffffffff):
            self.assertRefused(self.entries("files", lambda e, c=count: e[:-1] + [dict(e[-1], count=c)]))

    def test_inode_number(self):
        for number in (0, 1000, 0xffffffff):
            self.assertRefused(self.entries("files", lambda e, n=number: [dict(e[0], number=n)] + e[1:]))


class Shape(HostileTest):
    def inode(self, path, at, form, value, tree=None):
        maker = Maker(tree or small_tree())
        maker.patch_inode(path, lambda i: put(i, at, form, value))
        return maker

    def test_loop(self):
        for target in ("", "files", "files/sub"):
            maker = Maker(small_tree())

            def patch(entries, m=maker, t=target):
                # The root's inode comes last; an entry that claims its number and place makes a loop.
                entries[-1].update(type=1, number=m.numbers[t], reference=m.reference(len(m.inodes)))
                return entries
            maker.entry_patches["files/sub"] = patch
            self.assertRefused(maker)

    def test_directory_with_two_parents(self):
        maker = Maker({"metadata": b"", "files": {"a": {"x": b"x"}, "b": {"y": b"y"}}})
        maker.entry_patches["files"] = lambda e: [e[0], dict(e[0], name=b"b")]
        self.assertRefused(maker)

    def test_hard_links_are_fine(self):
        maker = Maker({"metadata": b"", "files": {"a": b"x", "b": b"y"}})
        maker.entry_patches["files"] = lambda e: [e[0], dict(e[0], name=b"b")]
        self.assertAccepted(maker)

    def test_parent(self):
        self.assertRefused(self.inode("files/sub", 28, "<I", 1))

    def test_depth(self):
        def deep(depth):
            tree = {"metadata": b"", "files": {}}
            node = tree["files"]
            for _ in range(depth):
                node["d"] = {}
                node = node["d"]
            return Maker(tree)
        self.assertAccepted(deep(100))
        self.assertRefused(deep(600), "nested")

    def test_directory_place(self):
        for at, form, values in ((16, "<I", (1, 8194, 0xffffffff)), (26, "<H", (8191, 8192, 65535)),
                                 (24, "<H", (4, 20, 0xffff))):
            for value in values:
                self.assertRefused(self.inode("files", at, form, value))

    def test_special_files(self):
        for kind in (4, 5, 6, 7):
            self.assertRefused(Maker({"metadata": b"", "files": {"x": Special(kind)}}), "device, fifo or socket")

    def test_inode_type_and_number_and_owner(self):
        for kind in (0, 15, 255, 0xffff):
            self.assertRefused(self.inode("files/a", 0, "<H", kind))
        for number in (0, 1, 2, 100, 0xffffffff):
            self.assertRefused(self.inode("files/sub/d", 12, "<I", number))
        for at in (4, 6):
            self.assertRefused(self.inode("files/a", at, "<H", 1))
            self.assertRefused(self.inode("files/a", at, "<H", 0xffff))

    def test_link_length(self):
        for length in (0, 4096, 65536, 0xffffffff):
            self.assertRefused(self.inode("files/link", 20, "<I", length))
        self.assertRefused(Maker({"metadata": b"", "files": {"l": Link("x" * 5000)}}))
        self.assertRefused(Maker({"metadata": b"", "files": {"l": Link("a\0b")}}), "zero byte")
        self.assertAccepted(Maker({"metadata": b"", "files": {"l": Link("x" * 4000)}}))

    def test_file_size(self):
        for size in (0x7fffffff, 0xffffffff, len(CONTENT) + BLOCK * 4000):
            self.assertRefused(self.inode("files/a", 28, "<I", size))

    def test_extended_file_of_impossible_size(self):
        for size in (1 << 63, (1 << 64) - 1, 1 << 62):
            maker = Maker(small_tree())
            body = struct.pack("<QQQIIII", 96, size, 0, 1, NO_FRAGMENT, 0, 0xffffffff)
            maker.patch_inode("files/a", lambda i, b=body: bytearray(struct.pack("<H", 9) + i[2:16] + b))
            self.assertRefused(maker)

    def test_block_of_a_file(self):
        for word in (BLOCK + 1, 1 << 24 | BLOCK + 1, 1 << 25 | 4096, 0xffffffff, 0xfffff):
            self.assertRefused(self.inode("files/a", 32, "<I", word))
        for start in (0, 95, 1 << 20, 0xffffffff):
            self.assertRefused(self.inode("files/a", 16, "<I", start))

    def test_block_of_the_wrong_length(self):
        maker = self.inode("files/a", 32, "<I", 1 << 24 | 4000)
        self.assertRefused(maker, "wrong length|lies out", but=("mount", "check"))
        attached = Attached(self, self.file(self.inode("files/a", 32, "<I", 1 << 24 | 4000).build()), "fuse", "any",
                            XDG_RUNTIME_DIR=None)
        self.assertEqual(attached.ask("files/a"), "error EIO")
        attached.end()

    def test_large_hole_is_readable(self):
        size = 512 << 20
        maker = Maker({"metadata": b"", "files": {"hole": b""}}, pack=True)
        body = struct.pack("<QQQIIII", 96, size, size, 1, NO_FRAGMENT, 0, 0xffffffff) + bytes(size // BLOCK * 4)
        maker.patch_inode("files/hole", lambda i: bytearray(struct.pack("<H", 9) + i[2:16] + body))
        attached = Attached(self, self.file(maker.build()), "fuse", "any", XDG_RUNTIME_DIR=None)
        self.assertEqual(len(attached.ask("files/hole")), 64, attached.error)
        attached.end()


class Bombs(HostileTest):
    def test_block_that_grows_beyond_its_size(self):
        maker = Maker(small_tree(), pack=True)
        bomb = zlib.compress(bytes(10 << 20), 9)[:4000]

        def block(data, m=maker):
            m.data += bomb
            return len(bomb)
        maker.block = block
        self.assertRefused(maker, "decompressed", but=("mount", "check"))
        attached = Attached(self, self.file(self.bomb_image()), "fuse", "any", XDG_RUNTIME_DIR=None)
        self.assertEqual(attached.ask("files/a"), "error EIO")
        attached.end()

    def bomb_image(self):
        maker = Maker(small_tree(), pack=True)
        bomb = zlib.compress(bytes(3000000), 9)
        self.assertLess(len(bomb), BLOCK)

        def block(data):
            maker.data += bomb
            return len(bomb)
        maker.block = block
        return maker.build()

    def test_metadata_block_that_grows_beyond_its_size(self):
        maker = Maker(small_tree(), pack=True)
        bomb = zlib.compress(bytes(1 << 20), 9)
        maker.meta = lambda data: struct.pack("<H", len(bomb)) + bomb
        self.assertRefused(maker, "decompressed")

    @time_limit(60)
    def test_table_that_grows_without_end(self):
        maker = Maker(small_tree(), pack=True)
        plain = Maker.meta
        bomb = zlib.compress(bytes(8192), 9)
        many = (struct.pack("<H", len(bomb)) + bomb) * 6000
        maker.meta = lambda data: bytearray(many) if data is maker.inodes else plain(maker, data)
        self.assertRefused(maker, "larger than")

    def test_more_than_the_disk_holds(self):
        """Equal blocks are stored once, so a small image can claim any amount; refused before the first byte."""
        maker = Maker({"metadata": b"", "files": {f"{i:03}": CONTENT[:3 * BLOCK] for i in range(200)}})
        path = self.file(maker.build())
        dest = os.path.join(self.work, "small")
        os.makedirs(dest, exist_ok=True)
        script = 'mount -t tmpfs -o size=1m none "$2" && "$0" unpack "$1" "$2"; status=$?; ls -A "$2"; exit $status'
        result = self.run_command(["unshare", "-Urm", "sh", "-c", script, self.program("image-tool"), path, dest])
        self.assertFails(result, "would unpack to 2 MiB", status=1)
        self.assertEqual(result.out, "")

    def test_header_sizes_of_metadata(self):
        for header in (0, 0x8000, 0xffff, 0x7fff, 0xa001):
            maker = Maker(small_tree())
            plain = Maker.meta

            def meta(data, h=header, m=maker):
                out = plain(m, data)
                if data is m.listings:
                    put(out, 0, "<H", h)
                return out
            maker.meta = meta
            self.assertRefused(maker)


class Superblock(HostileTest):
    FIELDS = (("magic", 4), ("inode_count", 4), ("block_size", 4), ("fragment_count", 4), ("compression", 2), ("block_log", 2),
              ("id_count", 2), ("major", 2), ("minor", 2), ("root_inode", 8), ("bytes_used", 8), ("id_table", 8),
              ("inode_table", 8), ("directory_table", 8), ("fragment_table", 8))

    @time_limit(300)
    def test_each_field(self):
        true = Maker(small_tree())
        at = {}
        data = true.build()
        names = ("magic inode_count mtime block_size fragment_count compression block_log flags id_count major minor "
                 "root_inode bytes_used id_table xattr_table inode_table directory_table fragment_table export_table").split()
        for name, value in zip(names, struct.unpack_from("<IIIIIHHHHHHQQQQQQQQ", data)):
            at[name] = value
        for name, size in self.FIELDS:
            top = (1 << 8 * size) - 1
            swapped = int.from_bytes(at[name].to_bytes(size, "little"), "big")
            for value in {0, 1, at[name] - 1, at[name] + 1, swapped, top - 1, top} - {at[name], -1, top + 1}:
                if (name, value) in (("magic", 0), ("compression", 3), ("compression", 4), ("compression", 5)):
                    continue
                with self.subTest(field=name, value=value):
                    maker = Maker(small_tree())
                    maker.super[name] = value
                    verdicts = self.verdicts(self.file(maker.build()))
                    if name in ("inode_count", "compression", "bytes_used"):
                        # Some neighbours of the true value are harmless; all must say the same.
                        self.assertEqual(len({bool(v) for v in verdicts.values()}), 1, verdicts)
                    else:
                        for how, sentence in verdicts.items():
                            self.assertNotEqual(sentence, "", how)


class Files(HostileTest):
    def sealed(self):
        tree = os.path.join(self.work, "tree")
        if not os.path.exists(tree):
            write(os.path.join(tree, "metadata"), "x")
            write(os.path.join(tree, "files/a"), CONTENT * 3)
        path = os.path.join(self.work, "sealed.app")
        self.run_command([self.program("image-tool"), "write", tree, path], check=True)
        with open(path, "rb") as f:
            return f.read()

    def test_not_squashfs(self):
        for data in (b"", b"hsqs", b"hsqs" + bytes(91), bytes(4096), os.urandom(8192), b"sqsh" + os.urandom(8188),
                     b"#!/bin/sh\n" * 800, b"hsqs" + os.urandom(8188), b"\x7fELF" + Maker(small_tree()).build()):
            self.assertRefused(data, "image|squashfs")

    def test_truncated_anywhere(self):
        data = self.sealed()
        points = sorted({0, 1, 95, 96, 4095, len(data) - 1} | {p + d for p in range(4096, len(data), 4096) for d in (-1, 0, 1)})
        for point in points:
            path = self.file(data[:point])
            self.assertEqual(self.tool("verify", path).status, 1, point)
            if point not in self.squashfs_only(data):
                self.assertEqual(self.tool("inspect", path).status, 1, point)
                self.assertEqual(self.tool("check", path).status, 1, point)

    def squashfs_only(self, data):
        """Lengths at which what is left is a complete plain squashfs; that one is refused for want of a hash tree."""
        used = struct.unpack_from("<Q", data, 40)[0]
        return range(used, (used + 4095) // 4096 * 4096 + 1)

    def test_truncated_to_its_squashfs_is_not_trusted(self):
        data = self.sealed()
        path = self.file(data[:self.squashfs_only(data)[-1]])
        self.assertIn("no hash tree", Attached(self, path, "fuse", "sealed", XDG_RUNTIME_DIR=None).error)
        self.assertIn("no hash tree", Attached(self, path, "unpacked", "sealed").error)

    def test_extended(self):
        data = self.sealed()
        for more in (b"x", bytes(4096), bytes(100), data[-4096:], data):
            self.assertRefused(data + more, "footer|contradicts")

    def test_footer_lies(self):
        data = self.sealed()
        footer = len(data) - 4096
        for at, form, values in ((16, "<I", (0, 2, 0xffffffff)), (20, "<I", (0, 512, 8192)),
                                 (24, "<Q", (0, 4096, footer, len(data), 1 << 63)), (32, "<Q", (0, 4096, 1 << 63)),
                                 (40, "<Q", (0, len(data) - 1, 1 << 63)), (48, "<Q", (0, 1)), (80, "<Q", (1,)),
                                 (96, "<I", (1,)), (100, "<I", (1, 4000, 0xffffffff)), (104, "<Q", (1,)), (4088, "<Q", (1,)),
                                 (0, "<Q", (0, 1))):
            for value in values:
                lie = bytearray(data)
                put(lie, footer + at, form, value)
                self.assertRefused(bytes(lie), "contradicts|format version|does not belong|no footer|does not match")

    def test_hash_tree_of_another_image(self):
        data = bytearray(self.sealed())
        size = struct.unpack_from("<Q", data, len(data) - 4096 + 24)[0]
        data[size + 4096 + 5] ^= 1
        self.assertRefused(bytes(data), "does not match")

    def test_sparse_file_without_end(self):
        path = self.file(Maker(small_tree()).build())
        os.truncate(path, 1 << 42)
        self.assertRegex(self.tool("check", path).err, "after its squashfs")
        empty = self.file(b"")
        os.truncate(empty, 1 << 42)
        self.assertRegex(self.tool("check", empty).err, "not an image")

    def test_not_a_regular_file(self):
        fifo = os.path.join(self.work, "folder.app")
        os.makedirs(fifo, exist_ok=True)
        self.assertEqual(self.tool("check", fifo).status, 1)
        self.assertRegex(self.tool("check", "/dev/zero").err, "not a regular file")

    @time_limit(300)
    def test_bit_flips(self):
        """In one process, so that many can be tried; a crash ends it."""
        plain = self.file(Maker(small_tree()).build())
        packed = os.path.join(self.work, "packed.app")
        write(packed, Maker(small_tree(), pack=True).build())
        sealed = os.path.join(self.work, "sealed-flips.app")
        write(sealed, self.sealed())
        for path in (plain, packed, sealed):
            result = self.tool("flips", path, "3000", "1")
            self.assertOk(result)
            self.assertRegex(result.out, r"^\d+ refused, \d+ accepted")
            if path == sealed:
                self.assertRegex(result.out, ", 0 accepted")


if __name__ == "__main__":
    unittest.main()
