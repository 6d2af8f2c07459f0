// Package postinvokecdk holds CDK constructs that deploy postinvoke: the layer
// with its extension, functions with that layer, a dashboard of their timings
// and, for those who want to pay for them, metrics and alarms.
//
//	fn := postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: "./hello"})
//	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{
//		Functions: []awslambda.IFunction{fn},
//	})
//
// A function made in any other way gets the layer, and nothing else, with
//
//	postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil).AddTo(fn)
//
// It needs a LoggingFormat of JSON to be on the dashboard, and a Timeout with
// room for its hooks: Lambda's defaults are text and 3 s.
//
// # Importing and copying
//
// The package may be imported, or its folder copied into another module and
// changed there. Either way that module requires [Module], as its functions do
// for the library: the extension is built from the same version.
//
// # Mistakes
//
// What cannot be deployed panics, as constructs do, with an error that is one
// sentence, or with a [gobuild.CompileError] in the compiler's own words.
//
// # Building
//
// Binaries are built with plain go build, no Docker, into [BuildFolder]. Commands
// that need no assets, cdk ls and cdk destroy among them, compile nothing.
package postinvokecdk
