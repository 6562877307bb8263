"""Adapters of ``governance``: the policy file, and files in the home."""

from wavehouse.governance.adapters.home_files import HomeFiles
from wavehouse.governance.adapters.policy_file import read_policies

__all__ = ["HomeFiles", "read_policies"]
