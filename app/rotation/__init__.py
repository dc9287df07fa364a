"""Changing the master key while everything runs: what is sealed under an older one is sealed anew under the first."""
