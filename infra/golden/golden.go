// Package golden has the templates that the app synthesises, for use without
// Node.js. The app's tests keep them current. The hashes of binaries, which depend on
// the version of Go, are replaced by HASH.
package golden

import _ "embed"

// Template is that of npx cdk deploy.
//
//go:embed PostInvokeDemo.template.json
var Template []byte

// TemplateWithMetrics is that of npx cdk deploy -c metrics=true.
//
//go:embed PostInvokeDemoMetrics.template.json
var TemplateWithMetrics []byte
