"""When: one Prefect flow for each step of cycle/steps.py. The only package that imports prefect.

Prefect reads its settings when it is first imported, so they are put into the environment here, before that.
"""

from flows.runtime import settle

settle()
