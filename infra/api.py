"""The API: one HTTP API, a token on every route but those whose function proves the caller itself."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aws_cdk import Aws, Fn
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk.aws_apigatewayv2_authorizers import HttpJwtAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.constructs.function import SpineFunction, Workshop, log_group
from infra.http_functions import BURST_LIMIT, HTTP, RATE_LIMIT
from infra.identity import Identity
from infra.names import name_it, pascal

# Who called what and how it went; never what they sent.
ACCESS_LOG = {
    "request_id": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "client": "$context.authorizer.claims.client_id",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latency_ms": "$context.responseLatency",
    "gateway_error": "$context.error.message",
}


def gateway_routes(routes: Iterable[str]) -> list[str]:
    """Routes as the gateway has them: all that is done with one rule set is two, whatever the method.

    There are many kinds of rule sets with seven routes each, while an API takes 300 and a stack 500 resources. The
    function behind them knows which methods and paths there are and refuses all others.
    """
    found: dict[str, None] = {}
    for route in routes:
        before, rule_set, behind = route.partition("/{rule_set_id}")
        path = f"{before.split(' ')[1]}{rule_set}"
        found[f"ANY {path}/{{proxy+}}" if behind else f"ANY {path}" if rule_set else route] = None
    return list(found)


class Api(Construct):
    """The front door. Nothing is computed here: each route goes whole to its function."""

    def __init__(self, scope: Construct, id: str, *, workshop: Workshop, identity: Identity) -> None:
        super().__init__(scope, id)
        self.http = apigatewayv2.HttpApi(
            self,
            "HttpApi",
            api_name="spine",
            description="Orders, nodes, items, stock, fulfilment and finance.",
            create_default_stage=False,
        )
        name_it(self.http, "HttpApi")
        self._stage(workshop)
        self._authorizer = HttpJwtAuthorizer(
            "TokenAuthorizer",
            f"https://cognito-idp.{Aws.REGION}.amazonaws.com/{identity.pool.user_pool_id}",
            jwt_audience=[client.user_pool_client_id for client in identity.clients.values()],
        )
        for spec in HTTP:
            self._connect(workshop.make(self, spec))

    @property
    def url(self) -> str:
        """The API's address, with a slash at its end."""
        return Fn.join("", [self.http.api_endpoint, "/"])

    def _stage(self, workshop: Workshop) -> None:
        logs = log_group(self, "ApiAccessLogs", key=workshop.key, prefix="/aws/vendedlogs/apis/spine-")
        limits = apigatewayv2.CfnStage.RouteSettingsProperty(
            throttling_rate_limit=RATE_LIMIT, throttling_burst_limit=BURST_LIMIT, detailed_metrics_enabled=True
        )
        stage = apigatewayv2.CfnStage(
            self,
            "Stage",
            api_id=self.http.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=limits,
            access_log_settings=apigatewayv2.CfnStage.AccessLogSettingsProperty(
                destination_arn=logs.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
        )
        name_it(stage, "ApiStage")

    def _connect(self, made: SpineFunction) -> None:
        # One permission for all routes of a function: a stack holds 500 resources, and the API is its only caller.
        integration = HttpLambdaIntegration(
            f"{pascal(made.spec.name)}Integration", made.function, scope_permission_to_route=False
        )
        for route in gateway_routes((*made.spec.routes, *made.spec.open_routes)):
            method, path = route.split(" ")
            self.http.add_routes(
                path=path,
                methods=[apigatewayv2.HttpMethod[method]],
                integration=integration,
                authorizer=None if route in made.spec.open_routes else self._authorizer,
            )
