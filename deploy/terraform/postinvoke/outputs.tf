output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "role_name" {
  description = "Name of the function's role, for your own policies."
  value       = aws_iam_role.this.name
}

output "layer_arn" {
  description = "ARN of the version of the layer that the function has, null without one."
  value       = one(aws_lambda_function.this.layers)
}

output "invoke" {
  description = "A command that invokes the function."
  value = join(" ", [
    "aws lambda invoke --region", data.aws_region.current.id, "--function-name", aws_lambda_function.this.function_name,
    "--cli-binary-format raw-in-base64-out --payload '{}' /dev/stdout",
  ])
}

output "tail" {
  description = "A command that follows the function's log."
  value       = "aws logs tail --region ${data.aws_region.current.id} --follow ${aws_cloudwatch_log_group.this.name}"
}

output "dashboard_url" {
  description = "Address of the dashboard, null without one."
  value = var.dashboard ? join("", [
    "https://", data.aws_region.current.id, ".console.aws.amazon.com/cloudwatch/home",
    "?region=", data.aws_region.current.id, "#dashboards/dashboard/", aws_cloudwatch_dashboard.this[0].dashboard_name,
  ]) : null
}
