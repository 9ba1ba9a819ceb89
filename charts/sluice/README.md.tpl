# The chart of Sluice

```sh not run: tests/e2e/helm installs the chart, upgrades it, rolls it back and removes it
helm install sluice charts/sluice --namespace sluice-system --create-namespace
```

is enough on a bare cluster. [Installing](../../docs/install.md) says how to upgrade, roll back and uninstall,
[Argo CD](../../docs/argocd.md) how to drive it from Git, and [Metrics](../../docs/metrics.md) what Prometheus sees.

The pods keep to Pod Security's profile `restricted`. All permissions of the operator stand in
[`files/operator-permissions.yaml`](files/operator-permissions.yaml).

## Values

VALUES
