//go:build crds

// Package charts pins the module whose types are the schemas of the Prometheus operator's objects.
package charts

import _ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
