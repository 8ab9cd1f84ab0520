#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""worker: a root worker in Python, as many a site has one, that an intruder makes raise what it had dropped.

Owns: a daemon that drops cap_sys_admin from effective and does what a line on stdin asks for. Must not
own: what capwatch should make of it.
"""
import ctypes
import sys

CAPSET, CAPGET, VERSION_3 = 126, 125, 0x20080522  # x86_64
SYS_ADMIN = 1 << 21


class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class Data(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def change(clear, add):
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = Header(VERSION_3, 0), (Data * 2)()
    libc.syscall(CAPGET, ctypes.byref(header), data)
    data[0].effective = data[0].effective & ~clear | add
    return libc.syscall(CAPSET, ctypes.byref(header), data)


print("READY", change(SYS_ADMIN, 0), flush=True)
sys.stdin.readline()
print("DONE", change(0, SYS_ADMIN), flush=True)
sys.stdin.readline()
