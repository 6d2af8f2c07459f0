# A function with the postinvoke layer, a log group, a role that may write to it
# and do nothing else, and a dashboard.

terraform {
  required_version = ">= 1.9" # validations that look at two variables
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

resource "aws_lambda_layer_version" "extension" {
  count = var.layer_zip == null ? 0 : 1

  layer_name               = "${var.name}-postinvoke"
  description              = "postinvoke extension for ${var.architecture}"
  license_info             = "MIT"
  filename                 = var.layer_zip
  source_code_hash         = filebase64sha256(var.layer_zip)
  compatible_runtimes      = ["provided.al2023"]
  compatible_architectures = [var.architecture]
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  role             = aws_iam_role.this.arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = var.function_zip
  source_code_hash = filebase64sha256(var.function_zip)
  timeout          = var.timeout
  memory_size      = var.memory_size
  layers           = var.layer_arn != null ? [var.layer_arn] : aws_lambda_layer_version.extension[*].arn

  logging_config {
    log_format            = "JSON" # the dashboard finds nothing in text
    application_log_level = var.application_log_level
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  dynamic "environment" {
    for_each = length(var.environment) > 0 ? [var.environment] : []
    content {
      variables = environment.value
    }
  }

  depends_on = [aws_iam_role_policy.logs] # or the first lines of the log are lost
}

# Without it Lambda would make a log group that destroy leaves behind.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "this" {
  name_prefix = "${substr(var.name, 0, 37)}-"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "logs" {
  name = "logs"
  role = aws_iam_role.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.this.arn}:*"
    }]
  })
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name
  # That of the CDK construct; a test compares them.
  dashboard_body = templatefile("${path.module}/dashboard.json.tftpl", {
    function_name = aws_lambda_function.this.function_name
    log_group     = aws_cloudwatch_log_group.this.name
    region        = data.aws_region.current.id
    account_id    = data.aws_caller_identity.current.account_id
  })
}
