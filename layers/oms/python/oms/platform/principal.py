"""Who is calling, and what they may do: the one place of authorisation.

A token's scopes say everything: `<tenant>/<permission>`. Nothing about the tenant comes from a body or a header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oms.platform.problems import NotAuthenticated, NotFound, ScopeMissing


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: the tenant, the client or system, its role and its permissions."""

    tenant: str
    actor: str
    role: str
    permissions: frozenset[str] = field(default_factory=frozenset)

    @property
    def channels(self) -> frozenset[str]:
        """The channels this caller may place orders for."""
        return self._named("channel.")

    @property
    def nodes(self) -> frozenset[str]:
        """The nodes this caller is limited to; empty means every node of the tenant."""
        return self._named("node.")

    @property
    def roles(self) -> frozenset[str]:
        """The roles that the token gives its caller, by scopes such as `role.agent` or by its claim."""
        return self._named("role.") | {self.role}

    def limit(self, name: str, usual: int) -> int:
        """A limit that this caller's permissions raise, such as `lines.1500`, else the usual one."""
        raised = [int(text) for text in self._named(f"{name}.") if text.isdigit()]
        return max([usual, *raised])

    def _named(self, prefix: str) -> frozenset[str]:
        return frozenset(p.removeprefix(prefix) for p in self.permissions if p.startswith(prefix))


def principal_from_claims(claims: Mapping[str, str]) -> Principal:
    """Read the caller from a verified token's claims; scopes of two tenants, or none, raise NotAuthenticated."""
    scopes = [scope for scope in claims.get("scope", "").strip("[]").split() if "/" in scope]
    tenants = {scope.split("/", 1)[0] for scope in scopes}
    if len(tenants) != 1:
        raise NotAuthenticated("The token names no tenant, or more than one.")
    permissions = frozenset(scope.split("/", 1)[1] for scope in scopes)
    actor = claims.get("sub") or claims.get("client_id") or "unknown"
    return Principal(tenants.pop(), actor, claims.get("role", "client"), permissions)


def system_principal(tenant: str, actor: str) -> Principal:
    """One of our own functions acting for a tenant."""
    return Principal(tenant, actor, "system", frozenset({"*"}))


def node_principal(tenant: str, node_id: str) -> Principal:
    """A store or warehouse that speaks over the integration bus; it may act on its own work only."""
    permissions = frozenset(
        {"fulfillment.write", "inventory.write", "inventory.correct", "drawers.write", "pos.write", f"node.{node_id}"}
    )
    return Principal(tenant, f"node:{node_id}", "node", permissions)


def file_principal(tenant: str, actor: str, *permissions: str) -> Principal:
    """Whoever drops files into the intake bucket of a tenant: AWS has let them, and nobody knows more."""
    return Principal(tenant, actor, "file", frozenset(permissions))


def authorize(
    principal: Principal, action: str, key: str, *, node: str | None = None, channel: str | None = None
) -> None:
    """Let the principal take an action on the object under a key, or refuse; every door asks here.

    `node` and `channel` are those that the object belongs to, where it belongs to one. A missing permission raises
    ScopeMissing, also that for the channel; a key of another tenant and an object of a node that is not the
    principal's raise NotFound, as if they did not exist.
    """
    if not may(principal, action):
        raise ScopeMissing(f"The scope {principal.tenant}/{action} is missing.")
    if not key.startswith(tenant_prefix(principal.tenant)):
        raise NotFound()
    if node is not None and principal.nodes and node not in principal.nodes:
        raise NotFound()
    if channel is not None and principal.channels and channel not in principal.channels:
        raise ScopeMissing(f"The token does not allow the channel {channel}.")


def may(principal: Principal, action: str) -> bool:
    """Whether the principal's permissions name an action, whatever it is done to."""
    return action in principal.permissions or "*" in principal.permissions


def permits(principal: Principal, action: str, key: str, *, node: str | None = None) -> bool:
    """Whether `authorize` would let the principal do it: for lists that leave out what is not the caller's."""
    try:
        authorize(principal, action, key, node=node)
    except (ScopeMissing, NotFound):
        return False
    return True


def tenant_prefix(tenant: str) -> str:
    """The beginning of every key of a tenant."""
    return f"T#{tenant}#"
