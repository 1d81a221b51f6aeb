"""The API: these routes and no others, a token on all but three, throttled and logged."""

import json

from tests.template import function_name, gateway_key, of_type

ROUTES = {
    "place_order": {
        *("POST /v1/orders", "POST /v1/drafts", "GET /v1/drafts/{draft_id}", "PUT /v1/drafts/{draft_id}"),
        *("POST /v1/drafts/{draft_id}/submit", "POST /v1/drafts/{draft_id}/link"),
        *("GET /v1/draft-links/{name}", "POST /v1/draft-links/{name}"),
    },
    "read_orders": {
        "GET /v1/orders",
        "GET /v1/orders/{order_id}",
        "GET /v1/orders/{order_id}/timeline",
        "GET /v1/orders/{order_id}/changes",
        "GET /v1/orders/{order_id}/decisions",
        "GET /v1/orders/{order_id}/notices",
        "GET /v1/parcels/unknown",
    },
    "change_orders": {
        "POST /v1/orders/{order_id}/cancellations",
        "POST /v1/orders/{order_id}/review",
        "POST /v1/orders/{order_id}/method-changes",
        "POST /v1/orders/{order_id}/edits",
        "POST /v1/parcels/{tracking_number}/claims",
        "GET /v1/choices/{name}",
        "POST /v1/choices/{name}",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/substitutions",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/choices/{choice_id}/answer",
        "POST /v1/orders/{order_id}/notices/{notice_id}/resend",
    },
    "appeasements": {
        "POST /v1/orders/{order_id}/appeasements",
        "GET /v1/orders/{order_id}/appeasements",
        "GET /v1/appeasements",
        "GET /v1/appeasements/{appeasement_id}",
        "POST /v1/appeasements/{appeasement_id}/decision",
    },
    "registry": {
        "PUT /v1/nodes",
        "GET /v1/nodes",
        "PUT /v1/nodes/{node_id}",
        "GET /v1/nodes/{node_id}",
        "PUT /v1/items",
        "PUT /v1/supplier-items",
        *(f"{method} /v1/items/{{sku}}/licences" for method in ("POST", "GET")),
        "PUT /v1/items/{sku}",
        "GET /v1/items/{sku}",
    },
    "inventory": {
        "POST /v1/inventory/movements",
        "POST /v1/inventory/snapshots",
        "GET /v1/inventory/{sku}",
        "GET /v1/inventory/{sku}/movements",
        "GET /v1/availability",
        "GET /v1/availability/levels",
        "PUT /v1/hot-stock",
        "GET /v1/hot-stock",
    },
    "simulations": {"POST /v1/sourcing/simulations"},
    "promises": {"POST /v1/promises", "GET /v1/promises/{promise_id}"},
    "supply": {
        "PUT /v1/supply/{supply_id}",
        "GET /v1/supply/{supply_id}",
        "GET /v1/supply",
        *("POST /v1/supply/{supply_id}/dispatch", "POST /v1/supply/{supply_id}/receipts"),
        "POST /v1/supply/{supply_id}/close",
    },
    "capacity": {
        "GET /v1/nodes/{node_id}/capacity",
        "POST /v1/nodes/{node_id}/pause",
        "GET /v1/nodes/{node_id}/tasks",
        *("GET /v1/tasks", "GET /v1/tasks/{task_id}", "POST /v1/tasks/{task_id}/completions"),
        "POST /v1/nodes/{node_id}/resume",
        *("POST /v1/nodes/{node_id}/waves", "GET /v1/nodes/{node_id}/waves/{wave_id}"),
        "POST /v1/nodes/{node_id}/waves/{wave_id}/close",
    },
    "drawers": {
        *("POST /v1/drawers/{drawer_id}/sessions", "GET /v1/drawers/{drawer_id}/sessions"),
        *("GET /v1/drawer-sessions/{session_id}", "GET /v1/drawer-sessions/{session_id}/movements"),
        *("POST /v1/drawer-sessions/{session_id}/movements", "POST /v1/drawer-sessions/{session_id}/end"),
        *("POST /v1/drawer-sessions/{session_id}/counts", "POST /v1/drawer-sessions/{session_id}/close"),
        "POST /v1/drawer-sessions/{session_id}/restatements",
    },
    "payments": {
        "POST /v1/orders/{order_id}/payments",
        *("GET /v1/pay-links/{name}", "POST /v1/pay-links/{name}"),
    },
    "returns": {
        *("POST /v1/orders/{order_id}/returns", "GET /v1/returns/{return_id}"),
        "GET /v1/orders/{order_id}/returnable",
        *(f"POST /v1/returns/{{return_id}}/{v}" for v in ("decision", "receipts", "inspection", "cancel", "reopen")),
        "POST /v1/orders/{order_id}/refunds/{refund_id}/attempts",
        "POST /v1/orders/{order_id}/refunds/{refund_id}/confirmations",
    },
    "pos": {"POST /v1/pos/transactions", "GET /v1/pos/workstations"},
    "gift_cards": {
        "POST /v1/gift-cards",
        "GET /v1/gift-cards/{card_id}",
        "POST /v1/gift-cards/{card_id}/breakage",
    },
    "reservations": {
        "POST /v1/reservations",
        "GET /v1/reservations/{reservation_id}",
        "PATCH /v1/reservations/{reservation_id}",
        "DELETE /v1/reservations/{reservation_id}",
    },
    "rule_sets": {
        f"{method} /v1/{path}{below}"
        for path in (
            *("inventory/rules", "sourcing/strategies", "sourcing/rate-cards", "tax-rates", "goodwill-rules"),
            *("service-levels", "collection-rules", "choice-rules", "return-rules", "notices/rules", "papers/rules"),
            "pay-in-store",
        )
        for method, below in (
            *(("GET", ""), ("GET", "/{rule_set_id}"), ("GET", "/{rule_set_id}/versions/{number}")),
            *(("GET", "/{rule_set_id}/diff"), ("PUT", "/{rule_set_id}")),
            *(("POST", "/{rule_set_id}/promotions"), ("POST", "/{rule_set_id}/rollbacks")),
        )
    }
    | {"POST /v1/notices/previews"},
    "fulfillment": {
        "GET /v1/fulfillment-orders",
        "GET /v1/fulfillment-orders/{fulfillment_order_id}",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/receive",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/hold",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/release-hold",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/split",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/merge",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/move",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/reschedule",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/hand-over",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/extend",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/arrival",
        "GET /v1/arrivals/{name}",
        "POST /v1/arrivals/{name}",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/{action}",
        "POST /v1/nodes/{node_id}/device-actions",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/rates",
        "POST /v1/fulfillment-orders/{fulfillment_order_id}/labels",
        *("GET /v1/labels/{label_id}", "GET /v1/labels/{label_id}/file", "POST /v1/nodes/{node_id}/manifests"),
        *("GET /v1/nodes/{node_id}/manifests/{manifest_id}", "POST /v1/nodes/{node_id}/carrier-pickups"),
        "GET /v1/nodes/{node_id}/carrier-pickups/{pickup_id}",
        "POST /v1/nodes/{node_id}/carrier-pickups/{pickup_id}/cancel",
        "POST /v1/labels/{label_id}/void",
    },
    "papers": {
        "GET /v1/fulfillment-orders/{fulfillment_order_id}/papers/{paper}",
        "GET /v1/nodes/{node_id}/waves/{wave_id}/papers/pick-sheet",
    },
    "psp_webhook": {"POST /v1/webhooks/{provider}"},
    "finance": {
        "GET /v1/finance/days/{date}",
        "GET /v1/finance/days/{date}/exceptions",
        "POST /v1/finance/days/{date}/seal",
        "DELETE /v1/finance/days/{date}/seal",
        "POST /v1/finance/exports",
        "GET /v1/finance/exports",
        "GET /v1/finance/trial-balance",
        "GET /v1/finance/journal",
        "GET /v1/finance/documents",
    },
    "settlements": {
        "POST /v1/finance/settlements",
        "GET /v1/finance/settlements",
        "GET /v1/finance/settlements/exceptions",
        "GET /v1/finance/settlements/{settlement_id}",
        "POST /v1/finance/deposits",
        "POST /v1/finance/bank-lines",
        "POST /v1/finance/provider-balances",
        "POST /v1/finance/suspense/{suspense_id}/resolution",
        "POST /v1/finance/disputes",
        "POST /v1/finance/disputes/{dispute_id}/outcome",
        "POST /v1/orders/{order_id}/write-offs",
        "POST /v1/finance/intercompany",
        *("GET /v1/purchase-orders", "GET /v1/purchase-orders/{purchase_order_id}"),
        *(f"POST /v1/purchase-orders/{{purchase_order_id}}/invoices{end}" for end in ("", "/{invoice_id}/decision")),
    },
    "webhook_subscriptions": {
        "GET /v1/webhook-subscriptions",
        "GET /v1/webhook-subscriptions/{subscription_id}",
        "PUT /v1/webhook-subscriptions/{subscription_id}",
        "GET /v1/webhook-subscriptions/{subscription_id}/secrets",
        "POST /v1/webhook-subscriptions/{subscription_id}/secret-rotations",
        "POST /v1/webhook-subscriptions/{subscription_id}/pause",
        "POST /v1/webhook-subscriptions/{subscription_id}/resume",
        "POST /v1/webhook-subscriptions/{subscription_id}/redeliveries",
        "GET /v1/webhook-subscriptions/{subscription_id}/deliveries",
        "GET /v1/webhook-subscriptions/{subscription_id}/deliveries/{delivery_id}",
        "GET /v1/dead-letters",
        "POST /v1/dead-letters/{letter_id}/redrive",
    },
    "console": {"GET /console", "GET /console/{file}"},
}
OPEN = {
    *("POST /v1/webhooks/{provider}", "GET /console", "GET /console/{file}"),
    *("GET /v1/pay-links/{name}", "POST /v1/pay-links/{name}"),
    *("GET /v1/arrivals/{name}", "POST /v1/arrivals/{name}"),
    *("GET /v1/choices/{name}", "POST /v1/choices/{name}"),
    *("GET /v1/draft-links/{name}", "POST /v1/draft-links/{name}"),
}
ACTIONS = {
    f"{room}.{verb}"
    for room in (
        *("orders", "promises", "reservations", "fulfillment", "inventory"),
        *("registry", "rules", "finance", "drawers", "returns", "pos", "gift_cards"),
    )
    for verb in ("read", "write")
} | {"availability.read", "inventory.correct", "inventory.correct_any", "gift_cards.grant"}
ACTIONS |= {f"{room}.approve" for room in ("drawers", "returns", "finance")}
ACTIONS |= {f"webhooks.{verb}" for verb in ("read", "write", "secrets")}
ACTIONS |= {f"appeasements.{verb}" for verb in ("request", "read", "approve")}
ACTIONS |= {"purchasing.read", "purchasing.write", "orders.change_price", "returns.override", "returns.request"}
CHANNELS = ("web", "store", "call-centre", "marketplace")
# What only the operator may do besides: place an order of up to so many lines.
LINES = {"lines.1500"}
ROLES = {f"role.{name}" for name in ("associate", "agent", "supervisor", "manager")}


