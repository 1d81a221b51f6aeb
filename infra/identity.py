"""Identity: who may call. Each tenant has its own scopes, each caller a client with a secret and only its scopes."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.names import name_it, pascal
from infra.settings import Settings, Tenant

ORDERS = ("orders.write", "orders.read")
# Edits of orders that change what things cost.
CHANGE_PRICE = "orders.change_price"
RESERVATIONS = ("reservations.write", "reservations.read")
PROMISES = ("promises.write", "promises.read")
FULFILLMENT = ("fulfillment.write", "fulfillment.read")
INVENTORY = ("inventory.write", "inventory.read")
# Correcting stock: within the limits of the retailer's rules, and beyond them.
CORRECT, CORRECT_ANY = "inventory.correct", "inventory.correct_any"
AVAILABILITY = "availability.read"
REGISTRY = ("registry.write", "registry.read")
RULES = ("rules.write", "rules.read")
# Cash drawers; whoever approves a variance is another person than who opened or counted.
DRAWERS, APPROVE_DRAWERS = ("drawers.write", "drawers.read"), "drawers.approve"
# Gift cards and store credit; whoever grants one gives money away.
GIFT_CARDS, GRANT_CARDS = ("gift_cards.write", "gift_cards.read"), "gift_cards.grant"
POS = ("pos.write", "pos.read")
# Goodwill; how much a caller may grant follows from its role, and nobody approves what they asked for.
APPEASEMENTS, APPROVE_APPEASEMENTS = ("appeasements.request", "appeasements.read"), "appeasements.approve"
ROLES = ("role.associate", "role.agent", "role.supervisor", "role.manager")
# The channels whose people speak with customers, and as what.
STAFF = {"store": "role.associate", "call-centre": "role.agent"}
# Returns; whoever approves may have more paid in cash than the limit, and another right lets back what rules do not.
RETURNS, APPROVE_RETURNS = ("returns.write", "returns.read"), "returns.approve"
OVERRIDE_RETURNS = "returns.override"
# A channel asks on behalf of its customers whether they may send something back.
REQUEST_RETURNS = "returns.request"
# Finance; whoever seals a day that something stands against needs more than to seal one that is ready.
FINANCE, APPROVE_FINANCE = ("finance.read", "finance.write"), "finance.approve"
# Purchase orders at suppliers; a supplier sees its own.
PURCHASING = ("purchasing.read",)
# Who hears of events over HTTPS, and by what their messages are signed.
WEBHOOKS = ("webhooks.write", "webhooks.read", "webhooks.secrets")
# Suppliers' invoices; whoever decides about one that differs is finance.
INVOICES = ("purchasing.write",)
# How many lines an order of this caller may have; without it the usual limit of the service holds.
LINES = "lines.1500"
_SEEN_BY_CHANNELS = ("fulfillment.read", AVAILABILITY, "returns.read", REQUEST_RETURNS)
_STOCK = (*INVENTORY, CORRECT, CORRECT_ANY, AVAILABILITY)
_CASH = (
    *FINANCE,
    APPROVE_FINANCE,
    *DRAWERS,
    APPROVE_DRAWERS,
    *GIFT_CARDS,
    GRANT_CARDS,
    *POS,
    *RETURNS,
    APPROVE_RETURNS,
    OVERRIDE_RETURNS,
    REQUEST_RETURNS,
)
_BUYING = (*PURCHASING, *INVOICES)
_GOODWILL = (*APPEASEMENTS, APPROVE_APPEASEMENTS)
ACTIONS = (
    *ORDERS,
    CHANGE_PRICE,
    *RESERVATIONS,
    *PROMISES,
    *FULFILLMENT,
    *_STOCK,
    *REGISTRY,
    *RULES,
    *_CASH,
    *_GOODWILL,
    *_BUYING,
    *WEBHOOKS,
)


def tenant_scopes(tenant: Tenant) -> tuple[str, ...]:
    """Every scope of a tenant, without the tenant's name before it."""
    return (*ACTIONS, *ROLES, LINES, *_channels(tenant), *(f"node.{node}" for node in tenant.nodes))


def client_scopes(tenant: Tenant) -> dict[str, tuple[str, ...]]:
    """Each client of a tenant and the scopes that its tokens carry.

    A client with a `node.` scope is bound to that node, so the operator has none of those.
    """
    clients = {
        name: (*ORDERS, *RESERVATIONS, *PROMISES, *GIFT_CARDS, *_SEEN_BY_CHANNELS, f"channel.{name}")
        for name in tenant.channels
    }
    for name in STAFF.keys() & clients.keys():
        clients[name] = (*clients[name], *APPEASEMENTS, STAFF[name])
    clients["operator"] = (*ACTIONS, "role.manager", LINES, *_channels(tenant))
    clients["wms"] = (*FULFILLMENT, "inventory.write", CORRECT)
    seen = (*PURCHASING, "orders.read", "drawers.read", "gift_cards.read", "pos.read", "appeasements.read")
    clients["finance"] = (*FINANCE, APPROVE_FINANCE, *seen)
    at_a_store = (*DRAWERS, *GIFT_CARDS, *POS, *RETURNS)
    clients |= {
        f"node-{node}": (*FULFILLMENT, *INVENTORY, CORRECT, AVAILABILITY, *_BUYING, *at_a_store, f"node.{node}")
        for node in tenant.nodes
    }
    return clients


def _channels(tenant: Tenant) -> tuple[str, ...]:
    return tuple(f"channel.{name}" for name in tenant.channels)


class Identity(Construct):
    """The user pool that issues tokens to programs; it has no users of its own."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        self.pool = cognito.UserPool(
            self,
            "UserPool",
            self_sign_up_enabled=False,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
            ),
            account_recovery=cognito.AccountRecovery.NONE,
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        name_it(self.pool, "UserPool")
        # The prefix is global to a region, so it carries the account unless the retailer chose one.
        self.domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=settings.domain_prefix or f"spine-{Aws.ACCOUNT_ID}"
            ),
        )
        name_it(self.domain, "TokenDomain")
        self.clients: dict[str, cognito.UserPoolClient] = {}
        for tenant in settings.tenants:
            self._add_tenant(tenant)

    def _add_tenant(self, tenant: Tenant) -> None:
        scopes = {
            name: cognito.ResourceServerScope(scope_name=name, scope_description=f"{name} for {tenant.name}")
            for name in tenant_scopes(tenant)
        }
        server = self.pool.add_resource_server(
            pascal(tenant.name), identifier=tenant.name, scopes=list(scopes.values())
        )
        name_it(server, f"{pascal(tenant.name)}Scopes")
        for name, wanted in client_scopes(tenant).items():
            client = self.pool.add_client(
                f"{pascal(tenant.name)}{pascal(name)}",
                user_pool_client_name=f"{tenant.name}-{name}",
                generate_secret=True,
                auth_flows=cognito.AuthFlow(),
                o_auth=cognito.OAuthSettings(
                    flows=cognito.OAuthFlows(client_credentials=True),
                    scopes=[cognito.OAuthScope.resource_server(server, scopes[scope]) for scope in wanted],
                ),
                access_token_validity=Duration.hours(1),
                enable_token_revocation=True,
                prevent_user_existence_errors=True,
            )
            name_it(client, f"{pascal(tenant.name)}{pascal(name)}Client")
            self.clients[f"{tenant.name}-{name}"] = client
