"""What the gateway counts of its callers: patterns and codes, and nothing that they made up."""

from sluice.metrics import GatewayMetrics

from .house import House, build_pipeline, up


def counts(metrics: GatewayMetrics) -> dict[tuple[str, str, str], float]:
    families = {family.name: family for family in metrics.registry.collect()}
    return {
        (sample.labels["method"], sample.labels["route"], sample.labels["code"]): sample.value
        for sample in families["sluice_gateway_requests"].samples
        if sample.name.endswith("_total")
    }


async def test_requests_are_counted_by_the_pattern_of_their_route() -> None:
    house = House()
    house.hold(build_pipeline(up()))
    house.hold(build_pipeline(up(), name="other"), name="other")
    for target in ("/v0/pipelines/orders", "/v0/pipelines/other", "/v0/pipelines/none"):
        await house.call("GET", target)

    metrics: GatewayMetrics = house.app.state.gateway.metrics
    route = "/v0/pipelines/{name}"
    assert counts(metrics) == {("GET", route, "200"): 2, ("GET", route, "404"): 1}


async def test_what_a_client_makes_up_becomes_no_label() -> None:
    house = House()
    await house.call("GET", "/nowhere/at/all")
    await house.call("INVENTED", "/nowhere/either")

    metrics: GatewayMetrics = house.app.state.gateway.metrics
    assert {(method, route) for method, route, _ in counts(metrics)} == {("GET", "none"), ("other", "none")}
