# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbox --net=pasta, in a small world of its own (networks.py)."""
import os
import shlex
import signal
import subprocess
import sys

from engine import SYSTEM
from harness import descendants, program, wait_until, write
from networks import WorldTest

VARIANTS = ("asan", "old-kernel")
USUAL = SYSTEM + ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--unshare-all"]
PYTHON = os.path.join("/usr/bin", os.path.basename(os.path.realpath(sys.executable)))


# One server for everything.  An exchange ends when the other side says so: pasta of Debian 12 may lose the end of a connection that is closed early.
INSIDE = """
import socket, threading
family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
web = socket.create_server(("", 8080), family=family, dualstack_ipv6=family == socket.AF_INET6, backlog=50)
def talk(s):
    if s.recv(10) == b"ask":
        s.sendall(b"inside")
        s.recv(10)
def answer(port):
    s = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("", port))
    while True:
        s.sendto(b"inside", s.recvfrom(10)[1])
for port in (9001, 9003, 9004):
    threading.Thread(target=answer, args=(port,)).start()
while True:
    threading.Thread(target=talk, args=(web.accept()[0],)).start()
"""
# Asks again until there is an answer, as the server may not be there yet, and what is lost is lost.
ASK = """
import socket, sys, time
def ask(protocol, host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.connect((host, int(port)))
        s.send(b"ask")
        return s.recv(10).decode()
for word in sys.argv[1:]:
    protocol, host, port, *absent = word.split(",")
    answer, end = "", time.monotonic() + (0 if absent else 60)
    while True:
        try:
            answer = ask(protocol, host, port)
        except OSError:
            time.sleep(0.02)
        if answer or time.monotonic() > end:
            break
    print(word, answer or "nothing", flush=True)
"""


