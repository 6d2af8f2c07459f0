// Package cloudwatch evaluates what a synthesised CloudFormation template
// deploys to CloudWatch: the body of its dashboard, metric filters and alarms,
// over the log lines of functions. What is deployed is what is evaluated. What
// the templates of postinvoke do not use is an error.
//
// Nothing of it was compared with CloudWatch itself: [Assumptions] lists what
// AWS's documents leave open.
package cloudwatch

import (
	"slices"

	"example.com/postinvoke/internal/insights"
	"example.com/postinvoke/internal/lambdalog"
)

// Assumptions are the points that AWS's documents leave open and that what this
// package finds rests on.
var Assumptions = slices.Concat(lambdalog.Assumptions, insights.Assumptions, []string{
	"Metrics of Lambda carry the time at which the invocation began.",
	"Lambda sends Throttles and Errors with the value 0 for an invocation that has none.",
	"PostRuntimeExtensionsDuration is the span extensionOverhead of platform.report, for internal extensions too.",
	"A choice at the top of a dashboard replaces its pattern in log queries too.",
	"The percentage of a metric expression is computed from the sums of the whole time " +
		"where a widget sets its period to it.",
})
