# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small world for networks beside sandboxes: two network namespaces with a wire between them.  One stands for this machine
(with services on its loopback), the other for the rest of the net (with a web and a name server)."""
import os
import shutil
import sys
import textwrap

from harness import SystemTest, write

# The rest of the net.  The name server answers with the name it was asked by.
FAR = """
import socket, threading
web = socket.create_server(("10.77.0.2", 8002))
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("10.77.0.53", 53))
print("far", flush=True)
def answer():
    while True:
        data, peer = names.recvfrom(600)
        names.sendto(data[:2] + b"answer", peer)
threading.Thread(target=answer, daemon=True).start()
while True:
    web.accept()[0].sendall(b"far away")
"""
# A service of this machine that is for this machine only, and one for everybody.
NEAR = """
import socket, threading
def serve(address, port, word):
    server = socket.create_server((address, port))
    while True:
        server.accept()[0].sendall(word)
for line in (("127.0.0.1", 8001, b"secret"), ("127.0.0.1", 8010, b"other secret")):
    threading.Thread(target=serve, args=line).start()
abstract = socket.socket(socket.AF_UNIX)
abstract.bind("\\0nacelle-test-near")
abstract.listen()
print("near", flush=True)
"""
TRY = """
import socket, sys
for word in sys.argv[1:]:
    patience = 0.7 if word[0] == "!" else 20     # "!": nothing should be there
    host, port = word.lstrip("!").rsplit(":", 1)
    try:
        if port == "53":
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(patience)
            s.sendto(b"\\x12\\x34" + bytes(20), (host, 53))
        else:
            s = socket.create_connection((host, int(port)), patience)
        print(word, s.recv(100).decode())
    except OSError as e:
        print(word, "-")
"""
WORLD = """
set -e
: >$WORK/ready
ip link set lo up
ip link add near type veth peer name far
unshare -n sh -c 'while ! ip addr add 10.77.0.2/24 dev far 2>/dev/null; do sleep 0.02; done; ip addr add 10.77.0.53/24 dev far;
                  ip link set far up; ip link set lo up;
                  [ ! -e /proc/net/if_inet6 ] || ip addr add fd77::2/64 dev far nodad; exec "$@"' sh $PYTHON $WORK/far.py >>$WORK/ready &
export FAR=$!
while [ "$(readlink /proc/$!/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link set far netns $!
ip addr add 10.77.0.1/24 dev near
ip link set near up
[ -n "$NO_ROUTE" ] || ip route add default via 10.77.0.2
if [ -n "$IPV6" ]; then ip addr add fd77::1/64 dev near nodad; ip route add default via fd77::2 dev near; fi
mount --bind $WORK/resolv.conf $(readlink -f /etc/resolv.conf)
$PYTHON $WORK/near.py >>$WORK/ready &
while [ $(wc -l <$WORK/ready) -lt 2 ]; do sleep 0.02; done
"$@"
"""


class WorldTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, text in (("far.py", FAR), ("near.py", NEAR), ("try.py", TRY), ("world.sh", WORLD), ("resolv.conf", "nameserver 10.77.0.53\n")):
            write(os.path.join(cls.work, name), textwrap.dedent(text))

    def setUp(self):
        if not shutil.which("pasta"):
            self.fail("pasta is not installed; ./dev test installs the package passt")
        try:
            os.close(os.open("/dev/net/tun", os.O_RDWR))
        except OSError as e:
            self.skipTest(f"kernel: /dev/net/tun cannot be used here: {e.strerror}")

    def world(self, *words, **variables):
        """What runs `words` in the place of this machine; it ends with its first process."""
        return (["unshare", "-Urnmpf", "--kill-child", "--mount-proc", "sh", f"{self.work}/world.sh", *words],
                {"WORK": self.work, "PYTHON": sys.executable, **variables})

    def in_world(self, *words, **variables):
        argv, env = self.world(*words, **variables)
        return self.run_command(argv, env=env)
