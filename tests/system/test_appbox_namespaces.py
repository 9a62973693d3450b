# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbox: what its own options put into namespaces: clocks, ids, rights, environment, and sandboxes in sandboxes."""
import os
import re
import shutil
import subprocess
import sys

from boxes import BWRAP
from engine import SYSTEM
from harness import SystemTest, program, wait_until

VARIANTS = ("old-kernel", "asan")
OLD = os.environ.get("NACELLE_TEST_VARIANT") == "old-kernel"
USUAL = SYSTEM + ["--proc", "/proc", "--dev", "/dev", "--unshare-all"]
SUBID = re.compile(r"^([^:]+):(\d+):(\d+)$", re.M)


def range_of_caller(path):
    """(start, count) of the first range of this user, or None."""
    try:
        with open(path, encoding="ascii") as f:
            ranges = [m for m in SUBID.finditer(f.read()) if m[1] in (os.environ.get("USER"), str(os.getuid()))]
    except OSError:
        ranges = []
    return (int(ranges[0][2]), int(ranges[0][3])) if ranges else None


class Namespaces(SystemTest):
    def appbox(self, *words, **options):
        return self.run_command([program("appbox"), *USUAL, *words], **options)

    # --- clocks --------------------------------------------------------------------------------------------------

    def clocks(self, *words):
        code = ("import os, time; print(int(time.clock_gettime(time.CLOCK_MONOTONIC)), int(time.clock_gettime(time.CLOCK_BOOTTIME)),"
                "os.readlink('/proc/self/ns/time'))")
        python = os.path.join("/usr/bin", os.path.basename(os.path.realpath(sys.executable)))
        monotonic, boottime, namespace = self.assertOk(self.appbox(*words, python, "-c", code)).out.split()
        return int(monotonic), int(boottime), namespace

    def test_clocks_are_shifted(self):
        if not os.path.exists("/proc/self/ns/time"):
            self.skipTest("kernel: no time namespaces")
        plain = self.clocks()
        if OLD:
            result = self.appbox("--time-offset", "monotonic=100000,boottime=7000000", "echo", "ran")
            self.assertFails(result, "cannot shift the clocks.*this kernel has no time namespaces", status=1)
            self.assertEqual(result.out, "")
            return
        self.assertEqual(plain[2], os.readlink("/proc/self/ns/time"))
        both = self.clocks("--time-offset", "monotonic=100000,boottime=7000000")
        self.assertNotEqual(both[2], plain[2])
        self.assertTrue(100000 <= both[0] - plain[0] < 100120, both)
        self.assertTrue(7000000 <= both[1] - plain[1] < 7000120, both)
        back = self.clocks("--time-offset", "monotonic=+60", "--time-offset", "monotonic=-1")
        self.assertTrue(-1 <= back[0] - plain[0] < 119, back)

    def test_clocks_that_cannot_be(self):
        for value in ("monotonic", "monotonic=", "monotonic=1.5", "realtime=1", "monotonic=1x", "monotonic=99999999999999999999", ""):
            self.assertFails(self.appbox("--time-offset", value, "true"), "--time-offset", status=1)
        self.assertFails(self.appbox("--time-offset", f"boottime={2 ** 62}", "true"), "cannot be shifted by", status=1)
        if os.path.exists("/proc/self/ns/time"):
            self.assertFails(self.appbox("--time-offset", "boottime=-4000000000", "true"),
                             "this kernel has no time namespaces" if OLD else "clock cannot be shifted to before", status=1)

    def test_no_time_namespaces_is_a_refusal(self):
        script = 'echo 0 > /proc/sys/user/max_time_namespaces && exec "$@"'
        if not os.path.exists("/proc/sys/user/max_time_namespaces"):
            self.skipTest("kernel: no time namespaces")
        result = self.run_command(["unshare", "-Ur", "sh", "-c", script, "sh", program("appbox"), *USUAL, "--time-offset", "monotonic=1",
                                   "echo", "ran"])
        self.assertFails(result, "cannot shift the clocks", status=1)
        self.assertEqual(result.out, "")

    # --- ids -----------------------------------------------------------------------------------------------------

    def need_ranges(self):
        users, groups = range_of_caller("/etc/subuid"), range_of_caller("/etc/subgid")
        if users is None or groups is None or not shutil.which("newuidmap"):
            self.skipTest("kernel: this user has no ranges of ids here")
        if OLD:
            for option in ("--map-auto", "--map-users=auto", "--map-groups=auto"):
                result = self.appbox(*option.split("="), "echo", "ran")
                self.assertFails(result, "new[ug]idmap has not mapped the (user|group) ids", status=1)
                self.assertEqual(result.out, "")
            self.skipTest("kernel: who refuses calls to us sets no_new_privs too, and nobody can map ranges; that was refused by name")
        return users[0], groups[0], min(users[1], groups[1])

    def test_ranges_of_ids(self):
        users, groups, _ = self.need_ranges()
        result = self.appbox("--map-auto", "--uid", "0", "--gid", "0", "--cap-add", "CAP_CHOWN", "--cap-add", "CAP_SETUID", "--cap-add",
                             "CAP_SETGID", "--dir", "/x", "sh", "-c",
                             "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; touch /x/f && chown 5:6 /x/f &&"
                             "stat -c %u:%g /x/f; setpriv --reuid 7 --regid 8 --groups 9 id -G")
        rows = [line.split() for line in self.assertOk(result).out.splitlines()]
        self.assertEqual(rows[0][:2] + rows[0][2:], ["0", str(os.getuid()), "1"])
        self.assertEqual(rows[1][:2], ["1", str(users + 1)])
        self.assertEqual(rows[2], ["0", str(os.getgid()), "1"])
        self.assertEqual(rows[3][:2], ["1", str(groups + 1)])
        self.assertEqual(rows[4:], [["allow"], ["5:6"], ["8", "9"]])
        result = self.appbox("--map-groups", "auto", "--attribute", "groups=none", "sed", "-n", "s/^Groups:.//p", "/proc/self/status")
        self.assertEqual(self.assertOk(result).out.strip(), "")

    def test_ids_of_a_joined_namespace(self):
        """--userns with --uid and --gid: other ids are taken where the map has them, with all rights to set the sandbox up, and bwrap
        takes them too where ours is not 0 there; one that is not named is left as it is."""
        self.need_ranges()
        script = "id -u; id -g; touch /t/f && stat -c %u:%g /t/f; grep CapPrm /proc/self/status; readlink /proc/self/ns/user"
        for kind, others in (("--map-root-user", []), ("--map-current-user", [BWRAP])):
            holder = self.start(["unshare", "-U", "--map-auto", kind, "sh", "-c", "echo; exec sleep 1000"])
            self.assertEqual(holder.stdout.readline(), b"\n")
            user = os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY)
            here = "0" if kind == "--map-root-user" else str(os.getuid())
            for name in filter(None, [program("appbox"), *others]):
                for words, uid, gid in ((["--uid", "5", "--gid", "6"], "5", "6"), (["--uid", "5"], "5", here), (["--uid", here], here, here)):
                    result = self.run_command([name, *SYSTEM, "--proc", "/proc", "--dev", "/dev", "--userns", str(user), *words,
                                               "--tmpfs", "/t", "--cap-add", "CAP_CHOWN", "sh", "-c", script], pass_fds=[user])
                    self.assertEqual(result.out.splitlines(), [uid, gid, f"{uid}:{gid}", "CapPrm:\t0000000000000001",
                                                               os.readlink(f"/proc/{holder.pid}/ns/user")], (words, str(result)))
            os.close(user)
            holder.kill()

    def test_explicit_ranges(self):
        users, groups, _ = self.need_ranges()
        own = os.getuid(), os.getgid()
        rows = self.assertOk(self.appbox("--uid", "3", "--map-users", f"0:{users}:10", "--map-users", f"50:{users + 50}:1", "sh", "-c",
                                         "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; id -u")).out.split("\n")
        self.assertEqual([line.split() for line in rows[:4]],
                         [["3", str(own[0]), "1"], ["0", str(users), "3"], ["4", str(users + 4), "6"], ["50", str(users + 50), "1"]])
        self.assertEqual(rows[4].split(), [str(own[1]), str(own[1]), "1"])
        self.assertEqual(rows[5:7], ["deny", "3"])
        rows = self.assertOk(self.appbox("--map-groups", f"7:{groups}:2", "cat", "/proc/self/uid_map", "/proc/self/gid_map"))
        self.assertEqual([line.split() for line in rows.out.splitlines()],
                         [[str(own[0]), str(own[0]), "1"], [str(own[1]), str(own[1]), "1"], ["7", str(groups), "2"]])

    def test_ranges_that_cannot_be(self):
        self.need_ranges()
        for value in ("1:2", "1:2:0", "a:b:c", "1:2:3:4", "", "-1:2:3"):
            self.assertFails(self.appbox("--map-users", value, "true"), "--map-users", status=1)
        self.assertFails(self.appbox("--map-users", "1:4294967290:10", "true"), "beyond the highest id", status=1)
        self.assertFails(self.appbox("--map-users", "10:5:3", "echo", "ran"), "newuidmap.*not allowed", "/etc/subuid", status=1)
        self.assertFails(self.appbox("--map-groups", "10:5:3", "echo", "ran"), "newgidmap.*not allowed", "/etc/subgid", status=1)
        self.assertFails(self.appbox("--map-auto", "true", env={"PATH": "/nowhere"}), "newuidmap.*not installed", "uidmap", status=1)
        nobody = ["unshare", "-Ur", program("appbox"), *USUAL, "--map-auto", "true"]
        self.assertFails(self.run_command(nobody), "/etc/subuid gives this user no range|newuidmap has not mapped", status=1)
        self.assertNoProcesses()

    def test_one_id_needs_no_helper(self):
        self.assertOk(self.appbox("/usr/bin/test", "-e", "/usr", env={"PATH": "/nowhere"}))

    # --- rights --------------------------------------------------------------------------------------------------

    def rights(self, *words):
        out = self.assertOk(self.appbox(*words, "sh", "-c", "grep -E '^Cap|NoNew' /proc/self/status; setpriv -d | grep Secure")).out
        return dict(re.split(r":\s*", line, maxsplit=1) for line in out.splitlines())

    def test_capabilities_in_all_sets(self):
        none, admin = "0" * 16, f"{1 << 12:016x}"
        sets = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        for identity in ((), ("--uid", "0", "--gid", "0")):
            for words, value in (((), none), (("--cap-add", "CAP_NET_ADMIN"), admin),
                                 (("--cap-add", "ALL", "--cap-drop", "ALL", "--cap-add", "CAP_NET_ADMIN"), admin)):
                seen = self.rights(*identity, *words)
                self.assertEqual([seen[name] for name in sets], [value] * 5, (identity, words))
                self.assertEqual((seen["NoNewPrivs"], seen["Securebits"]), ("1", "[none]"))

    def test_securebits(self):
        seen = self.rights("--uid", "0", "--cap-add", "CAP_NET_ADMIN", "--securebits", "noroot,noroot_locked", "--securebits", "no_setuid_fixup")
        self.assertEqual(seen["Securebits"], "noroot,noroot_locked,no_setuid_fixup")
        self.assertEqual((seen["CapEff"], seen["CapAmb"], seen["CapBnd"]), (f"{1 << 12:016x}",) * 3)
        self.assertIn("noroot", self.rights("--securebits", "noroot,no_cap_ambient_raise_locked")["Securebits"])
        self.assertFails(self.appbox("--securebits", "noroot,rooty", "true"), "unknown securebit: rooty", status=1)

    # --- environment ---------------------------------------------------------------------------------------------

    def test_safe_environment(self):
        poison = {"LD_PRELOAD": "/x.so", "LD_LIBRARY_PATH": "/x", "NACELLE_STORE": "/x", "NACELLE_X": "1", "SSH_AUTH_SOCK": "/x",
                  "DBUS_SESSION_BUS_ADDRESS": "x", "GCONV_PATH": "/x", "BASH_ENV": "/x", "SECRET": "x", "LC_TIME": "C", "TZ": "UTC"}
        seen = {line.split("=", 1)[0] for line in self.appbox("--safe-env", "--setenv", "MINE", "1", "env", env=poison).out.splitlines()}
        self.assertEqual(seen & set(poison), {"LC_TIME", "TZ"})
        self.assertLessEqual({"MINE", "PATH", "HOME", "LANG", "PWD"}, seen)
        seen = self.appbox("env", env={"SECRET": "x"}).out
        self.assertIn("SECRET=x", seen)

    # --- sandboxes in sandboxes ----------------------------------------------------------------------------------

    def nested(self, *words, limit=100):
        script = os.path.join(self.work, "nested.sh")
        with open(script, "w", encoding="ascii") as f:
            f.write('echo "level $1"; [ $1 -lt $2 ] || exit 0\nn=$1; limit=$2; shift 2\n'
                    f'exec {program("appbox")} --bind / / "$@" -- sh {script} $((n+1)) $limit "$@"\n')
        return self.run_command(["sh", script, "0", str(limit), *words])

    def test_sandboxes_in_sandboxes_until_the_kernels_limit(self):
        for words in ((), ("--unshare-all",)):
            self.assertEqual(self.assertOk(self.nested(*words, limit=5)).out.count("level"), 6)
            result = self.nested(*words)
            self.assertFails(result, "32 levels", status=1)
            self.assertEqual(len(result.err.splitlines()), 1, str(result))
            self.assertGreater(result.out.count("level"), 24, str(result))
        self.assertNoProcesses()

    # --- network namespaces --------------------------------------------------------------------------------------

    def test_network_namespace_by_descriptor(self):
        inner = ('unshare -n sleep 1000 & s=$!; while [ "$(readlink /proc/$s/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done;'
                 'nsenter -t $s -n ip link add marked type veth peer name other; readlink /proc/$s/ns/net; '
                 '"$@" 3</proc/$s/ns/net; status=$?; kill $s; exit $status')
        for words in ((), ("--unshare-all",)):
            box = [program("appbox"), *SYSTEM, "--proc", "/proc", *words, "--netns", "3", "sh", "-c",
                   "readlink /proc/self/ns/net; cut -d: -f1 /proc/net/dev | grep -c marked"]
            out = self.assertOk(self.run_command(["unshare", "-Urn", "sh", "-c", inner, "sh", *box])).out.split()
            self.assertEqual(out[1], out[0])
            self.assertEqual(out[2], "1")

    def test_network_namespace_of_others(self):
        holder = subprocess.Popen(["unshare", "-Urn", "sleep", "1000"])
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        wait_until(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
        fd = os.open(f"/proc/{holder.pid}/ns/net", os.O_RDONLY)
        self.assertFails(self.appbox("--netns", str(fd), "echo", "ran", pass_fds=[fd]),
                         "cannot join the network namespace.*rights over the user namespace that it belongs to", status=1)
        # With that one it works.
        user = os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY)
        result = self.run_command([program("appbox"), *SYSTEM, "--proc", "/proc", "--userns", str(user), "--netns", str(fd),
                                   "readlink", "/proc/self/ns/net"], pass_fds=[fd, user])
        self.assertEqual(self.assertOk(result).out.strip(), os.readlink(f"/proc/{holder.pid}/ns/net"))
        os.close(user)
        os.close(fd)
        with open("/dev/null", encoding="ascii") as file:
            self.assertFails(self.appbox("--netns", str(file.fileno()), "true", pass_fds=[file.fileno()]),
                             "not one of a network namespace", status=1)
