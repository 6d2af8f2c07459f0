# An example: the function in ./function, with the layer, built by
#
#   go run example.com/postinvoke/deploy/layer -function ./function

terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100" # with which this was tried
    }
  }
}

provider "aws" {} # the region is that of your environment, AWS_REGION

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
  default     = "arm64"
}

module "hello" {
  source = "./postinvoke"

  name         = "postinvoke-hello"
  architecture = var.architecture
  function_zip = "build/deploy/function-${var.architecture}.zip"
  layer_zip    = "build/deploy/layer-${var.architecture}.zip"
}

output "invoke" {
  description = "Paste this to invoke the function."
  value       = module.hello.invoke
}

output "tail" {
  description = "Paste this to follow its log."
  value       = module.hello.tail
}

output "dashboard_url" {
  description = "Open this in a browser."
  value       = module.hello.dashboard_url
}
