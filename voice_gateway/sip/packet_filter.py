"""Sends packets of strangers to another socket than the stack's, in the kernel.

The stack does not tell where a message came from, and a scanner's messages should not reach it
at all. Two sockets that share a port form a group, and a classic BPF program says by the source
address which of them gets a packet: the first member (the stack) or the second (the door).
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

_ATTACH = 51  # SO_ATTACH_REUSEPORT_CBPF, which the socket module does not name
_SOURCE = 0xFFF00000 + 12
"""Source address in the IPv4 header (SKF_NET_OFF + 12)."""
_LOAD, _AND, _JUMP_EQUAL, _RETURN = 0x20, 0x54, 0x15, 0x06
_STACK, _DOOR = 0, 1


def own_socket(kind: socket.SocketKind, address: tuple[str, int]) -> socket.socket:
    """Return a second handle of this process's socket that is bound to the address.

    Raises:
        OSError: there is none.
    """
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if not str(entry.readlink()).startswith("socket:"):
                continue
            handle = socket.socket(fileno=os.dup(int(entry.name)))
        except OSError:
            continue  # closed meanwhile
        if _is_it(handle, kind, address):
            return handle
        handle.close()
    raise OSError(f"no {kind.name} socket at {address[0]}:{address[1]}")


def _is_it(handle: socket.socket, kind: socket.SocketKind, address: tuple[str, int]) -> bool:
    try:
        if handle.family != socket.AF_INET or handle.type & 0xF != kind:
            return False
        listening = handle.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        return handle.getsockname() == address and (kind == socket.SOCK_DGRAM or bool(listening))
    except OSError:
        return False


def beside(kind: socket.SocketKind, address: tuple[str, int]) -> socket.socket:
    """Return a new socket that shares the port with the stack's; divert packets at once.

    Raises:
        OSError: the stack has no such socket, or the kernel has no port groups.
    """
    stack = own_socket(kind, address)
    try:
        stack.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    finally:
        stack.close()
    door = socket.socket(socket.AF_INET, kind)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        if kind == socket.SOCK_STREAM:
            door.listen()
        door.setblocking(False)
    except OSError:
        door.close()
        raise
    return door


def divert(door: socket.socket, allowed: Iterable[ipaddress.IPv4Network]) -> None:
    """Let packets of these networks pass to the stack, all others to the door.

    Raises:
        OSError: the kernel does not take the program.
    """
    steps: list[tuple[int, int, int, int]] = []
    for network in allowed:
        steps += [
            (_LOAD, 0, 0, _SOURCE),
            (_AND, 0, 0, int(network.netmask)),
            (_JUMP_EQUAL, 0, 1, int(network.network_address)),
            (_RETURN, 0, 0, _STACK),
        ]
    steps.append((_RETURN, 0, 0, _DOOR))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HL", len(steps), ctypes.addressof(code))
    door.setsockopt(socket.SOL_SOCKET, _ATTACH, program)
