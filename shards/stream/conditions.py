"""Conditions on samples, written as pandas' `query` writes them, over the columns of the manifest.

`frames >= 40 and subset == 'KIT' and not flags.lying` is a condition. Every column is a name, and
`flags.NAME` is whether a flag is raised: a column `flags` cannot be reached. The language is that
of `pandas.DataFrame.query`, without what could do more than compute values: see
`shards.stream.condition_terms`.
"""

import re
from collections.abc import Iterable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.unknown_names import unknown_name
from shards.optional import naming_extras
from shards.stream.condition_terms import CheckedCondition, checked, shown
from shards.stream.flags import FLAGS, has_flags

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = re.compile(r"name '(\w+)' is not defined")
"""What pandas says of a name that is no column."""
FAILURES = (
    SyntaxError,
    TypeError,
    ValueError,
    LookupError,
    NameError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
    MemoryError,
    re.error,
)
"""Errors of pandas for an expression that it cannot evaluate."""
EXAMPLE = "frames >= 40 and not flags.lying"


def meets(dataset: Dataset, condition: str) -> NDArray[np.bool_]:
    """Return which samples of a dataset meet a condition, shaped (samples,).

    Raises `ShardError` for a text that is not a condition on the columns of the manifest.
    """
    try:
        terms = checked(condition)
    except ShardError as error:
        raise ShardError(_refused(dataset, condition, str(error))) from None
    columns = [name for name in dataset.manifest.column_names if name in terms.names - {FLAGS}]
    with naming_extras():
        table = dataset.manifest.select(columns).to_pandas()
    try:
        result = _evaluate(table, terms, _raised(dataset, terms.flags))
    except FAILURES as error:
        raise ShardError(_refusal(dataset, condition, error)) from error
    if getattr(result, "dtype", None) != np.bool_ or np.shape(result) != (len(dataset.manifest),):
        raise ShardError(
            f"{dataset.place}: {shown(condition)} is not true or false for each sample; expected a "
            f"condition such as {EXAMPLE!r}"
        )
    return np.array(result, np.bool_)


def _evaluate(table: "pd.DataFrame", terms: CheckedCondition, flags: SimpleNamespace) -> Any:
    """Evaluate an expression, to which only the columns and the flags are known."""
    names = [{FLAGS: flags}]
    return table.eval(terms.text, engine="python", resolvers=names, local_dict={}, global_dict={})


def _raised(dataset: Dataset, flags: Iterable[str]) -> SimpleNamespace:
    """Return flags, each as a column of whether it is raised; raise for an unknown flag."""
    import pandas as pd

    rows = np.arange(len(dataset.manifest))
    return SimpleNamespace(**{name: pd.Series(has_flags(dataset, rows, [name])) for name in flags})


def _refusal(dataset: Dataset, condition: str, error: Exception) -> str:
    unknown = UNKNOWN.search(str(error))
    if unknown is not None:
        reason = unknown_name("column", unknown[1], dataset.manifest.column_names)
    else:
        reason = " ".join(str(error).split()).removesuffix(" (<unknown>, line 1)")
    return _refused(dataset, condition, reason)


def _refused(dataset: Dataset, condition: str, reason: str) -> str:
    return f"{dataset.place}: cannot evaluate {shown(condition)}: {reason}; see docs/editing.md"
