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
// that take INVOKE events have requested the next event
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
// This package registers the process as an internal extension, and requests the
// next event when the hooks of the current invocation are done. Outside of
// Lambda, and on Lambda Managed Instances, environments are not frozen, and this
// package does not keep them awake.
//
// # What can be lost
//
// A hook starts at most once: there is no retry. It is abandoned, and that is
// logged, when it exceeds its own timeout (see [Timeout]), when the function's
// timeout is near (see [Options]), or when the environment shuts down.
//
// Hooks are lost when the process ends. aws-lambda-go ends the process
//
//   - when a handler panics: the hooks of its invocation still run first, but on
//     Lambda Managed Instances those of other invocations are cut off,
//   - when encoding the response panics,
//   - when Lambda refuses a response, for instance one larger than 6 MB.
//
// The extension in this project's layer logs which hooks were lost with the
// process. Without the layer, lost hooks leave no trace in the log.
//
// # What is reported
//
// Hooks that fail, are abandoned or are refused are logged, and so is each
// invocation that had hooks. Package [example.com/postinvoke/record] describes the
// records. An [Observer] receives the same results as Go values.
package postinvoke
