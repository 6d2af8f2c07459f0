// Package postinvokecdk has CDK constructs that deploy postinvoke: the layer with
// its extension, functions with that layer, a dashboard of their timings, and
// metrics and alarms, which cost money.
//
//	fn := postinvokecdk.NewFunction(stack, jsii.String("Hello"), &postinvokecdk.FunctionProps{Entry: "./hello"})
//	postinvokecdk.NewDashboard(stack, jsii.String("Dashboard"), &postinvokecdk.DashboardProps{
//		Functions: []awslambda.IFunction{fn},
//	})
//
// To add the layer to a function that you create yourself, use [Layer.AddTo]; see
// docs/deploying.md for the settings it needs.
//
// # Importing and copying
//
// Import the package, or copy its folder into your module and change it there.
// Either way your module requires [Module], as its functions do for the library: the
// extension is built from the same version.
//
// # Mistakes
//
// Mistakes, such as a missing folder or a program that does not compile, become error
// annotations. The cdk command prints them, and neither writes nor deploys the app.
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
