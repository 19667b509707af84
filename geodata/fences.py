"""The fences around the child that parses untrusted files, as far as the system has them.

Linux: limits of the kernel on memory, time and files; Landlock for the files that may be opened;
a filter of system calls (seccomp) against sockets, programs and other processes. macOS: the
limits only. Elsewhere: none of these, so that the parent's clock is all that is left.

Only the standard library is used, because the fences have to stand before anything else is loaded:
Landlock binds the thread that asks for it, and there may be no other one yet.

References
----------
Linux kernel documentation, "Landlock: unprivileged access control" and "Seccomp BPF".
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

if sys.platform != "win32":
    import resource

Syscall = Callable[..., int]
Rule = tuple[int, int, int, int]

#: System calls of Landlock; the same on every machine.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PR_SET_NO_NEW_PRIVS = 38
READ_FILE, READ_DIR = 1 << 2, 1 << 3
WRITE_FILE, TRUNCATE, IOCTL_DEV = 1 << 1, 1 << 14, 1 << 15
OF_FILES = 1 | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
#: Remove and make folders and plain files, refer, write and truncate.
WRITE = WRITE_FILE | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13 | TRUNCATE
#: Rights on files that each version of Landlock knows, by the version that brought the last one.
KNOWN_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))
#: What the C library and numpy look at; nothing of it is secret.
SYSTEM_FILES = (
    "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share/zoneinfo",
    "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom", "/proc/self",
    "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu",
)  # fmt: skip

#: Numbers of the system calls that are refused: (x86-64, 64-bit ARM).
REFUSED = {
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "bind": (49, 200),
    "listen": (50, 201), "socketpair": (53, 199), "sendto": (44, 206),
    "fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "kill": (62, 129), "tkill": (200, 130),
    "mount": (165, 40), "umount2": (166, 39), "chroot": (161, 51), "pivot_root": (155, 41),
    "unshare": (272, 97), "setns": (308, 268), "open_by_handle_at": (304, 265),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "init_module": (175, 105), "finit_module": (313, 273), "kexec_load": (246, 104),
}  # fmt: skip
CLONE, CLONE3, TGKILL, PRLIMIT = (56, 220), (435, 435), (234, 131), (302, 261)
CLONE_THREAD = 0x10000
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
#: System call ``seccomp`` by machine, its operation and its flag for all threads.
SECCOMP = (317, 277)
SET_FILTER, FLAG_TSYNC = 1, 1
X32_BIT = 0x40000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000


def fence(readable: Iterable[Path], writable: Iterable[Path]) -> list[str]:
    """Put up the fences of the kernel and return the names of those that stand.

    Parameters
    ----------
    readable
        Folders and files that may be read.
    writable
        Folders that may be written to as well.
    """
    if sys.platform != "linux":
        return []
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    if ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return []
    standing = []
    if restrict_files(syscall, readable, writable):
        standing.append("files")
    if restrict_calls(syscall, platform.machine()):
        standing += ["network", "processes"]
    return standing


def restrict_files(syscall: Syscall, readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Let this process open only the given files and folders; False where that is not possible."""
    version = syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    bits = max(most for since, most in KNOWN_RIGHTS if version >= since)
    rights = (1 << bits) - 1
    # Since version 4 also TCP, since 6 also signals and abstract sockets.
    attributes = struct.pack("QQQ", rights, 3, 3)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    try:
        for paths, wanted in (
            (readable, READ_FILE | READ_DIR),
            (writable, READ_FILE | READ_DIR | WRITE),
        ):
            for path in paths:
                if not _allow(syscall, rules, path, wanted & rights):
                    return False
        return syscall(RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(syscall: Syscall, rules: int, path: Path, wanted: int) -> bool:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True  # what is not there needs no rule
    try:
        allowed = wanted if path.is_dir() else wanted & OF_FILES
        rule = struct.pack("=Qi", allowed, place)
        return syscall(ADD_RULE, rules, 1, rule, 0) == 0
    finally:
        os.close(place)


def restrict_calls(syscall: Syscall, machine: str) -> bool:
    """Refuse sockets, programs and other processes; False where that is not possible."""
    if machine not in MACHINES:
        return False
    architecture, column = MACHINES[machine]
    program = filter_program(architecture, column, os.getpid())
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in program))
    head = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    return syscall(SECCOMP[column], SET_FILTER, FLAG_TSYNC, head) == 0


def filter_program(architecture: int, column: int, pid: int) -> list[Rule]:
    """Return the filter of system calls as (operation, jump if true, if false, value)."""
    refuse: Rule = (RETURN, 0, 0, FAIL | errno.EPERM)
    allow: Rule = (RETURN, 0, 0, ALLOW)
    program: list[Rule] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32_BIT),
        refuse,
    ]
    for numbers in REFUSED.values():
        if numbers[column] >= 0:
            program += [(EQUAL, 0, 1, numbers[column]), refuse]
    # The C library falls back to clone, whose flags can be looked at: threads only.
    program += [(EQUAL, 0, 1, CLONE3[column]), (RETURN, 0, 0, FAIL | errno.ENOSYS)]
    program += [
        (EQUAL, 0, 4, CLONE[column]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 1, 0, CLONE_THREAD),
        refuse,
        allow,
    ]
    for numbers in (TGKILL, PRLIMIT):  # on this process itself only
        program += [
            (EQUAL, 0, 5, numbers[column]),
            (LOAD, 0, 0, FIRST_ARGUMENT),
            (EQUAL, 2, 0, 0),
            (EQUAL, 1, 0, pid),
            refuse,
            allow,
        ]
    return [*program, allow]


def limit_files(file_bytes: int) -> list[str]:
    """Limit the size of a written file, open files and memory dumps."""
    if sys.platform == "win32":
        return []
    _limit(resource.RLIMIT_FSIZE, file_bytes)
    _limit(resource.RLIMIT_NOFILE, 256)
    _limit(resource.RLIMIT_CORE, 0)
    return ["file_size"]


def limit_memory(more_bytes: int) -> list[str]:
    """Limit the address space to what is used now and so much more; for good."""
    used = address_space_bytes()
    if not used:
        return []
    _limit(resource.RLIMIT_AS, used + more_bytes)
    return ["memory"]


def limit_cpu(seconds: int) -> list[str]:
    """Let the kernel end this process after so many more seconds of computing."""
    if sys.platform == "win32":
        return []
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    return ["cpu"]


def address_space_bytes() -> int:
    """Return the address space that this process uses; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(what, (most, most))