def _routes(template):
    return of_type(template, "AWS::ApiGatewayV2::Route").values()


def test_the_routes_are_the_contract(template):
    integrations = of_type(template, "AWS::ApiGatewayV2::Integration")
    found: dict[str, set[str]] = {}
    for route in _routes(template):
        integration = integrations[route["Target"]["Fn::Join"][1][1]["Ref"]]
        assert integration["PayloadFormatVersion"] == "2.0"
        function = function_name(integration["IntegrationUri"]["Fn::GetAtt"][0])
        found.setdefault(function, set()).add(route["RouteKey"])
    assert found == {function: {gateway_key(route) for route in routes} for function, routes in ROUTES.items()}


def test_every_route_but_five_takes_a_token(template):
    kinds = {route["RouteKey"]: route.get("AuthorizationType") for route in _routes(template)}
    assert {key for key, kind in kinds.items() if kind == "JWT"} == set(kinds) - OPEN
    assert {kinds[key] for key in OPEN} == {"NONE"}


def test_tokens_of_every_client_are_accepted_and_of_nobody_else(template):
    (authorizer,) = of_type(template, "AWS::ApiGatewayV2::Authorizer").values()
    clients = of_type(template, "AWS::Cognito::UserPoolClient")
    assert {entry["Ref"] for entry in authorizer["JwtConfiguration"]["Audience"]} == set(clients)
    assert {"Ref": "UserPool"} in authorizer["JwtConfiguration"]["Issuer"]["Fn::Join"][1]


