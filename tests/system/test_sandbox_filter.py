# SPDX-License-Identifier: LGPL-2.1-or-later
"""The system call filters, tried call by call from inside.  Each refused call is one that this user may make outside, or
a sibling of one, so that it is the filter that is seen to refuse."""
import platform
import unittest

from engine import EngineTest, TOOLS

VARIANTS = ("old-kernel", "asan")

EPERM = ["unshare-user", "unshare-none", "clone-user", "clone-mnt", "clone-net", "clone-user-high-bits", "setns", "mount",
         "umount2", "pivot_root", "chroot", "syslog", "acct", "quotactl", "quotactl_fd", "add_key", "keyctl",
         "request_key", "move_pages", "mbind", "get_mempolicy", "set_mempolicy", "migrate_pages",
         "set_mempolicy_home_node", "bpf", "open_by_handle_at", "kexec_load", "init_module", "finit_module", "delete_module"]
ENOSYS = ["clone3", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
          "io_uring_setup"]
EAFNOSUPPORT = ["socket-packet", "socket-vsock", "socket-bluetooth", "socket-alg", "socket-ax25",
                "socket-bluetooth-no-type", "socket-can-no-type", "socket-wanpipe-no-type", "socket-packet-high-bits"]
OK = ["socket-unix", "socket-inet", "socket-inet6", "socket-netlink", "getpid"]
FILTERS = {"default": "0", "devel": "1", "multiarch": "2", "devel-multiarch": "3"}


def answers(result):
    return dict(line.split(" ", 1) for line in result.out.splitlines())


class Filter(EngineTest):
    def tried(self, what, name="default"):
        return self.assertOk(self.sandbox("--filter", FILTERS[name], "--", "/tools/try-calls", what))

    def outside(self, what):
        return answers(self.assertOk(self.run_command([f"{TOOLS}/try-calls", what])))

    def test_new_namespaces_and_mounts_are_refused_cve_2021_41133(self):
        expected = {**dict.fromkeys(EPERM, "EPERM"), **dict.fromkeys(ENOSYS, "ENOSYS"),
                    **dict.fromkeys(EAFNOSUPPORT, "EAFNOSUPPORT"), **dict.fromkeys(OK, "ok")}
        for name in FILTERS:
            with self.subTest(filter=name):
                self.assertEqual(answers(self.tried("calls", name)), expected)

    def test_families_of_sockets_that_are_asked_for(self):
        """One more and no other; a type that no kernel has shows who refuses, where the kernel lacks the family."""
        for number, families in (("7", {"bluetooth"}), ("8", {"can"}), ("15", {"bluetooth", "can"})):
            seen = answers(self.assertOk(self.sandbox("--filter", number, "--", "/tools/try-calls", "calls")))
            for family in ("bluetooth", "can", "wanpipe"):
                expected = "EINVAL" if family in families else "EAFNOSUPPORT"
                self.assertEqual(seen[f"socket-{family}-no-type"], expected, (number, family))
            self.assertEqual((seen["unshare-user"], seen["socket-packet"], seen["socket-unix"]), ("EPERM", "EAFNOSUPPORT", "ok"), number)

    def test_the_same_calls_work_outside(self):
        seen = self.outside("calls")
        for name in ("unshare-user", "clone-user", "clone-user-high-bits", "socket-unix", "get_mempolicy", "getpid"):
            self.assertEqual(seen[name], "ok", name)

    def test_calls_of_later_kernels_do_not_exist_cve_2021_41133(self):
        for name in FILTERS:
            with self.subTest(filter=name):
                self.assertEqual(self.tried("future", name).out, "done\n")

    def test_only_developers_trace_and_measure(self):
        for name in ("default", "multiarch"):
            self.assertEqual(answers(self.tried("devel", name)),
                             {"ptrace": "EPERM", "perf_event_open": "EPERM", "userfaultfd": "EPERM", "personality-linux": "ok",
                              "personality-no-randomize": "EPERM", "personality-high-bits": "EPERM"}, name)
        for name in ("devel", "devel-multiarch"):
            seen = answers(self.tried("devel", name))
            self.assertEqual((seen["ptrace"], seen["personality-no-randomize"]), ("ok", "ok"), name)
            self.assertNotEqual(seen["perf_event_open"], "EPERM", name)
            self.assertEqual(seen["userfaultfd"], self.outside("devel")["userfaultfd"], name)

    @unittest.skipUnless(platform.machine() == "x86_64", "kernel: not x86-64")
    def test_other_conventions_are_no_way_around_cve_2019_10063_relnotes_0_9_42(self):
        for name in ("default", "devel"):
            seen = answers(self.tried("foreign", name))
            self.assertEqual(seen.pop("int80-future"), "ENOSYS")
            self.assertEqual(set(seen.values()), {"killed by 31"}, f"{name}: {seen}")
            self.assertEqual(answers(self.tried("modify_ldt", name)), {"modify_ldt": "EPERM"})
        for name in ("multiarch", "devel-multiarch"):
            self.assertEqual(answers(self.tried("foreign", name)),
                             {"int80-getpid": "ok", "int80-unshare": "EPERM", "int80-future": "ENOSYS",
                              "int80-socketcall": "EAFNOSUPPORT", "int80-clone-user": "EPERM", "int80-clone3": "ENOSYS",
                              "int80-mount": "EPERM", "int80-tiocsti": "EPERM", "int80-tioclinux": "EPERM", "int80-keyctl": "EPERM",
                              "int80-bpf": "EPERM", "int80-io_uring_setup": "ENOSYS", "int80-socket-packet": "EAFNOSUPPORT",
                              "int80-socket-unix": "ok", "int80-vm86": "EPERM", "x32-unshare": "killed by 31"}, name)
            self.assertEqual(answers(self.tried("modify_ldt", name)), {"modify_ldt": "ok"})

    def terminal_answers(self, argv):
        terminal = self.terminal(argv)
        self.assertEqual(terminal.wait(), 0, terminal.text)
        return [line.split() for line in terminal.text.splitlines() if " " in line]

    def test_terminal_cannot_be_typed_into_cve_2017_5226_cve_2019_10063_cve_2023_28100(self):
        for name, number in FILTERS.items():
            seen = self.terminal_answers(self.sandbox_argv("--filter", number, "--", "/tools/try-calls", "terminal"))
            self.assertEqual(len(seen), 28, name)      # 7 requests on 0, 1, 2 and /dev/tty
            for request, answer in seen:
                self.assertEqual(answer, "ok" if request == "TIOCGWINSZ" else "EPERM", f"{name}: {request}")

    def test_outside_the_terminal_answers_for_itself(self):
        for request, answer in self.terminal_answers([f"{TOOLS}/try-calls", "terminal"]):
            if request.startswith("TIOCLINUX"):
                self.assertNotEqual(answer, "EPERM", request)
