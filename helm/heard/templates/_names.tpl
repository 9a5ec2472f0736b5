{{- define "heard.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- /* Pods append a number, and Kubernetes bounds labels made of it: 52 characters at most. */ -}}
{{- define "heard.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "heard.selector" -}}
app.kubernetes.io/name: {{ include "heard.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "heard.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "heard.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Of a list: the root, the object's own labels, its own annotations, and the end of its name. */ -}}
{{- define "heard.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "heard.fullname" $root }}{{ index . 3 }}
labels:
  {{- include "heard.labels" $root | nindent 2 }}
  {{- with index . 1 }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (index . 2) $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "heard.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "heard.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "heard.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "heard.port" -}}
{{ regexFind "[0-9]+$" .Values.config.http.listen }}
{{- end }}

{{- /* Ports of the brokers, as JSON. */ -}}
{{- define "heard.kafkaPorts" -}}
{{- $ports := .Values.networkPolicy.kafkaPorts -}}
{{- if not $ports -}}
{{- range splitList "," .Values.config.brokers -}}
{{- $port := regexFind "[0-9]+$" (trim .) | default "9092" -}}
{{- $ports = append $ports (int $port) -}}
{{- end -}}
{{- end -}}
{{ $ports | uniq | toJson }}
{{- end }}

{{- define "heard.podSelector" -}}
matchLabels:
  {{- include "heard.selector" . | nindent 2 }}
  app.kubernetes.io/component: run
{{- end }}