def test_the_stage_is_throttled_and_logged_without_contents(template):
    (stage,) = of_type(template, "AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 500
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 1000
    fields = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"request_id", "client", "route", "status", "latency_ms"} <= set(fields)
    assert not [field for field in fields.values() if "body" in field.lower() or "header" in field.lower()]


def test_each_tenant_has_its_scopes(template):
    servers = of_type(template, "AWS::Cognito::UserPoolResourceServer")
    (server,) = servers.values()
    assert server["Identifier"] == "acme"
    assert {scope["ScopeName"] for scope in server["Scopes"]} == ACTIONS | ROLES | LINES | {
        f"channel.{name}" for name in CHANNELS
    }


def test_each_client_has_a_secret_and_only_its_scopes(template):
    clients = {row["ClientName"]: row for row in of_type(template, "AWS::Cognito::UserPoolClient").values()}
    for name, row in clients.items():
        assert row["GenerateSecret"] is True, name
        assert row["AllowedOAuthFlows"] == ["client_credentials"], name
    expected = {
        f"acme-{name}": {
            *("orders.write", "orders.read", "reservations.write", "reservations.read"),
            *("promises.write", "promises.read"),
            *("gift_cards.write", "gift_cards.read"),
            *("fulfillment.read", "availability.read", f"channel.{name}", "returns.read", "returns.request"),
        }
        for name in CHANNELS
    }
    for name, role in (("store", "associate"), ("call-centre", "agent")):
        expected[f"acme-{name}"] |= {"appeasements.request", "appeasements.read", f"role.{role}"}
    expected["acme-operator"] = ACTIONS | LINES | {"role.manager"} | {f"channel.{name}" for name in CHANNELS}
    expected["acme-wms"] = {"fulfillment.write", "fulfillment.read", "inventory.write", "inventory.correct"}
    seen = ("purchasing.read", "drawers.read", "appeasements.read", "pos.read", "gift_cards.read")
    expected["acme-finance"] = {"finance.write", "finance.read", "finance.approve", "orders.read", *seen}
    found = {
        name: {scope["Fn::Join"][1][1].removeprefix("/") for scope in row["AllowedOAuthScopes"]}
        for name, row in clients.items()
    }
    assert found == expected


def test_nobody_signs_up(template):
    (pool,) = of_type(template, "AWS::Cognito::UserPool").values()
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["DeletionProtection"] == "ACTIVE"
