"""Which addresses messages may go to: those of the public internet, over HTTPS. In a local run also this machine's.

A name is judged again by what it resolves to when a message leaves: a name that is public today may lead inside
tomorrow.
"""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

LOCAL_VARIABLE = "WEBHOOKS_TO_LOOPBACK"
MOST_CHARACTERS = 2_000


def allows_loopback() -> bool:
    """Whether this is a local run, in which subscribers are on the same machine."""
    return os.environ.get(LOCAL_VARIABLE) == "true"


def fault_of(url: str) -> str | None:
    """What is wrong with the address of a subscriber, or None."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "not an address"
    if len(url) > MOST_CHARACTERS or not url.isascii() or any(mark <= " " for mark in url):
        return f"an address is ASCII without blanks and has at most {MOST_CHARACTERS} characters"
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return "an address has a host, and neither a user, a password nor a fragment"
    if allows_loopback() and parts.scheme == "http" and is_loopback(host):
        return None
    if parts.scheme != "https":
        return "the scheme is https"
    if port not in (None, 443) and not (port is not None and port >= 1024):
        return "the port is 443 or one from 1024 on"
    if _is_number(host) or "." not in host.rstrip(".") or host.rstrip(".").endswith((".local", ".internal")):
        return "the host is a public name"
    return None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_global and not found.is_multicast


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its number."""
    return host in ("127.0.0.1", "::1")


def _is_number(host: str) -> bool:
    # Resolvers also take 2130706433, 0x7f000001 and 127.1 for addresses; no public name ends in such a label.
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdigit() or last.lower().startswith("0x")