class Outgoing(WorldTest):
    def box(self, *words):
        return [program("appbox"), *USUAL, "--ro-bind", f"{self.work}/try.py", "/try.py", "--net=pasta", *words]

    def test_out_but_not_to_the_host(self):
        """The gateway's address and this machine's own lead to no service that is for its loopback; CVE-2017-5985: pasta is told
        of our own namespaces only."""
        script = (f"{PYTHON} /try.py 10.77.0.2:8002 !127.0.0.1:8001 !10.77.0.1:8001 !10.77.0.2:8001 !169.254.1.1:8001 169.254.1.1:53 "
                  "!::1:8001; cat /etc/resolv.conf; ls /sys/class/net 2>/dev/null; cut -d: -f1 /proc/net/dev | tail -n +3; "
                  "grep -c near /proc/net/unix; for p in /proc/[0-9]*; do cat $p/comm; done; ls /proc/self/fd | wc -l")
        out = self.assertOk(self.in_world(*self.box("--cap-add", "ALL", "--cap-drop", "CAP_NET_RAW", "--cap-drop", "CAP_NET_ADMIN", "sh", "-c", script))).out
        self.assertEqual(out.splitlines()[:7], ["10.77.0.2:8002 far away", "!127.0.0.1:8001 -", "!10.77.0.1:8001 -", "!10.77.0.2:8001 -",
                                                "!169.254.1.1:8001 -", "169.254.1.1:53 \x124answer", "!::1:8001 -"])
        self.assertIn("nameserver 169.254.1.1\n", out)
        self.assertRegex(out, r"(?s)\blo\b.*\beth0\b|\beth0\b.*\blo\b")
        self.assertNotIn("pasta", out)
        self.assertNotIn("appbox", out)
        # The twin: outside all of that is there.
        out = self.in_world(sys.executable, f"{self.work}/try.py", "10.77.0.2:8002", "127.0.0.1:8001", "127.0.0.1:8010").out
        self.assertEqual(out.splitlines(), ["10.77.0.2:8002 far away", "127.0.0.1:8001 secret", "127.0.0.1:8010 other secret"])

    def published(self, rows, **variables):
        """Who asks, over what, and where; each is answered by the one server inside.  Each row: from here or from the rest of the net, the
        protocol, the address, the port, and how it is published ("": it is not, and nothing answers)."""
        for name, text in (("inside.py", INSIDE), ("ask.py", ASK)):
            write(os.path.join(self.work, name), text)
        words = [word for row in rows if row[4] for word in ("--publish", row[4])]
        box = self.box("--ro-bind", f"{self.work}/inside.py", "/inside.py", *words, PYTHON, "/inside.py")
        asked = {place: [f"{row[1]},{row[2]},{row[3]}{'' if row[4] else ',!'}" for row in rows if row[0] == place] for place in ("near", "far")}
        script = f"""{shlex.join(box)} >$WORK/up & {sys.executable} $WORK/ask.py {shlex.join(asked["near"])}
                     nsenter -n -t $FAR {sys.executable} $WORK/ask.py {shlex.join(asked["far"])}"""
        out = self.assertOk(self.in_world("sh", "-c", script, **variables)).out
        answers = [f"{question} {'nothing' if question.endswith('!') else 'inside'}" for place in ("near", "far") for question in asked[place]]
        self.assertEqual(out.splitlines(), answers)

    def test_published_ports(self):
        """Over TCP and UDP, at the loopback and at an address that the rest of the net sees."""
        self.published([
            ("near", "tcp", "127.0.0.1", 9001, "9001:8080"), ("near", "udp", "127.0.0.1", 9001, "9001/udp"),
            ("far", "tcp", "10.77.0.1", 9002, "10.77.0.1:9002:8080"), ("far", "udp", "10.77.0.1", 9003, "10.77.0.1/9003:9003/udp"),
            ("near", "tcp", "127.0.0.1", 9002, ""), ("near", "tcp", "127.0.0.1", 8080, ""), ("near", "udp", "127.0.0.1", 9004, ""),
            ("far", "tcp", "10.77.0.1", 9001, ""), ("far", "udp", "10.77.0.1", 9001, "")])

    def test_published_ports_of_ipv6(self):
        if not os.path.exists("/proc/net/if_inet6"):
            self.skipTest("kernel: no IPv6")
        self.published([
            ("near", "tcp", "::1", 9001, "[::1]:9001:8080"), ("near", "udp", "::1", 9001, "[::1]:9001/udp"),
            ("far", "tcp", "fd77::1", 9002, "[fd77::1]:9002:8080/tcp"), ("far", "udp", "fd77::1", 9003, "fd77::1/9003/udp"),
            ("near", "tcp", "127.0.0.1", 9001, ""), ("near", "udp", "127.0.0.1", 9001, ""), ("far", "tcp", "fd77::1", 9001, "")], IPV6="1")
        # Where there is no way out over IPv6, pasta has none.
        result = self.in_world(*self.box("--publish", "[::1]:9001:8080", "/usr/bin/echo", "ran"))
        self.assertFails(result, "::1/9001:8080.*no default route of IPv6", status=1)
        self.assertEqual(result.out, "")

    def helpers(self):
        return {pid: line for pid, line in descendants().items() if line.startswith("pasta ")}

    def test_the_helper_ends_with_the_sandbox(self):
        ended = {"end": None, "kill": signal.SIGKILL, "term": signal.SIGTERM, "pasta": None}
        for way, number in ended.items():
            with self.subTest(way=way):
                script = '"$@"; echo status $?; for i in $(seq 100); do pgrep -x "pasta(.avx2)?|appbox" >/dev/null || break; sleep 0.05; done; ' \
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
        result = self.in_world(*self.box("--publish", "8001:80", *box[-2:]))        # somebody else has it
        self.assertFails(result, "pasta has ended before there was a network: “.*8001", status=1)
        self.assertNotIn("ran", result.out)
        self.assertFails(self.run_command([program("appbox"), *SYSTEM, "--net=pasta", "true"]), "new network and pid namespaces", status=1)
        # With these the loopback of this machine could be reached through pasta; ALL has both.
        for words in (("--cap-add", "CAP_NET_RAW"), ("--cap-add", "CAP_NET_ADMIN"), ("--cap-add", "ALL", "--cap-drop", "CAP_NET_RAW")):
            result = self.run_command(self.box(*words, "/usr/bin/echo", "ran"))
            self.assertFails(result, "the capability CAP_NET_.* do not go together.*loopback of this machine", status=1)
            self.assertEqual(result.out, "")
        for words in (("--publish", "80:80"), ("--net=pasta", "--share-net"), ("--net=pasta", "--publish", "80:"), ("--net=pasta", "--publish", "0:1"),
                      ("--net=pasta", "--publish", "1:65536"), ("--net=pasta", "--publish", "x/1:1"), ("--net=pasta", "--publish", "1:1,~2"),
                      ("--net=pasta", "--publish", "1:2/udp"), ("--net=pasta", "--publish", "80", "--publish", "[::1]:80:81")):
            result = self.run_command([program("appbox"), *USUAL, *words, "echo", "ran"])
            self.assertFails(result, "--publish|does not publish a port|publish the same port|--share-net", status=1)
            self.assertEqual(result.out, "")
        self.assertNoProcesses()
