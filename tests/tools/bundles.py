# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small bundles for tests, made without a build: a folder with `metadata` and `files/`, written as an image."""
import os
import platform
import shutil
import subprocess

ARCH = {"x86_64": "x86_64", "aarch64": "aarch64", "i686": "i386", "armv7l": "arm"}.get(platform.machine(),
                                                                                     platform.machine())
TINY = "org.nacelle.test.Tiny"
APPLETS = ("sh ash cat ls id env echo true false sleep test touch mkdir rm mv cp ln chmod mount umount chroot ps kill "
           "stat head tail wc grep sed awk sort tr cut od hexdump dd df du find hostname ip nc wget httpd ping readlink "
           "realpath sync seq tty stty mknod mkfifo date uname whoami pwd printf yes xargs sha256sum nproc "
           "patch").split()


def find_busybox():
    for path in ("/bin/busybox", "/usr/bin/busybox"):
        if os.access(path, os.X_OK):
            return path
    raise AssertionError("busybox is not installed (package busybox-static); ./dev test installs it")


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(path, mode)
    return path


def tiny_runtime_tree(root, runtime_id=TINY, branch="1"):
    """A runtime that is nothing but the host's static busybox."""
    bin_dir = os.path.join(root, "files", "bin")
    os.makedirs(bin_dir)
    shutil.copy(find_busybox(), os.path.join(bin_dir, "busybox"))
    os.chmod(os.path.join(bin_dir, "busybox"), 0o755)
    for name in APPLETS:
        os.symlink("busybox", os.path.join(bin_dir, name))
    write(os.path.join(root, "files", "etc", "passwd"), "root:x:0:0:root:/:/bin/sh\n")
    write(os.path.join(root, "files", "etc", "group"), "root:x:0:\n")
    ref = f"{runtime_id}/{ARCH}/{branch}"
    write(os.path.join(root, "metadata"), f"[Runtime]\nname={runtime_id}\nruntime={ref}\nsdk={ref}\n\n"
          f"[Nacelle Bundle]\nref=runtime/{ref}\n")
    return root


def app_tree(root, app_id="org.nacelle.test.App", script=None, files=None, context=None, extra="",
             runtime=TINY, branch="1", command="app", app_branch="stable"):
    """An app on that runtime.  `script`: text of its command; `files`: {path below files/: text or (text, mode)};
    `context`: lines of [Context] as a dictionary; `extra`: more metadata text; `branch` is the runtime's."""
    ref = f"{runtime}/{ARCH}/{branch}"
    metadata = f"[Application]\nname={app_id}\nruntime={ref}\nsdk={ref}\ncommand={command}\n"
    metadata += f"\n[Nacelle Bundle]\nref=app/{app_id}/{ARCH}/{app_branch}\n"
    if context:
        metadata += "\n[Context]\n" + "".join(f"{key}={value}\n" for key, value in context.items())
    write(os.path.join(root, "metadata"), metadata + extra)
    if script is None:
        script = '#!/bin/sh\nexec "$@"\n'
    write(os.path.join(root, "files", "bin", command), script, 0o755)
    for path, content in (files or {}).items():
        text, mode = content if isinstance(content, tuple) else (content, 0o644)
        write(os.path.join(root, "files", path), text, mode)
    return root


def write_image(tool, tree, out, plain=False):
    done = subprocess.run([tool, tree, out] + (["plain"] if plain else []), capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"cannot write {out}: {done.stderr}")
    return out
