# SPDX-License-Identifier: LGPL-2.1-or-later
"""Throw-away virtual machines: a kernel of some Debian release, a small Debian with systemd, and a folder of ours as a disk.

Everything is emulated (no KVM is asked for), and nothing needs root: the root file system is made by mmdebstrap in a user
namespace and becomes a squashfs that all machines share; each has a tmpfs over it.  What has been downloaded stays in
~/.cache/nacelle-vm (or NACELLE_VM_CACHE).
"""
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

from mirror import mirror

HERE = os.path.dirname(os.path.abspath(__file__))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PACKAGES = ("systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "uidmap", "kmod", "procps", "libglib2.0-0",
            "libjson-glib-1.0-0", "apparmor")
# What systemd would do that no test needs, or cannot do without udev.
MASKED = ("systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket", "systemd-udev-trigger.service",
          "systemd-journal-flush.service", "systemd-journal-catalog-update.service", "systemd-update-utmp.service",
          "systemd-random-seed.service", "ldconfig.service", "systemd-firstboot.service", "systemd-machine-id-commit.service",
          "systemd-update-done.service", "systemd-binfmt.service", "systemd-pstore.service", "systemd-remount-fs.service",
          "systemd-modules-load.service", "apparmor.service", "kmod-static-nodes.service", "modprobe@.service",
          "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
          "sys-kernel-config.mount", "sys-fs-fuse-connections.mount", "proc-sys-fs-binfmt_misc.automount",
          "serial-getty@ttyS0.service", "getty@tty1.service", "apt-daily.timer", "apt-daily-upgrade.timer",
          "dpkg-db-backup.timer", "fstrim.timer", "e2scrub_all.timer", "systemd-tpm2-setup.service",
          "systemd-tpm2-setup-early.service", "systemd-pcrphase.service", "systemd-hwdb-update.service")
UNITS = ("nacelle-vm.service", "nacelle-vm-root.service", "nacelle-vm.target")
MODULES = ("virtio_pci", "virtio_blk", "squashfs", "overlay", "fuse", "loop", "tun", "veth", "autofs4", "unix")


def cache():
    folder = os.environ.get("NACELLE_VM_CACHE") or os.path.join(os.path.expanduser("~"), ".cache", "nacelle-vm")
    os.makedirs(folder, exist_ok=True)
    return folder


def sources(suite):
    url = mirror()
    if suite.endswith("-security"):
        url = re.sub(r"debian$", "debian-security", url)
    return f"deb [signed-by={KEYRING}] {url} {suite} main\n"


def run(argv, **options):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)[:300]}: status {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


def digest(words, files):
    """Of what a folder of the cache is made with, so that it is made anew when that changes."""
    state = hashlib.sha256(repr(words).encode())
    for name in files:
        with open(os.path.join(HERE, "guest", name), "rb") as f:
            state.update(f.read())
    return state.hexdigest()[:12]


class Made:
    """A folder of the cache that is complete or not there; two who want it at once do not disturb each other."""

    def __init__(self, name, key, make):
        self.path = os.path.join(cache(), f"{name}-{key}")
        with open(self.path + ".lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(self.path):
                shutil.rmtree(self.path + ".new", ignore_errors=True)
                os.makedirs(self.path + ".new")
                make(self.path + ".new")
                os.rename(self.path + ".new", self.path)
                for other in glob.glob(os.path.join(cache(), f"{name}-{'?' * len(key)}")):
                    if other != self.path:
                        shutil.rmtree(other, ignore_errors=True)


def kernel_fetch(suite, package, folder):
    """Unpack the kernel that a meta package stands for, with an apt of our own: the host's package state is not touched."""
    for name in ("lists/partial", "archives/partial", "etc", "debs"):
        os.makedirs(os.path.join(folder, "apt", name))
    apt = os.path.join(folder, "apt")
    with open(f"{apt}/etc/sources.list", "w", encoding="ascii") as f:
        f.write(sources(suite))
    with open(f"{apt}/status", "w", encoding="ascii"):
        pass
    options = [word for pair in (f"Dir::Etc::sourcelist={apt}/etc/sources.list", "Dir::Etc::sourceparts=/dev/null",
                                 f"Dir::State::lists={apt}/lists", f"Dir::Cache={apt}", f"Dir::State::status={apt}/status",
                                 "Acquire::Check-Valid-Until=false", "Acquire::Languages=none")
               for word in ("-o", pair)]
    run(["apt-get", *options, "update"])
    wanted, seen = [package], []
    while wanted:
        name = wanted.pop()
        seen.append(name)
        fields = run(["apt-cache", *options, "show", "--no-all-versions", name])
        depends = ",".join(re.findall(r"(?m)^(?:Pre-)?Depends: (.*)$", fields))
        for other in re.findall(r"\blinux-(?:image|binary|modules)-[0-9][\w.+-]*", depends):
            if other not in seen + wanted:
                wanted.append(other)
    run(["apt-get", *options, "download", *seen[1:]], cwd=f"{apt}/debs")
    for deb in glob.glob(f"{apt}/debs/*.deb"):
        run(["dpkg-deb", "-x", deb, folder])
    shutil.rmtree(apt)
    initrd_make(folder)


def initrd_make(folder):
    """busybox and the few modules that lead to the root file system; a root in the initramfs itself would forbid pivot_root."""
    modules = (glob.glob(f"{folder}/lib/modules/*") + glob.glob(f"{folder}/usr/lib/modules/*"))[0]
    version = os.path.basename(modules)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        tree, base = os.path.join(work, "tree"), os.path.join(work, "base")
        for name in ("bin", "dev", "proc", "sys", "root", "modules", "lower", "upper"):
            os.makedirs(os.path.join(tree, name))
        os.makedirs(f"{base}/lib/modules")
        os.symlink(modules, f"{base}/lib/modules/{version}")
        run(["/sbin/depmod", "-b", base, version])
        shutil.copy("/bin/busybox", f"{tree}/bin/busybox")
        shutil.copy(os.path.join(HERE, "guest", "initrd"), f"{tree}/init")
        os.chmod(f"{tree}/init", 0o755)
        order = []
        for module in MODULES:
            listed = subprocess.run(["/sbin/modprobe", "-d", base, "-S", version, "--show-depends", module], stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True, check=False)
            for path in re.findall(r"(?m)^insmod (\S+)", listed.stdout):
                name = re.sub(r"\.(xz|zst|gz)$", "", os.path.basename(path))
                if name not in order:
                    order.append(name)
                    unpack = {".xz": ["xz", "-dc"], ".zst": ["zstd", "-qdc"], ".gz": ["gzip", "-dc"]}.get(os.path.splitext(path)[1], ["cat"])
                    with open(f"{tree}/modules/{name}", "wb") as f:
                        subprocess.run([*unpack, path], stdout=f, check=True)
        with open(f"{tree}/modules/list", "w", encoding="ascii") as f:
            f.write("".join(f"{name}\n" for name in order))
        names = "\n".join(sorted(os.path.relpath(os.path.join(at, name), tree) for at, folders, files in os.walk(tree)
                                 for name in folders + files))
        with open(f"{folder}/initrd", "wb") as f:
            subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], input=names.encode(), cwd=tree, stdout=f, check=True)


