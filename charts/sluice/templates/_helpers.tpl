{{- define "sluice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- $name := include "sluice.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Of objects that belong to the operator or to the gateway: a list of the root and "operator" or "gateway". */}}
{{- define "sluice.component" -}}
{{- printf "%s-%s" (include "sluice.fullname" (index . 0)) (index . 1) }}
{{- end }}

{{- define "sluice.selector" -}}
app.kubernetes.io/name: {{ printf "%s-%s" (include "sluice.name" (index . 0)) (index . 1) }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{/* Metadata but the name: a list of the root and, where there is one, the component. */}}
{{- define "sluice.labels" -}}
{{- $root := index . 0 -}}
{{- if gt (len .) 1 }}
{{- include "sluice.selector" . }}
app.kubernetes.io/component: {{ index . 1 }}
{{- else -}}
app.kubernetes.io/name: {{ include "sluice.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- end }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: {{ include "sluice.name" $root }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "sluice.annotations" -}}
{{- with .Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "sluice.image" -}}
{{- with .Values.image -}}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "sluice.operatorAccount" -}}
{{- default (ternary (include "sluice.component" (list . "operator")) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "sluice.gatewayAccount" -}}
{{- $account := .Values.gateway.serviceAccount }}
{{- default (ternary (include "sluice.component" (list . "gateway")) "default" $account.create) $account.name }}
{{- end }}

{{/* Namespaces whose runtimes the network policies close. */}}
{{- define "sluice.runtimeNamespaces" -}}
{{- toYaml (default .Values.watchNamespaces .Values.networkPolicies.runtimeNamespaces) }}
{{- end }}

{{/* The rules of a list of permissions that the values switch on: a list of the root and the permissions. */}}
{{- define "sluice.rules" -}}
{{- $root := index . 0 -}}
{{- range index . 1 }}
{{- if or (not .when) (index $root.Values.rbac (default "" .when)) }}
- {{ omit . "when" | toYaml | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end }}

{{/* What the pods of operator and gateway have in common: a list of the root, the component and its values. */}}
{{- define "sluice.pod" -}}
{{- $root := index . 0 }}{{- $values := index . 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
securityContext:
  {{- toYaml $root.Values.podSecurityContext | nindent 2 }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" }}
{{- with index $values $field }}
{{ $field }}: {{- if kindIs "string" . }} {{ . }}{{ else }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}
{{- end }}
{{- with $values.extraVolumes }}
volumes:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The same of their containers. */}}
{{- define "sluice.container" -}}
{{- $root := index . 0 }}{{- $values := index . 2 -}}
name: {{ index . 1 }}
image: {{ include "sluice.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
securityContext:
  {{- toYaml $root.Values.securityContext | nindent 2 }}
{{- with $values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.extraVolumeMounts }}
volumeMounts:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
