// Package postinvokecdk has CDK constructs that deploy postinvoke: the layer with
// its extension, functions with that layer, a dashboard of their timings, and
// metrics and alarms, which cost money.
//
//	fn := postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: "./hello"})
//	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{
//		Functions: []awslambda.IFunction{fn},
//	})
//
// A function that you make in another way gets the layer, and nothing else, with
//
//	postinvokecdk.NewLayer(stack, jsii.String("Layer"), nil).AddTo(fn)
//
// It needs a LoggingFormat of JSON to be on the dashboard, and a Timeout with
// room for its hooks: Lambda's defaults are text and 3 s.
//
// # Importing and copying
//
// Import the package, or copy its folder into your module and change it there.
// Either way your module requires [Module], as its functions do for the library: the
// extension is built from the same version.
//
// # Mistakes
//
// A mistake, such as a folder that does not exist or a program that does not
// compile, is an error annotation of its construct. The cdk command prints each of
// them alone, and neither writes nor deploys the app.
//
// # Building
//
// Binaries are built with plain go build, without Docker, into [BuildFolder].
// Commands that need no assets, such as cdk ls and cdk destroy, compile nothing.
//
// # Where things are
//
// NewFunction is in function.go, NewLayer in layer.go. NewDashboard is in
// dashboard.go, its widgets are in widgets.go, in their order, and the queries of its
// tables in queries.go. Metric filters and alarms are one table, in metrics.go.
package postinvokecdk
