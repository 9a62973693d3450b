# SPDX-License-Identifier: LGPL-2.1-or-later
"""The network of an app: [Nacelle Network], --network and --publish, in a small world of its own (networks.py) with a real pasta."""
import os
import sys

from harness import program, write
from networks import WorldTest

APP = "org.nacelle.test.Net"
EXTRA = "[Nacelle Network]\nmode=isolated\npublish=9001:8080;10.77.0.1/9002:8080\n"
# "!": nothing should be there.  Debian's pasta loses what comes when an end is closed early, or the end itself, so our end stays
# open and an exchange is tried again.
SCRIPT = """#!/bin/sh
mkfifo /tmp/open
exec 3<>/tmp/open
attempt ()
{
  tries="1 2 3 4 5 6 7 8"
  case $1 in !*) tries=1 ;; esac
  for try in $tries; do
    got=$(busybox timeout 3 nc ${1#!} $2 <&3 2>/dev/null)
    [ -z "$got" ] || break
  done
  echo "$1:$2 $got"
}
httpd -p 8080 -h /app/www
n=0
for place in "10.77.0.2 8002" "!127.0.0.1 8001" "!10.77.0.1 8001" "!10.77.0.2 8001" "!169.254.1.1 8001"; do
  n=$((n + 1))
  attempt $place >/tmp/$n &
done
wait
cat /tmp/[1-5]
cat /etc/resolv.conf
grep -c near /proc/net/unix
echo up
read line
exit 7
"""
DRIVE = """
import subprocess, sys, time, urllib.request

VARIANTS = ("old-kernel",)
app = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
for line in app.stdout:
    print(line, end="", flush=True)
    if line == "up\\n":
        break
def fetch(address):
    end = time.monotonic() + 60
    while app.poll() is None and time.monotonic() < end:
        try:
            return urllib.request.urlopen(f"http://{address}/page", timeout=5).read().decode()
        except OSError as e:
            error = e
            time.sleep(0.05)
    return error
print(fetch("127.0.0.1:9001"), fetch("10.77.0.1:9002"))
print(app.communicate("\\n")[0] + f"status {app.returncode}")
"""


class Network(WorldTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write(os.path.join(cls.work, "drive.py"), DRIVE)

    def setUp(self):
        super().setUp()
        if not os.path.isdir(os.path.join(self.store, "app", APP)):
            self.install_tiny()
            self.install_app(APP, script=SCRIPT, extra=EXTRA, files={"www/page": "the page"})

    def explain(self, *options):
        return self.assertOk(self.apprun("explain", *options, APP)).out

    def override(self, text):
        path = write(os.path.join(self.store, "overrides", APP), text)
        self.addCleanup(os.remove, path)

    def test_out_and_in_but_not_to_the_host(self):
        argv, env = self.world(sys.executable, f"{self.work}/drive.py", program("apprun"), "--publish=9003:8081", APP)
        result = self.run_command(argv, env=env, timeout=110)
        self.assertEqual(self.assertOk(result).out.splitlines(), [
            "10.77.0.2:8002 far away", "!127.0.0.1:8001 ", "!10.77.0.1:8001 ", "!10.77.0.2:8001 ", "!169.254.1.1:8001 ",
            "nameserver 169.254.1.1", "0", "up", "the page the page", "status 7"], result)
        self.assertNoProcesses(timeout=60)

    def test_the_hosts_network_is_the_twin(self):
        script = "nc 127.0.0.1 8001 </dev/null; echo; cat /etc/resolv.conf; grep -c near /proc/net/unix"
        result = self.in_world(program("apprun"), "--network=host", "--command=sh", APP, "-c", script)
        self.assertEqual(self.assertOk(result).out, "secret\nnameserver 10.77.0.53\n1\n", result)

    def test_layers_narrow(self):
        record = r"(?m)^network-outgoing 127.0.0.1/9001:8080 10.77.0.1/9002:8080 +# metadata of app/" + APP
        self.assertRegex(self.explain(), record)
        self.assertRegex(self.explain("--share=network"), record)
        self.assertRegex(self.explain("--network=host"), r"(?m)^share network +# command line$")
        self.assertIn("[Nacelle Network]\nmode=isolated\npublish=9001:8080;10.77.0.1/9002:8080", self.assertOk(self.apprun("info", APP)).out)
        with self.subTest("an override without network"):
            self.override("[Context]\nshared=!network\n")
            out = self.explain()
            self.assertNotRegex(out, "(?m)^(network-outgoing|share network)")
            self.assertIn(f"# not granted: --publish=127.0.0.1/9001:8080 (metadata of app/{APP}", out)
            self.assertIn("ports are published of one that is \"isolated\"", out)
            self.assertNotRegex(self.explain("--unshare=network"), "(?m)^(network-outgoing|share network)")
            self.assertRegex(self.explain("--network=isolated", "--nopublish=9001:8080"),
                             "(?m)^network-outgoing 10.77.0.1/9002:8080 +# command line$")

    def test_what_cannot_be_had_is_said(self):
        result = self.apprun(APP, env={"PATH": "/nowhere"})
        self.assertFails(result, "pasta.*not installed.*package passt", f"wanted by: metadata of app/{APP}", status=125)
        self.assertEqual(result.out, "")
        self.assertFails(self.in_world(program("apprun"), APP, NO_ROUTE="1"), "cannot connect the network.*pasta has ended", status=125)
        self.assertFails(self.apprun("--unshare=network", "--publish=80:80", APP), 'network is "none"; add --network=isolated', status=125)
        self.assertFails(self.apprun("--publish=53:54/udp", APP), "one of UDP has the same number inside", status=125)
        self.assertFails(self.apprun("--network=tor", APP), "there are host, isolated and none", status=125)
