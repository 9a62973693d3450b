# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbox --net=pasta, in a small world of its own (networks.py)."""
import os
import signal
import subprocess
import sys

from engine import SYSTEM
from harness import descendants, program, wait_until, write
from networks import WorldTest

VARIANTS = ("asan",)
USUAL = SYSTEM + ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--unshare-all"]
PYTHON = os.path.join("/usr/bin", os.path.basename(os.path.realpath(sys.executable)))


class Outgoing(WorldTest):
    def box(self, *words):
        return [program("appbox"), *USUAL, "--ro-bind", f"{self.work}/try.py", "/try.py", "--net=pasta", *words]

    def test_out_but_not_to_the_host(self):
        """The gateway's address and this machine's own lead to no service that is for its loopback; CVE-2017-5985: pasta is told
        of our own namespaces only."""
        script = (f"{PYTHON} /try.py 10.77.0.2:8002 !127.0.0.1:8001 !10.77.0.1:8001 !10.77.0.2:8001 !169.254.1.1:8001 169.254.1.1:53 "
                  "!::1:8001; cat /etc/resolv.conf; ls /sys/class/net 2>/dev/null; cut -d: -f1 /proc/net/dev | tail -n +3; "
                  "grep -c near /proc/net/unix; for p in /proc/[0-9]*; do cat $p/comm; done; ls /proc/self/fd | wc -l")
        out = self.assertOk(self.in_world(*self.box("sh", "-c", script))).out
        self.assertEqual(out.splitlines()[:7], ["10.77.0.2:8002 far away", "!127.0.0.1:8001 -", "!10.77.0.1:8001 -", "!10.77.0.2:8001 -",
                                                "!169.254.1.1:8001 -", "169.254.1.1:53 \x124answer", "!::1:8001 -"])
        self.assertIn("nameserver 169.254.1.1\n", out)
        self.assertRegex(out, r"(?s)\blo\b.*\beth0\b|\beth0\b.*\blo\b")
        self.assertNotIn("pasta", out)
        self.assertNotIn("appbox", out)
        # The twin: outside all of that is there.
        out = self.in_world(sys.executable, f"{self.work}/try.py", "10.77.0.2:8002", "127.0.0.1:8001", "127.0.0.1:8010").out
        self.assertEqual(out.splitlines(), ["10.77.0.2:8002 far away", "127.0.0.1:8001 secret", "127.0.0.1:8010 other secret"])

    def test_published_ports(self):
        serve = 'import socket; s = socket.create_server(("0.0.0.0", 8080)); print("up", flush=True)\nwhile True: s.accept()[0].sendall(b"inside")'
        box = " ".join(f"'{word}'" for word in self.box("--publish", "9001:8080", "--publish", "10.77.0.1/9002:8080", PYTHON, "-c"))
        script = (f"{box} '{serve.replace(chr(39), chr(34))}' >$WORK/up & "
                  "for i in $(seq 200); do grep -q up $WORK/up && break; sleep 0.05; done; "
                  f"{sys.executable} $WORK/try.py 127.0.0.1:9001 !10.77.0.1:9001 !127.0.0.1:9002 !127.0.0.1:8080; "
                  "grep -c 01004D0A:232A.*:0000.0A /proc/net/tcp")
        out = self.in_world("sh", "-c", script).out
        self.assertEqual(out.splitlines(), ["127.0.0.1:9001 inside", "!10.77.0.1:9001 -", "!127.0.0.1:9002 -", "!127.0.0.1:8080 -", "1"])

    def helpers(self):
        return {pid: line for pid, line in descendants().items() if line.startswith("pasta ")}

    def test_the_helper_ends_with_the_sandbox(self):
        ended = {"end": None, "kill": signal.SIGKILL, "term": signal.SIGTERM, "pasta": None}
        for way, number in ended.items():
            with self.subTest(way=way):
                script = '"$@"; status=$?; echo status $status; for i in $(seq 100); do pgrep -x "pasta(.avx2)?" >/dev/null || break; sleep 0.05; done; ' \
                         'pgrep -x "pasta(.avx2)?" >/dev/null && echo left; pgrep -x appbox >/dev/null && echo appbox left; exit 0'
                argv, env = self.world("sh", "-c", script, "sh", *self.box("sh", "-c", "echo up; read x; exit 6"))
                process = self.start(argv, env=env, stdin=subprocess.PIPE)
                self.assertEqual(process.stdout.readline(), b"up\n")
                helper = wait_until(self.helpers)
                boxes = [p for p, line in descendants().items() if line.startswith(program("appbox"))]
                parents = {p: int(open(f"/proc/{p}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[1]) for p in boxes}
                main = next(p for p in boxes if parents[p] not in boxes)
                if way == "end":
                    process.stdin.close()
                else:
                    os.kill(next(iter(helper)) if way == "pasta" else main, signal.SIGKILL if way == "pasta" else number)
                out, err = process.stdout.read(), process.stderr.read()
                expected = {"end": 6, "kill": 137, "term": 143, "pasta": 137}[way]
                self.assertEqual(out.decode(), f"status {expected}\n", err.decode())
                if way == "pasta":
                    self.assertRegex(err.decode(), "something that it depends on is gone: pasta")
                process.wait(20)
        self.assertNoProcesses()

    def test_places_of_the_resolver(self):
        folder = self._folder("work/etc", 0o755)
        out = self.in_world(*self.box("--bind", folder, "/etc", "sh", "-c", "ls -A /etc; echo end")).out
        self.assertEqual((out, os.listdir(folder)), ("end\n", []))
        write(os.path.join(folder, "real"), "mine\n")
        os.symlink("real", os.path.join(folder, "resolv.conf"))
        out = self.in_world(*self.box("--bind", folder, "/etc", "sh", "-c", "cat /etc/resolv.conf; (echo x >/etc/resolv.conf) 2>/dev/null || echo refused")).out
        self.assertEqual(out, "nameserver 169.254.1.1\nrefused\n")
        self.assertEqual(open(os.path.join(folder, "real"), encoding="ascii").read(), "mine\n")

    def test_what_is_missing_is_said(self):
        box = self.box("/usr/bin/echo", "ran")
        self.assertFails(self.run_command(box, env={"PATH": "/nowhere"}), "pasta.*not installed.*package passt", status=1)
        result = self.in_world(*box, NO_ROUTE="1")
        self.assertFails(result, "cannot connect the network.*pasta has ended before there was a network: “", status=1)
        self.assertNotIn("ran", result.out)
        self.assertFails(self.run_command([program("appbox"), *SYSTEM, "--net=pasta", "true"]), "new network and pid namespaces", status=1)
        for words in (("--publish", "80:80"), ("--net=pasta", "--share-net"), ("--net=pasta", "--publish", "80"), ("--net=pasta", "--publish", "0:1"),
                      ("--net=pasta", "--publish", "1:65536"), ("--net=pasta", "--publish", "x/1:1"), ("--net=pasta", "--publish", "1:1,~2")):
            result = self.run_command([program("appbox"), *USUAL, *words, "echo", "ran"])
            self.assertFails(result, "--publish|does not publish a port|--share-net", status=1)
            self.assertEqual(result.out, "")
        self.assertNoProcesses()
