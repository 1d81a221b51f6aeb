"""A front door on the local engine: a user pool with one client, and an HTTP API that asks for its token."""

from __future__ import annotations

import base64
import json
import urllib.parse
import urllib.request

from tests.conformance.cloud import REGION, Cloud


def client_credentials_token(cloud: Cloud) -> tuple[str, str, str]:
    """A user pool's id, a client's id, and an access token that carries one scope."""
    cognito = cloud.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName=cloud.name("pool"))["UserPool"]["Id"]
    cognito.create_resource_server(
        UserPoolId=pool,
        Identifier="acme",
        Name="acme",
        Scopes=[{"ScopeName": "orders.write", "ScopeDescription": "place orders"}],
    )
    made = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="web",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["acme/orders.write"],
    )["UserPoolClient"]
    basic = base64.b64encode(f"{made['ClientId']}:{made['ClientSecret']}".encode()).decode()
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "acme/orders.write"})
    request = urllib.request.Request(
        f"http://127.0.0.1:{cloud.port}/oauth2/token",
        form.encode(),
        {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return pool, made["ClientId"], json.loads(answer.read())["access_token"]


def http_api(cloud: Cloud, function: str, pool: str, client_id: str) -> str:
    """The URL of a fresh HTTP API with one JWT-protected route, POST /orders."""
    gateway = cloud.client("apigatewayv2")
    api = gateway.create_api(Name=cloud.name("api"), ProtocolType="HTTP")["ApiId"]
    authorizer = gateway.create_authorizer(
        ApiId=api,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{pool}", "Audience": [client_id]},
    )["AuthorizerId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(
        ApiId=api,
        RouteKey="POST /orders",
        Target=f"integrations/{integration}",
        AuthorizationType="JWT",
        AuthorizerId=authorizer,
    )
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return f"http://127.0.0.1:{cloud.port}/_aws/execute-api/{api}/$default/orders"
