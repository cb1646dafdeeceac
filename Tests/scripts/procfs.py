"""What the kernel says about processes: trees, CPU seconds, memory. Linux; units are in the names."""

import os

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def stat_fields(pid):
    """The fields of /proc/PID/stat from the third on (state, parent, …); None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()  # the name before it may hold spaces and parentheses


def is_running(pid):
    """Whether the process exists and is not a zombie."""
    fields = stat_fields(pid)
    return fields is not None and fields[0] not in "ZX"


def command_name(pid):
    """The executable's name as the kernel keeps it (at most 15 bytes); empty when there is no such process."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def tree(pid):
    """`pid` and all its descendants, parents first."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := stat_fields(int(name))) is not None:
            children.setdefault(int(fields[1]), []).append(int(name))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def cpu_seconds(pid):
    """User and system time of a process and of its children that have ended and been waited for; 0 when it is gone."""
    fields = stat_fields(pid)
    if fields is None:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICKS_PER_SECOND


def resident_bytes(pid):
    """Memory that the process really holds, shared pages included; 0 when it is gone."""
    fields = stat_fields(pid)
    return 0 if fields is None else int(fields[21]) * PAGE_BYTES


def private_bytes(pid):
    """Memory that ends with the process: its private pages. What a client costs is the growth of this."""
    total = 0
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            for line in file:
                if line.startswith(("Private_Clean:", "Private_Dirty:")):
                    total += int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return total


def socket_inode(local_port, peer_port):
    """The inode of a loopback TCP socket that a process has accepted, by its two ports; 0 while it waits to be accepted, or when there is none."""
    with open("/proc/net/tcp", encoding="utf-8") as file:
        for line in file.readlines()[1:]:
            fields = line.split()
            if fields[1].endswith(f":{local_port:04X}") and fields[2].endswith(f":{peer_port:04X}"):
                return int(fields[9])
    return 0


def holds_socket(pid, inode):
    """Whether the process has the socket open."""
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except (FileNotFoundError, ProcessLookupError):
        return False
    for name in names:
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}") == f"socket:[{inode}]":
                return True
        except FileNotFoundError:
            continue  # closed meanwhile
    return False


class CPUMeter:
    """CPU seconds that a set of processes, named at the start, used since then.

        with CPUMeter([edge, host]) as meter: …
        meter.seconds
    """

    def __init__(self, pids):
        self.pids = list(pids)
        self.seconds = 0.0

    def total(self):
        return sum(cpu_seconds(pid) for pid in self.pids)

    def __enter__(self):
        self.before = self.total()
        return self

    def __exit__(self, *_):
        self.seconds = self.total() - self.before


def unread_bytes(port, peer_port):
    """What the kernel has taken from a TCP socket of this machine (IPv4, by its two ports) and the peer has not acknowledged; None when
    there is no such socket."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in file.readlines()[1:]:
            _, local, remote, _, queues, *_ = line.split()
            if (int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)) == (port, peer_port):
                return int(queues.partition(":")[0], 16)
    return None
