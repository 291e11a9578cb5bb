"""What templates and notebooks import: `check`, `probe`, `misconception`, and running them."""

from coursekit.practice.declare import check, misconception, probe
from coursekit.practice.inside import require, run_checks

__all__ = ["check", "misconception", "probe", "require", "run_checks"]
