# SPDX-License-Identifier: LGPL-2.1-or-later
"""Squashfs images made by hand, byte by byte, so that each number in them can be a lie.

    maker = Maker({"metadata": b"...", "files": {"a": b"...", "link": Link("a")}})
    maker.patch_inode("files/a", lambda inode: put(inode, 20, "<I", 7))
    maker.super["root_inode"] = 65535
    data = maker.build()

Metadata is stored, not compressed, unless `pack` says otherwise (zlib); blocks have 4096 bytes; all ends of files are in one
fragment block.  Sources of the layout: Documentation/filesystems/squashfs.rst of the kernel.
"""
import struct
import zlib

BLOCK = 4096
META = 8192
NO_TABLE = 0xffffffffffffffff
NO_FRAGMENT = 0xffffffff
DIRECTORY, FILE, LINK, BLOCK_DEVICE, CHARACTER_DEVICE, FIFO, SOCKET = range(1, 8)


class Link(str):
    """A symbolic link with this target (latin-1)."""


class Special(int):
    """A device, fifo or socket, by type."""


def put(data, at, form, *values):
    struct.pack_into(form, data, at, *values)


class Maker:
    def __init__(self, tree, pack=False):
        self.tree = tree
        self.pack = pack
        self.super = {}                     # fields that are written instead of the true ones
        self.inode_patches = {}
        self.entry_patches = {}             # path of a directory: function of its list of entries
        self.listing_patches = {}           # path of a directory: function of its bytes (without changing the length)
        self.fragment_patch = None          # function of the 16 bytes of the fragment's record
        self.fragment_cut = 0               # bytes that are missing at the end of the fragment block
        self.data = bytearray()
        self.tails = bytearray()
        self.inodes = bytearray()
        self.listings = bytearray()
        self.numbers = {}
        self.places = {}                    # path: index into the inode table

    def patch_inode(self, path, function):
        self.inode_patches[path] = function

    # --- content -------------------------------------------------------------------------------------------------

    def block(self, data):
        """Append a data block; its size word."""
        if not any(data):
            return 0
        if self.pack:
            stored = zlib.compress(data, 9)
            if len(stored) < len(data):
                self.data += stored
                return len(stored)
        self.data += data
        return len(data) | 1 << 24

    def file_body(self, content):
        start = 96 + len(self.data)
        whole = len(content) // BLOCK * BLOCK
        words = [self.block(content[i:i + BLOCK]) for i in range(0, whole, BLOCK)]
        tail = content[whole:]
        fragment, offset = (0, len(self.tails)) if tail else (NO_FRAGMENT, 0)
        self.tails += tail
        return struct.pack("<IIII", start, fragment, offset, len(content)) + b"".join(struct.pack("<I", w) for w in words)

    # --- tree ----------------------------------------------------------------------------------------------------

    def number_all(self, path, node):
        if isinstance(node, dict):
            for name in sorted(node, key=lambda n: n.encode("latin-1")):
                self.number_all(f"{path}/{name}".lstrip("/"), node[name])
        self.numbers[path] = len(self.numbers) + 1

    def reference(self, place, table=None):
        """For a place in the inode table, or in another: where its block will be when it is packed."""
        table = self.inodes if table is None else table
        before = place // META
        start = before * (META + 2)
        if self.pack:
            start = sum(2 + len(zlib.compress(bytes(table[i * META:(i + 1) * META]), 9)) for i in range(before))
        return start << 16 | place % META

    def listing(self, path, names):
        """One header an entry, so that any reference can be given."""
        entries = []
        for name in names:
            child = f"{path}/{name}".lstrip("/")
            node = self.node(child)
            kind = (DIRECTORY if isinstance(node, dict) else LINK if isinstance(node, Link)
                    else int(node) if isinstance(node, Special) else FILE)
            entries.append({"name": name.encode("latin-1"), "reference": self.reference(self.places[child]),
                            "number": self.numbers[child], "type": kind, "count": 0})
        entries = self.entry_patches.get(path, lambda e: e)(entries)
        data = bytearray()
        for e in entries:
            size = e.get("size", len(e["name"]) - 1)
            data += struct.pack("<III", e["count"], e["reference"] >> 16 & 0xffffffff, e["number"])
            data += struct.pack("<HhHH", e["reference"] & 0xffff, 0, e["type"], size) + e["name"]
        self.listing_patches.get(path, lambda d: None)(data)
        return data

    def node(self, path):
        node = self.tree
        for part in filter(None, path.split("/")):
            node = node[part]
        return node

    def write_inode(self, path, node, parent):
        if isinstance(node, dict):
            names = sorted(node, key=lambda n: n.encode("latin-1"))
            for name in names:
                self.write_inode(f"{path}/{name}".lstrip("/"), node[name], self.numbers[path])
            place = len(self.listings)
            listing = self.listing(path, names)
            self.listings += listing
            reference = self.reference(place, self.listings)
            kind, mode = DIRECTORY, 0o755
            body = struct.pack("<IIHHI", reference >> 16, 2, len(listing) + 3 & 0xffff, reference & 0xffff, parent)
        elif isinstance(node, Link):
            kind, mode = LINK, 0o777
            body = struct.pack("<II", 1, len(node)) + node.encode("latin-1")
        elif isinstance(node, Special):
            kind, mode = int(node), 0o644
            body = struct.pack("<II", 1, 0x103) if kind in (BLOCK_DEVICE, CHARACTER_DEVICE) else struct.pack("<I", 1)
        else:
            kind, mode = FILE, 0o644
            body = self.file_body(node)
        inode = bytearray(struct.pack("<HHHHII", kind, mode, 0, 0, 1, self.numbers[path]) + body)
        patched = self.inode_patches.get(path, lambda i: None)(inode)
        self.places[path] = len(self.inodes)
        self.inodes += inode if patched is None else patched

    # --- tables --------------------------------------------------------------------------------------------------

    def meta(self, data):
        out = bytearray()
        for i in range(0, len(data), META):
            chunk = bytes(data[i:i + META])
            if self.pack:
                chunk = zlib.compress(chunk, 9)
                out += struct.pack("<H", len(chunk)) + chunk
            else:
                out += struct.pack("<H", 0x8000 | len(chunk)) + chunk
        return out

    def indexed(self, out, data):
        """Append a table with its index; the place of the index."""
        first = len(out)
        packed = self.meta(data)
        places = [first + i * (META + 2) for i in range((len(data) + META - 1) // META)]
        out += packed
        index = len(out)
        out += b"".join(struct.pack("<Q", p) for p in places)
        return index

    def build(self, pad=True):
        self.number_all("", self.tree)
        self.write_inode("", self.tree, len(self.numbers) + 1)
        out = bytearray(96) + self.data
        record = bytearray(struct.pack("<QII", len(out), len(self.tails) - self.fragment_cut | 1 << 24, 0))
        out += self.tails
        if self.fragment_patch:
            self.fragment_patch(record)
        fields = {"magic": 0x73717368, "inode_count": len(self.numbers), "mtime": 1, "block_size": BLOCK,
                  "fragment_count": 1 if self.tails else 0, "compression": 1, "block_log": 12, "flags": 0, "id_count": 1,
                  "major": 4, "minor": 0, "root_inode": self.reference(self.places[""])}
        inode_table = len(out)
        out += self.meta(self.inodes)
        directory_table = len(out)
        out += self.meta(self.listings)
        fragment_table = self.indexed(out, record) if self.tails else NO_TABLE
        id_table = self.indexed(out, struct.pack("<I", 0))
        fields.update(bytes_used=len(out), id_table=id_table, xattr_table=NO_TABLE, inode_table=inode_table,
                      directory_table=directory_table, fragment_table=fragment_table, export_table=NO_TABLE)
        fields.update(self.super)
        put(out, 0, "<IIIIIHHHHHHQQQQQQQQ", *fields.values())
        if pad:
            out += bytes(-len(out) % 4096)
        return bytes(out)
