// Package postinvoke runs Go code after a Lambda function has responded, and
// when its execution environment shuts down.
//
//	func main() {
//		postinvoke.Shutdown(func() { pool.Close() })
//		postinvoke.Start(handle, nil)
//	}
//
//	func handle(ctx context.Context, order Order) (Receipt, error) {
//		receipt := place(order)
//		postinvoke.RunContext(ctx, provider.ForceFlush)
//		return receipt, nil
//	}
//
// [Start] takes the place of lambda.Start. In a handler, [Run], [RunContext] and
// [Go] register hooks; in main, [Shutdown] and [ShutdownContext] register shutdown
// functions. The caller does not wait for hooks. The function does, and is billed
// for them.
//
// # What keeps the environment awake
//
// Lambda freezes an execution environment when the runtime and all extensions
// that take INVOKE events have asked for the next event
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
// This package registers the process as an internal extension, and asks for the
// next event when the hooks of the current invocation are done. Outside of
// Lambda, and on Lambda Managed Instances, nothing is frozen, and the process does
// not register for INVOKE events.
//
// # What can be lost
//
// A hook runs once or not at all: there is no retry. It is abandoned, and that is
// logged, when it exceeds its own timeout (see [Timeout]), when the function's
// timeout is near (see [Options]), or when the environment shuts down.
//
// Hooks are lost when the process ends. aws-lambda-go ends it when a handler
// panics (hooks of that invocation run first; on Lambda Managed Instances those
// of other invocations are cut off), when encoding the response panics, and when
// Lambda refuses a response, for instance because it is larger than 6 MB. The
// extension in this project's layer logs which hooks were lost with the process.
// Without the layer, nothing does.
//
// # What is reported
//
// Hooks that fail, are abandoned or are refused are logged, and so is each
// invocation that had hooks. Package [example.com/postinvoke/record] describes the
// records. An [Observer] receives the same results as Go values.
package postinvoke
