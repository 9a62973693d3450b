# SPDX-License-Identifier: LGPL-2.1-or-later
"""The mirror of Debian that this host uses, and single files of it."""
import glob
import hashlib
import os
import re
import time
import urllib.request


def mirror():
    """The host's own mirror of Debian, from NACELLE_MIRROR or its package configuration."""
    if os.environ.get("NACELLE_MIRROR"):
        return os.environ["NACELLE_MIRROR"].rstrip("/")
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        try:
            with open(path, encoding="utf-8") as f:
                found = re.search(r"https?://\S+/debian(?=/?\s)", f.read())
        except OSError:
            continue
        if found:
            return found[0]
    raise RuntimeError("the package configuration of this host names no mirror of Debian; set NACELLE_MIRROR")


def fetch(name, digest, path):
    """The file `name` of the mirror, whose SHA-256 is known, becomes `path`; what is there already is not fetched again."""
    if os.path.exists(path):
        return path
    for again in (True, True, False):
        try:
            with urllib.request.urlopen(f"{mirror()}/{name}", timeout=60) as answer:
                data = answer.read()
            break
        except OSError as e:
            if not again:
                raise RuntimeError(f"the mirror of Debian did not give {name}: {e}") from e
            time.sleep(2)
    if hashlib.sha256(data).hexdigest() != digest:
        raise RuntimeError(f"the mirror of Debian gave another {name} than the one that is known")
    with open(f"{path}.{os.getpid()}", "wb") as f:
        f.write(data)
    os.rename(f"{path}.{os.getpid()}", path)
    return path
