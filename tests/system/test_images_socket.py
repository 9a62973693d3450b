# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever reaches the socket of the shared image server and talks nonsense."""
import os
import socket
import struct
import unittest

from attached import Attached, ImageTest

VARIANTS = ("asan",)
NOT_OLD = "images are served only where open_tree is there; elsewhere they are unpacked: test_images_unpacked"


class Socket(ImageTest):
    def setUp(self):
        super().setUp()
        self.need_fuse()
        self.attached = Attached(self, self.image)
        self.assertEqual(self.attached.ready, "ready mount", self.attached.error)

    def tearDown(self):
        self.check_content(self.attached)
        self.attached.end()
        super().tearDown()

    def talk(self, packets, fds=()):
        """Send, and return what comes back; empty when the server closes the connection without a word."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
            sock.settimeout(20)
            sock.connect(self.runtime_file("images.sock"))
            for packet in packets:
                try:
                    socket.send_fds(sock, [packet], list(fds))
                except (BrokenPipeError, ConnectionResetError):
                    break
            try:
                return sock.recv(4096)
            except ConnectionResetError:
                return b""

    def request(self, version=1, magic=0x4e61636c, name=b"x"):
        return struct.pack("<III200s", magic, version, 0, name)

    def test_nonsense(self):
        with open(self.image, "rb") as image:
            for packet in (b"x", bytes(212), os.urandom(212), self.request()[:-1], self.request() + b"x", bytes(60000),
                           self.request(magic=1)):
                self.assertEqual(self.talk([packet], [image.fileno()]), b"", packet[:20])

    def test_descriptors(self):
        image = os.open(self.image, os.O_RDONLY)
        folder = os.open(self.work, os.O_RDONLY)
        reading, writing = os.pipe()
        path = os.open(self.image, os.O_PATH)
        try:
            self.assertEqual(self.talk([self.request()]), b"")
            for count in (2, 4, 5, 100):
                self.assertEqual(self.talk([self.request()], [image] * count), b"")
            for fd in (folder, reading):
                self.assertIn(b"not a regular file", self.talk([self.request()], [fd]))
            self.assertIn(b"not open for reading", self.talk([self.request()], [path]))
        finally:
            for fd in (image, folder, reading, writing, path):
                os.close(fd)

    def test_other_version(self):
        with open(self.image, "rb") as image:
            reply = self.talk([self.request(version=99)], [image.fileno()])
        self.assertEqual(struct.unpack_from("<II", reply), (0x4e61636c, 1000))

    def test_more_than_one_request(self):
        with open(self.image, "rb") as image:
            # The first is answered; whether the answer is seen before the end is a matter of time.
            reply = self.talk([self.request(), self.request()], [image.fileno()])
            self.assertIn(reply[:8], (b"", struct.pack("<II", 0x4e61636c, 0)))

    def test_name_without_end(self):
        with open(self.program("image-tool"), "rb") as other:
            reply = self.talk([self.request(name=b"n" * 200)], [other.fileno()])
        self.assertIn(b"n" * 199 + b" is not an image", reply)

    def test_silent_connections(self):
        sockets = []
        for _ in range(200):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            sock.connect(self.runtime_file("images.sock"))
            sockets.append(sock)
        other = Attached(self, self.image)
        self.check_content(other)
        other.end()
        for sock in sockets:
            sock.close()


if __name__ == "__main__":
    unittest.main()
