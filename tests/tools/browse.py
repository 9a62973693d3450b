#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window of WebKitGTK, whose processes run in its sandbox.

    browse.py URI FOLDER

FOLDER is what the page may see of this machine's files.  Prints the title of the page whenever it changes; ends with its input.
"""
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import GLib, Gtk, WebKit2     # noqa: E402  (the versions are chosen above)


def main():
    uri, folder = sys.argv[1:]
    context = WebKit2.WebContext.new_ephemeral()
    context.set_sandbox_enabled(True)
    context.add_path_to_sandbox(folder, True)
    view = WebKit2.WebView.new_with_context(context)
    view.connect("notify::title", lambda *_: print("title:", view.get_title(), flush=True))
    view.connect("load-failed", lambda _view, _event, _uri, error: print("failed:", error.message, flush=True))
    view.connect("web-process-terminated", lambda _view, reason: print("terminated:", reason, flush=True))
    view.load_uri(uri)
    window = Gtk.Window(title="browse", default_width=200, default_height=200)
    window.add(view)
    window.show_all()
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, Gtk.main_quit)
    Gtk.main()


main()
