#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a file manager does: ask GNOME's library for a thumbnail of a file, and save it in the cache.

    thumbnail.py FILE TYPE

Prints the place of the thumbnail; or fails with the library's message.
"""
import ctypes
import os
import pathlib
import sys


class Error(ctypes.Structure):
    _fields_ = [("domain", ctypes.c_uint32), ("code", ctypes.c_int), ("message", ctypes.c_char_p)]


def function(library, name, result, *arguments):
    found = getattr(library, name)
    found.restype, found.argtypes = result, arguments
    return found


def main():
    library = ctypes.CDLL("libgnome-desktop-4.so.2")
    pointer, text, time, error = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_long, ctypes.POINTER(ctypes.POINTER(Error))
    new = function(library, "gnome_desktop_thumbnail_factory_new", pointer, ctypes.c_int)
    generate = function(library, "gnome_desktop_thumbnail_factory_generate_thumbnail", pointer, pointer, text, text, pointer, error)
    save = function(library, "gnome_desktop_thumbnail_factory_save_thumbnail", ctypes.c_int, pointer, pointer, text, time, pointer, error)
    lookup = function(library, "gnome_desktop_thumbnail_factory_lookup", pointer, pointer, text, time)

    factory = new(0)
    path, kind = sys.argv[1:]
    uri, modified = pathlib.Path(path).as_uri().encode(), int(os.stat(path).st_mtime)
    failure = ctypes.POINTER(Error)()
    image = generate(factory, uri, kind.encode(), None, ctypes.byref(failure))
    if not image or not save(factory, image, uri, modified, None, ctypes.byref(failure)):
        print(failure.contents.message.decode() if failure else "no thumbnail and no message", file=sys.stderr)
        return 1
    print(ctypes.string_at(lookup(factory, uri, modified)).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
