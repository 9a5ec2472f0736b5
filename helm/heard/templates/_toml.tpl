{{- /* A value in a line. A number, a text, a list of them are in JSON what they are in TOML. */ -}}
{{- define "heard.toml.value" -}}
{{- if kindIs "map" . -}}
{ {{- range $i, $key := keys . | sortAlpha -}}
{{- if $i }},{{ end }} {{ include "heard.toml.key" $key }} = {{ include "heard.toml.value" (index $ $key) }}
{{- end }} }
{{- else -}}
{{ toJson . }}
{{- end -}}
{{- end }}

{{- define "heard.toml.key" -}}
{{- if regexMatch "^[A-Za-z0-9_-]+$" . -}}{{ . }}{{- else -}}{{ toJson . }}{{- end -}}
{{- end }}

{{- /* Of a list: a table, and its path with a dot behind it. Values first, then the tables below; nothing of null. */ -}}
{{- define "heard.toml.table" -}}
{{- $table := index . 0 -}}
{{- $path := index . 1 -}}
{{- $below := list -}}
{{- range $key := keys $table | sortAlpha -}}
{{- $value := index $table $key -}}
{{- $tables := and (kindIs "slice" $value) (not (empty $value)) (kindIs "map" (first (default (list 0) $value))) -}}
{{- if or (kindIs "map" $value) $tables -}}
{{- $below = append $below $key -}}
{{- else if not (kindIs "invalid" $value) }}
{{ include "heard.toml.key" $key }} = {{ include "heard.toml.value" $value }}
{{- end -}}
{{- end -}}
{{- range $key := $below -}}
{{- $value := index $table $key -}}
{{- $name := printf "%s%s" $path (include "heard.toml.key" $key) -}}
{{- if kindIs "map" $value }}

[{{ $name }}]
{{- include "heard.toml.table" (list $value (printf "%s." $name)) -}}
{{- else -}}
{{- range $one := $value }}

[[{{ $name }}]]
{{- include "heard.toml.table" (list $one (printf "%s." $name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* heard.toml, of a list: configuration, secrets. */ -}}
{{- define "heard.toml" -}}
{{- $config := deepCopy (index . 0) -}}
{{- $secrets := index . 1 -}}
{{- with $secrets.hashing -}}
{{- if .existingSecret -}}
{{- $_ := set $config "secret" (dict "file" (printf "/run/secrets/heard/hashing/%s" .key)) -}}
{{- end -}}
{{- end -}}
{{- with $secrets.kafka -}}
{{- $kafka := $config.kafka | default dict -}}
{{- range $setting, $key := .values -}}
{{- $_ := set $kafka $setting (dict "file" (printf "/run/secrets/heard/kafka/%s" $key)) -}}
{{- end -}}
{{- range $setting, $key := .paths -}}
{{- $_ := set $kafka $setting (printf "/run/secrets/heard/kafka/%s" $key) -}}
{{- end -}}
{{- if $kafka -}}
{{- $_ := set $config "kafka" $kafka -}}
{{- end -}}
{{- end -}}
{{- include "heard.toml.table" (list $config "") | trim }}
{{ end }}
