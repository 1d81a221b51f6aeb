"""The world outside the product on one machine: what stores and warehouses would do by themselves."""
