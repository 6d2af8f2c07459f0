// Package telemetry registers a shutdown function for its callers.
package telemetry

import "example.com/postinvoke/postinvoke"

func Start() { atShutdown(func() {}) }

func atShutdown(fn func()) { postinvoke.Shutdown(fn) }
