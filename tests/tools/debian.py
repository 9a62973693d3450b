# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small Debian-style package repository: packages by the rules of deb(5), an index, a signed release file."""
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import time


def _tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as tar:
        for name, value in files.items():
            info = tarfile.TarInfo("./" + name)
            info.mtime = 1600000000
            data = None
            if isinstance(value, tarfile.TarInfo):
                info = value
                info.name = "./" + name
            elif isinstance(value, str) and value.startswith("-> "):
                info.type = tarfile.SYMTYPE
                info.linkname = value[3:]
            else:
                data = value if isinstance(value, bytes) else value.encode()
                info.size = len(data)
                info.mode = 0o755 if "bin/" in name else 0o644
            tar.addfile(info, io.BytesIO(data) if data is not None else None)
    return out.getvalue()


def _ar(members):
    out = b"!<arch>\n"
    for name, data in members:
        out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(data))
        out += data + (b"\n" if len(data) % 2 else b"")
    return out


class DebianRepository:
    """Packages are added, then publish() writes the index and signs it; it may be called again after changes."""

    def __init__(self, root, key, suite="test", codename="tester", component="main", arch="amd64"):
        self.root, self.key, self.suite, self.codename = root, key, suite, codename
        self.component, self.arch = component, arch
        self.stanzas = []
        self.by_hash = True

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def write(self, name, data):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def add(self, name, version="1", files=None, arch=None, **fields):
        """Fields by name: Depends="a, b"; underscores stand for hyphens.  `files`: path -> text, bytes, "-> TARGET" or a
        TarInfo.  Returns the path below the root."""
        arch = arch or self.arch
        control = f"Package: {name}\nVersion: {version}\nArchitecture: {arch}\nMaintainer: Test <t@example.org>\n"
        control += "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in fields.items())
        control += "Description: a package of the tests\n"
        deb = _ar([("debian-binary", b"2.0\n"), ("control.tar.xz", _tar({"control": control})),
                   ("data.tar.xz", _tar(files if files is not None else {f"usr/bin/{name}": "#!/bin/sh\n"}))])
        path = f"pool/{self.component}/{name[0]}/{name}/{name}_{version.split(':')[-1]}_{arch}.deb"
        self.write(path, deb)
        self.stanzas.append(control + f"Filename: {path}\nSize: {len(deb)}\n"
                            f"SHA256: {hashlib.sha256(deb).hexdigest()}\n")
        return path

    def publish(self, key=None, **fields):
        """`fields` replace or (None) remove lines of the release file."""
        index = "\n".join(self.stanzas).encode()
        base = f"dists/{self.suite}"
        sums = []
        for suffix, data in ((".xz", lzma.compress(index)), (".gz", gzip.compress(index, mtime=0))):
            name = f"{self.component}/binary-{self.arch}/Packages{suffix}"
            digest = hashlib.sha256(data).hexdigest()
            self.write(f"{base}/{name}", data)
            if self.by_hash:
                self.write(f"{base}/{os.path.dirname(name)}/by-hash/SHA256/{digest}", data)
            sums.append(f" {digest} {len(data)} {name}")
        lines = {"Origin": "Test", "Suite": self.suite, "Codename": self.codename,
                 "Date": time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime()),
                 "Acquire-By-Hash": "yes" if self.by_hash else None, "Architectures": self.arch,
                 "Components": self.component, **{k.replace("_", "-"): v for k, v in fields.items()}}
        text = "".join(f"{name}: {value}\n" for name, value in lines.items() if value is not None)
        release = self.write(f"{base}/Release", (text + "SHA256:\n" + "\n".join(sums) + "\n").encode())
        (key or self.key).sign(release, self.path(base, "InRelease"), clear=True)

    @property
    def in_release(self):
        return self.path("dists", self.suite, "InRelease")

    @property
    def index(self):
        return self.path("dists", self.suite, self.component, f"binary-{self.arch}", "Packages.xz")
