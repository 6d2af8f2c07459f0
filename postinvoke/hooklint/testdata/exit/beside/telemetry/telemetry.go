// Package telemetry registers a shutdown function for its callers.
package telemetry

import "example.com/postinvoke/postinvoke"

func Start() { // want Start:"shutdown"
	postinvoke.Shutdown(func() {})
}
