#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gainer: a running program that raises cap_sys_ptrace into effective once for each line on stdin.

usage: gainer.py root|nobody|child
root and nobody raise it themselves and lower it again; child has a child of its own do it, which ends
at once. Says READY, and after each gain DONE. Run by the survival test alone.
"""
import ctypes
import os
import sys

SYS_PTRACE = 1 << 19
PR_SET_KEEPCAPS = 8
NOBODY = 65534
VERSION_3 = 0x20080522
LIBC = ctypes.CDLL(None, use_errno=True)


def capset(permitted, effective):
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(effective & 0xffffffff, permitted & 0xffffffff, 0, effective >> 32, permitted >> 32, 0)
    if LIBC.capset(header, data) != 0:
        sys.exit(f"capset: {os.strerror(ctypes.get_errno())}")


def permitted_set():
    with open("/proc/self/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("CapPrm")).split()[1], 16)


def gain(kind, held):
    if kind != "child":
        capset(held, SYS_PTRACE)
        capset(held, 0)
        return
    child = os.fork()
    if child == 0:
        capset(held, SYS_PTRACE)
        os._exit(0)
    os.waitpid(child, 0)


def main():
    kind = sys.argv[1]
    held = permitted_set()
    if kind == "nobody":
        held = SYS_PTRACE
        LIBC.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    capset(held, 0)
    print("READY", flush=True)
    for _ in sys.stdin:
        gain(kind, held)
        print("DONE", flush=True)


main()
