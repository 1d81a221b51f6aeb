"""The local stand-in for AWS: MiniStack, corrected in process where it differs from what we rely on.

Only `local/launcher.py` imports this package, and only under the engine's own virtual environment.
The product never imports it.
"""
