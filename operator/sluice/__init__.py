"""Sluice: a declared, safe lifecycle for stateful work on Kubernetes."""

__version__ = "0.1.0"
