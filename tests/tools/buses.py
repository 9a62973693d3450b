# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bus of a test's own, and names on it."""
import ctypes
import subprocess

from services import program_path


class Bus:
    """dbus-daemon(1) at a socket, with connections of this process that own `names`."""

    def __init__(self, path, names=()):
        self.process = subprocess.Popen([program_path("dbus-daemon"), "--session", "--nofork", "--nopidfile", "--print-address=1",
                                         f"--address=unix:path={path}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        library = ctypes.CDLL("libdbus-1.so.3")
        library.dbus_connection_open_private.restype = ctypes.c_void_p
        connection = ctypes.c_void_p(library.dbus_connection_open_private(self.address.encode(), None))
        library.dbus_connection_set_exit_on_disconnect(connection, 0)
        if not library.dbus_bus_register(connection, None):
            raise AssertionError("the bus takes no connection")
        for name in names:
            if library.dbus_bus_request_name(connection, name.encode(), 0, None) != 1:
                raise AssertionError(f"the bus does not give the name {name}")

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
