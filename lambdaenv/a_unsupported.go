//go:build !linux && !darwin

package lambdaenv

// The compiler prints this name, with what else is missing, where processes cannot be
// frozen as Lambda freezes them.
var _ = lambdaenv_works_on_Linux_and_macOS_only__on_Windows_use_WSL
