// Package golden has the templates that the app synthesises, for those who want
// to read or draw what is deployed without Node.js. The app's tests keep them
// current. Binaries are in them as HASH: they depend on the version of Go.
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
