"""Where the example county's plan workbook lies: in the installed package, or in the checkout."""

from pathlib import Path

INSTALLED = Path(__file__).with_name("county") / "plan.xlsx"
CHECKOUT = Path(__file__).resolve().parents[1] / "examples" / "county" / "plan.xlsx"


def example_plan() -> Path:
    """Return the plan workbook of 示例县."""
    return INSTALLED if INSTALLED.exists() else CHECKOUT
