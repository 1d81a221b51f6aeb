"""The product as CloudFormation: one stack, one file per concern. It never imports the product's own code."""
