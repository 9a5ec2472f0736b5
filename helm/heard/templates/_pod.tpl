{{- /* What must not be, whatever the schema allows. */ -}}
{{- define "heard.refuse" -}}
{{- $partitions := int (default 12 .Values.config.topics.partitions) -}}
{{- if not .Values.config.brokers -}}
{{- fail "config.brokers is empty: say where Kafka is, such as kafka-0.kafka:9092,kafka-1.kafka:9092" -}}
{{- end -}}
{{- if and .Values.hpa.enabled .Values.keda.enabled -}}
{{- fail "hpa.enabled and keda.enabled exclude each other: both would set the number of instances" -}}
{{- end -}}
{{- range $what, $on := dict "hpa" .Values.hpa "keda" .Values.keda -}}
{{- if and $on.enabled (gt (int $on.maxReplicas) $partitions) -}}
{{- fail (printf "%s.maxReplicas is %d, but there are %d partitions (config.topics.partitions): the others would stand idle" $what (int $on.maxReplicas) $partitions) -}}
{{- end -}}
{{- if and $on.enabled (gt (int $on.minReplicas) (int $on.maxReplicas)) -}}
{{- fail (printf "%s.minReplicas is above %s.maxReplicas" $what $what) -}}
{{- end -}}
{{- end -}}
{{- if gt (int .Values.replicas) $partitions -}}
{{- fail (printf "replicas is %d, but there are %d partitions (config.topics.partitions): the others would stand idle" (int .Values.replicas) $partitions) -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- fail "serviceMonitor.enabled and podMonitor.enabled exclude each other: everything would be counted twice" -}}
{{- end -}}
{{- if and .Values.keda.enabled (not .Values.keda.prometheus.serverAddress) (not .Values.keda.triggers) -}}
{{- fail "keda.enabled needs keda.prometheus.serverAddress, or keda.triggers" -}}
{{- end -}}
{{- range tuple .Values.secrets.kafka .Values.topicsJob.secrets.kafka -}}
{{- if and (or .values .paths) (not (or .existingSecret $.Values.secrets.kafka.existingSecret)) -}}
{{- fail "secrets.kafka.values and paths are keys of a secret: name it in secrets.kafka.existingSecret" -}}
{{- end -}}
{{- end -}}
{{- if hasKey .Values.files "heard.toml" -}}
{{- fail "files has heard.toml: that file is made from config" -}}
{{- end -}}
{{- end }}

{{- /* Secrets of the topics Job: its own, or those of all. */ -}}
{{- define "heard.topicsSecrets" -}}
{{- $own := .Values.topicsJob.secrets.kafka -}}
{{- $all := .Values.secrets.kafka -}}
existingSecret: {{ default $all.existingSecret $own.existingSecret | quote }}
values: {{ default $all.values $own.values | toJson }}
paths: {{ default $all.paths $own.paths | toJson }}
{{- end }}

{{- /* Volumes, of a list: name of the ConfigMap, secrets. */ -}}
{{- define "heard.volumes" -}}
- name: config
  configMap:
    name: {{ index . 0 }}
{{- $secrets := index . 1 }}
{{- range $name := list "hashing" "kafka" }}
{{- with index $secrets $name }}
{{- if .existingSecret }}
- name: {{ $name }}
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Their mounts, of secrets. */ -}}
{{- define "heard.mounts" -}}
- name: config
  mountPath: /etc/heard
  readOnly: true
{{- range $name := list "hashing" "kafka" }}
{{- with index $ $name }}
{{- if .existingSecret }}
- name: {{ $name }}
  mountPath: /run/secrets/heard/{{ $name }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A probe, of a list: the probe's values. */ -}}
{{- define "heard.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
{{- toYaml (omit . "path") | nindent 0 }}
{{- end }}

{{- /* A pod that runs one command and ends, of a dict: root, args, configMap, secrets, resources, serviceAccountName. */ -}}
{{- define "heard.taskPod" -}}
{{- $values := .root.Values -}}
restartPolicy: Never
serviceAccountName: {{ .serviceAccountName }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: heard
    image: {{ include "heard.image" .root }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      - name: HEARD_CONFIG
        value: /etc/heard/heard.toml
      - name: HEARD_LOG
        value: {{ $values.log | quote }}
      {{- with $values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with $values.extraEnvFrom }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- toYaml $values.securityContext | nindent 6 }}
    resources:
      {{- toYaml .resources | nindent 6 }}
    volumeMounts:
      {{- include "heard.mounts" .secrets | nindent 6 }}
      {{- with $values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  {{- include "heard.volumes" (list .configMap .secrets) | nindent 2 }}
  {{- with $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
