"""Providers of activations outside."""
