"""What the chart makes of its values, and what it refuses."""

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from support.chart import CHART, NAMESPACE, helm, render
from support.kubectl import Manifest
from support.manifests import PLACE, build_manifests

from sluice.__main__ import main as servers
from sluice.handlers.preflight import CLUSTER_SCOPED, NEEDED, NEEDED_FOR_SHARING

ROOT = CHART.parents[1]
EVERYTHING: Manifest = {
    "watchNamespaces": ["shop", "lab"],
    "commonLabels": {"team": "data"},
    "commonAnnotations": {"owner": "ann"},
    "imagePullSecrets": [{"name": "pull"}],
    "operator": {
        "replicas": 2,
        "verbose": True,
        "logFormat": "json",
        "nodeSelector": {"a": "b"},
        "tolerations": [{"operator": "Exists"}],
        "topologySpreadConstraints": [{"maxSkew": 1}],
        "priorityClassName": "high",
        "extraVolumes": [{"name": "scratch", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
    },
    "gateway": {
        "enabled": True,
        "apiKeys": {"namespaces": ["shop"]},
        "anonymous": {"enabled": True, "namespaces": ["lab"]},
        "ingress": {"enabled": True, "host": "sluice.example.com"},
    },
    "podDisruptionBudget": {"enabled": True},
    "admissionPolicy": {"enabled": True, "allowedServiceAccounts": ["default"]},
    "networkPolicies": {"enabled": True},
    "metrics": {
        "perObject": False,
        "serviceMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True},
        "dashboard": {"enabled": True},
    },
    "argocd": {"snippet": True},
}
CHOICES = pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["default", "everything"])
CLUSTER_WIDE = {
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}


def permissions(rules: list[Manifest]) -> set[tuple[str, str, str]]:
    """Group, resource and verb of everything that is granted."""
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


NEEDED_ALWAYS = {(group, resource, verb) for group, resource, verbs in NEEDED for verb in verbs}
HOOKS = {("", "pods/exec", "create"), ("", "pods/exec", "get")}
CREDENTIALS = {("", "secrets", "get")}


@CHOICES
def test_helm_finds_nothing_to_complain_of(values: Manifest) -> None:
    answer = helm("lint", "--strict", str(CHART), values=values)

    assert answer.code == 0, answer.out + answer.err
    assert "[WARNING]" not in answer.out


@CHOICES
def test_every_object_says_what_it_belongs_to(values: Manifest) -> None:
    for each in render(values).objects:
        metadata = each["metadata"]
        assert metadata["labels"]["app.kubernetes.io/instance"] == "sluice", each
        assert metadata["labels"]["app.kubernetes.io/part-of"] == "sluice"
        assert metadata["labels"].items() >= values.get("commonLabels", {}).items()
        assert metadata.get("annotations", {}).items() >= values.get("commonAnnotations", {}).items()
        assert ("namespace" in metadata) == (each["kind"] not in CLUSTER_WIDE), each


@CHOICES
def test_every_pod_keeps_to_the_profile_restricted(values: Manifest) -> None:
    deployments = render(values).of("Deployment")
    for each in deployments:
        pod = each["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False
            assert own["readOnlyRootFilesystem"] is True
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert deployments


@CHOICES
def test_every_argument_is_one_that_the_program_knows(values: Manifest) -> None:
    for each in render(values).of("Deployment"):
        name, *arguments = each["spec"]["template"]["spec"]["containers"][0]["args"]
        command = servers.commands[name]

        command.make_context(name, cast("list[str]", list(arguments)))


def test_a_selector_finds_its_own_pods_and_no_other() -> None:
    rendering = render(EVERYTHING)
    for each in [*rendering.of("Deployment"), *rendering.of("PodDisruptionBudget")]:
        selector = each["spec"]["selector"]["matchLabels"].items()
        labels = {
            pods["metadata"]["name"]: pods["spec"]["template"]["metadata"]["labels"]
            for pods in rendering.of("Deployment")
        }
        found = [name for name, those in labels.items() if those.items() >= selector]
        assert found == [each["metadata"]["name"]]


def test_what_is_granted_is_what_the_operator_checks_at_its_start_and_what_its_switches_say() -> None:
    granted = permissions(render().one("ClusterRole", "sluice-operator")["rules"])

    assert granted == NEEDED_ALWAYS | HOOKS | CREDENTIALS


@pytest.mark.parametrize(("switch", "lacking"), [("hooks", HOOKS), ("credentials", CREDENTIALS)])
def test_a_switch_takes_its_permission_away_and_nothing_else(switch: str, lacking: set[Any]) -> None:
    granted = permissions(render({"rbac": {switch: False}}).one("ClusterRole", "sluice-operator")["rules"])

    assert granted == (NEEDED_ALWAYS | HOOKS | CREDENTIALS) - lacking


def test_watched_namespaces_get_a_role_each_and_the_cluster_hardly_anything() -> None:
    rendering = render({"watchNamespaces": ["shop", "lab"]})
    everything = NEEDED_ALWAYS | HOOKS | CREDENTIALS
    on_the_cluster = {entry for entry in everything if entry[1] in CLUSTER_SCOPED}

    assert permissions(rendering.one("ClusterRole", "sluice-operator")["rules"]) == on_the_cluster
    for namespace in ("shop", "lab"):
        role = rendering.one("Role", "sluice-operator", namespace)
        assert permissions(role["rules"]) == everything - on_the_cluster
        binding = rendering.one("RoleBinding", "sluice-operator", namespace)
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": "sluice-operator", "namespace": NAMESPACE}
        ]
    arguments = rendering.one("Deployment", "sluice-operator")["spec"]["template"]["spec"]["containers"][0][
        "args"
    ]
    assert {"--namespace=shop", "--namespace=lab"} <= set(arguments)


def test_replicas_share_the_objects_and_have_the_leases_that_it_takes() -> None:
    alone, several = render(), render({"operator": {"replicas": 3}})
    group, resource, verbs = NEEDED_FOR_SHARING

    assert alone.of("Role") == []
    assert alone.one("Deployment", "sluice-operator")["spec"]["strategy"] == {"type": "Recreate"}
    role = several.one("Role", "sluice-operator-sharing", NAMESPACE)
    assert permissions(role["rules"]) == {(group, resource, verb) for verb in verbs}
    spec = several.one("Deployment", "sluice-operator")["spec"]
    container = spec["template"]["spec"]["containers"][0]
    assert spec["replicas"] == 3
    assert "--share-group=sluice-operator" in container["args"]
    assert "SLUICE_NAMESPACE" in [variable["name"] for variable in container["env"]]


def test_without_rbac_and_with_an_account_of_somebody_elses_nothing_is_granted() -> None:
    rendering = render({"rbac": {"create": False}, "serviceAccount": {"create": False, "name": "theirs"}})
    kinds = {each["kind"] for each in rendering.objects}

    assert not kinds & {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"}
    pod = rendering.one("Deployment", "sluice-operator")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "theirs"


def test_a_digest_wins_over_the_tag_and_is_the_maintenance_pods_image_too() -> None:
    image: Manifest = {"repository": "registry.example.com/sluice", "tag": "1", "digest": "sha256:0123"}
    pod = render({"image": image}).one("Deployment", "sluice-operator")["spec"]["template"]["spec"]
    wanted = "registry.example.com/sluice@sha256:0123"

    assert pod["containers"][0]["image"] == wanted
    assert {"name": "SLUICE_IMAGE", "value": wanted} in pod["containers"][0]["env"]


def test_without_a_tag_the_image_is_that_of_the_charts_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    pod = render().one("Deployment", "sluice-operator")["spec"]["template"]["spec"]

    assert pod["containers"][0]["image"] == f"sluice.dev/sluice:{chart['appVersion']}"


def test_the_crds_are_those_of_the_models_and_stay_when_the_release_goes() -> None:
    committed = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "crds").glob("*.yaml"))]
    rendered = render().of("CustomResourceDefinition")

    assert [each["spec"] for each in rendered] == [each["spec"] for each in committed]
    assert [each["metadata"]["name"] for each in rendered] == [each["metadata"]["name"] for each in committed]
    assert all(each["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for each in rendered)


def test_crds_can_go_with_the_release_or_not_be_in_it_at_all() -> None:
    going = render({"crds": {"keep": False}}).of("CustomResourceDefinition")

    assert going
    assert render({"crds": {"keep": False}}).names("Job") == ["sluice-removal"]
    assert all("helm.sh/resource-policy" not in each["metadata"].get("annotations", {}) for each in going)
    assert render({"crds": {"install": False}}).of("CustomResourceDefinition") == []


def test_by_default_nothing_needs_what_a_bare_cluster_lacks() -> None:
    kinds = {each["kind"] for each in render().objects}

    assert kinds == {
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "Deployment",
        "Service",
        "ServiceAccount",
    }


def test_the_service_monitor_finds_the_service_and_the_service_finds_both_programs() -> None:
    rendering = render(EVERYTHING)
    monitor, service = rendering.one("ServiceMonitor", "sluice"), rendering.one("Service", "sluice-metrics")
    port = service["spec"]["ports"][0]

    assert service["metadata"]["labels"].items() >= monitor["spec"]["selector"]["matchLabels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] == port["name"]
    for each in rendering.of("Deployment"):
        template = each["spec"]["template"]
        assert template["metadata"]["labels"].items() >= service["spec"]["selector"].items()
        names = [entry["name"] for entry in template["spec"]["containers"][0]["ports"]]
        assert port["targetPort"] in names


def test_runtimes_are_closed_but_for_operator_and_gateway() -> None:
    rendering = render(EVERYTHING)
    for namespace in ("shop", "lab"):
        policy = rendering.one("NetworkPolicy", "sluice-runtimes", namespace)["spec"]
        peers = policy["ingress"][0]["from"]

        assert policy["podSelector"] == {"matchLabels": {"app.kubernetes.io/managed-by": "sluice"}}
        assert [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in peers] == [
            "sluice-operator",
            "sluice-gateway",
        ]
        assert all(peer["namespaceSelector"] for peer in peers)


def test_the_gateways_own_account_may_do_only_what_was_asked_for() -> None:
    quiet = render({"gateway": {"enabled": True}})
    assert [(role["metadata"]["name"], role["metadata"]["namespace"]) for role in quiet.of("Role")] == [
        ("sluice-gateway", NAMESPACE)
    ]

    loud = render(EVERYTHING)
    keys = loud.one("Role", "sluice-gateway-api-keys", "shop")
    assert permissions(keys["rules"]) == {("", "serviceaccounts/token", "create")}
    anonymous = permissions(loud.one("Role", "sluice-gateway-anonymous", "lab")["rules"])
    assert ("sluice.dev", "pipelines", "patch") in anonymous
    assert not any(resource == "secrets" for _, resource, _ in anonymous)


def test_a_gateway_that_only_shows_has_rights_that_only_show() -> None:
    anonymous = {"enabled": True, "readOnly": True, "namespaces": ["lab"]}
    shown = render({"gateway": {"enabled": True, "anonymous": anonymous}})
    rights = permissions(shown.one("Role", "sluice-gateway-anonymous", "lab")["rules"])
    container = shown.one("Deployment", "sluice-gateway")["spec"]["template"]["spec"]["containers"][0]

    assert {verb for _, _, verb in rights} == {"get", "list"}
    assert {resource for _, resource, _ in rights} == {"pipelines", "deployments", "events"}
    assert "--anonymous-reads" in container["args"]
    assert "--allow-anonymous" not in container["args"]


def test_the_page_can_be_left_out() -> None:
    values = {"gateway": {"enabled": True, "page": {"enabled": False}}}
    pod = render(values).one("Deployment", "sluice-gateway")["spec"]["template"]["spec"]

    assert "--no-page" in pod["containers"][0]["args"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"watchNamespace": ["a"]}, "watchNamespace"),
        ({"operator": {"workers": "many"}}, "workers"),
        ({"operator": {"logFormat": "xml"}}, "logFormat"),
        ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
        ({"gateway": {"enabled": True, "ingress": {"enabled": True}}}, "gateway.ingress.host"),
    ],
)
def test_a_value_that_means_nothing_is_refused_with_its_name(values: Manifest, words: str) -> None:
    answer = helm("template", "sluice", str(CHART), values=values)

    assert answer.code != 0
    assert words in answer.err


def test_a_release_of_another_name_has_names_of_its_own() -> None:
    names = {each["metadata"]["name"] for each in render(EVERYTHING, release="other").objects}
    crds = {path.stem for path in (ROOT / "crds").glob("*.yaml")}

    assert all(name.startswith("other-sluice") for name in names - crds), names


def test_what_is_made_from_the_values_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "chart_pages.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_plain_manifests_are_what_the_chart_makes() -> None:
    assert PLACE.read_text() == build_manifests(), "run `make chart`"


def test_the_chart_holds_nothing_that_is_a_secret_or_somebodys_machine() -> None:
    for path in CHART.rglob("*"):
        if path.is_file() and path.suffix in {".yaml", ".json", ".tpl", ".lua", ".md"}:
            text = Path(path).read_text()
            assert "/root/" not in text, path
            assert "PRIVATE KEY" not in text, path
