// Package postinvoke runs Go code after a Lambda function has answered, and
// when its execution environment shuts down.
//
//	func main() {
//		postinvoke.Shutdown(func() { pool.Close() })
//		lambda.Start(postinvoke.Wrap(handle, nil))
//	}
//
//	func handle(ctx context.Context, order Order) (Receipt, error) {
//		receipt := place(order)
//		postinvoke.RunContext(ctx, provider.ForceFlush)
//		return receipt, nil
//	}
//
// The caller does not wait for what [Run], [RunContext] and [Go] are given;
// the function does, and is billed for it.
//
// # What keeps the environment awake
//
// Lambda freezes an execution environment when the runtime and all extensions
// that take INVOKE events have asked for the next one
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
// Somebody has to hold back, and [Wrap] finds out who can:
//
//   - The extension in this project's layer. The package connects to it on
//     127.0.0.1, port 1339 or that of the environment variable
//     POSTINVOKE_PORT, and tells it when the hooks of an invocation are done.
//   - Without the layer, the package itself, registered as an internal
//     extension. Hooks run the same way. There is more time at the shutdown,
//     and no record of its reason.
//   - Outside of Lambda nobody needs to.
//
// # What can be lost
//
// Hooks run once, or not at all: there is no retry. They are lost when
//
//   - the function's timeout comes near (see [Options]), or the environment is
//     shut down while they wait: that is logged;
//   - the process ends. aws-lambda-go ends it when a handler panics (hooks of
//     that invocation run first, but on Lambda Managed Instances those of
//     others are cut off), when encoding the response panics, and when Lambda
//     refuses a response, say because it is larger than 6 MB.
//
// The records are described in package [example.com/postinvoke/record].
package postinvoke