def root_make(suite, folder):
    """A squashfs of the release with the user `tester` and the services that run the cases."""
    hooks = ['chroot "$1" useradd --create-home --uid 1000 --shell /bin/bash tester', 'mkdir "$1/t"', ': > "$1/etc/fstab"',
             'echo vm > "$1/etc/hostname"', 'echo 0123456789abcdef0123456789abcdef > "$1/etc/machine-id"',
             f"copy-in {' '.join(os.path.join(HERE, 'guest', unit) for unit in UNITS)} /etc/systemd/system",
             'ln -sf nacelle-vm.target "$1/etc/systemd/system/default.target"',
             *(f'ln -sf /dev/null "$1/etc/systemd/system/{unit}"' for unit in MASKED)]
    updates = "" if suite == "sid" else sources(f"{suite}-security")
    packages = [{"libglib2.0-0": "libglib2.0-0t64"}.get(name, name) if suite != "bookworm" else name for name in PACKAGES]
    with open(f"{folder}/sources.list", "w", encoding="ascii") as f:
        f.write(sources(suite) + updates)
    run(["mmdebstrap", "--mode=auto", "--variant=minbase", f"--include={','.join(packages)}",
         "--aptopt=Acquire::Languages \"none\"", "--aptopt=Acquire::Check-Valid-Until \"false\"",
         *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")),
         *(f"--customize-hook={hook}" for hook in hooks), suite, f"{folder}/root.tar", f"{folder}/sources.list"],
        cwd="/")
    with open(f"{folder}/root.tar", "rb") as tar:
        subprocess.run(["sqfstar", "-comp", "lz4", "-quiet", "-no-progress", f"{folder}/root.squashfs"], stdin=tar, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.unlink(f"{folder}/root.tar")


class Machine:
    def __init__(self, suite, package, root):
        self.kernel = Made(f"kernel-{suite}-{package}", digest(MODULES, ["initrd"]),
                           lambda folder: kernel_fetch(suite, package, folder)).path
        self.root = Made(f"root-{root}", digest(PACKAGES + MASKED, UNITS), lambda folder: root_make(root, folder)).path

    def version(self):
        return os.path.basename((glob.glob(f"{self.kernel}/lib/modules/*") + glob.glob(f"{self.kernel}/usr/lib/modules/*"))[0])

    def boot(self, folder, timeout, parameters=""):
        """Run with `folder` as /t, and more `parameters` of the kernel; what came out of the serial line."""
        image = (glob.glob(f"{self.kernel}/boot/vmlinuz-*") + glob.glob(f"{self.kernel}/usr/lib/modules/*/vmlinuz"))[0]
        with tempfile.TemporaryDirectory() as work:
            disk = os.path.join(work, "t.squashfs")
            # Not compressed: that is cheaper to read for an emulated processor.
            run(["mksquashfs", folder, disk, "-noI", "-noD", "-noF", "-noX", "-all-root", "-quiet", "-no-progress"])
            drives = []
            for name, path in (("root", f"{self.root}/root.squashfs"), ("test", disk)):
                drives += ["-drive", f"if=none,id={name},file={path},format=raw,readonly=on",
                           "-device", f"virtio-blk-pci,drive={name},serial={name}"]
            done = subprocess.run(
                ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024",
                 "-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-serial", "stdio", *drives,
                 "-kernel", image, "-initrd", f"{self.kernel}/initrd",
                 "-append", "console=ttyS0 quiet loglevel=1 mitigations=off random.trust_cpu=on tsc=reliable no_timer_check panic=-1 "
                            f"systemd.show_status=0 {parameters}"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False)
        return done.stdout.decode("utf-8", "replace").replace("\r", "")
