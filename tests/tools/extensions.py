# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bundles that extend others, for tests."""
import os
import tempfile

from bundles import ARCH, write, write_image


def extension_tree(root, extension_id, branch="1", files=None, metadata=""):
    """`files`: {path below files/: text or (text, mode)}; `metadata`: more groups."""
    write(os.path.join(root, "metadata"), f"[Runtime]\nname={extension_id}\n\n[Nacelle Bundle]\n"
          f"ref=runtime/{extension_id}/{ARCH}/{branch}\n{metadata}")
    os.makedirs(os.path.join(root, "files"), exist_ok=True)
    for path, content in (files or {}).items():
        text, mode = content if isinstance(content, tuple) else (content, 0o644)
        write(os.path.join(root, "files", path), text, mode)
    return root


def install_extension(test, extension_id, **options):
    """Make and install one by the system test `test`."""
    folder = tempfile.mkdtemp(prefix="extension", dir=test.root)
    os.chmod(folder, 0o755)
    tree = os.path.join(folder, "tree")
    os.mkdir(tree)
    extension_tree(tree, extension_id, **options)
    image = write_image(test.program("bundle-image"), tree, os.path.join(folder, "extension.runtime"))
    test.install(image)
    return image
