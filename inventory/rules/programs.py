"""Integer programs over nested sums, solved by HiGHS."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

NO_LIMIT = 10**15
"""The limit of a sum that has none."""

SECONDS = 10.0
"""After which the best answer so far is taken; only trip costs ever need so long."""


@dataclass(slots=True)
class Program:
    """An integer program in the making: what is gained, the bounds of each variable, and equations in triplets."""

    gains: list[float] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: int = 0
    least: list[float] = field(default_factory=list)
    entries: list[tuple[int, int, float]] = field(default_factory=list)

    def variable(self, top: float, gain: float = 0.0, whole: bool = False) -> int:
        """Its number; from 0 to `top`, and `gain` for each unit of it."""
        self.gains.append(gain)
        self.tops.append(top)
        self.whole.append(int(whole))
        return len(self.gains) - 1

    def row(self, least: float, entries: Iterable[tuple[int, float]]) -> None:
        """The sum of the entries is `least` (0: an equation) or, at -inf, at most 0."""
        self.entries += [(self.rows, column, factor) for column, factor in entries]
        self.least.append(least)
        self.rows += 1

    def chain(self, steps: Sequence[tuple[int, Sequence[tuple[int, int]]]]) -> None:
        """Nested sums: what each step adds (variable, factor), with all before it, is at most its limit.

        Limits that follow from another are left out; most do.
        """
        tightest, bounds = float("inf"), [float("inf")] * len(steps)
        for at in range(len(steps) - 1, -1, -1):
            if steps[at][0] < tightest:
                tightest = bounds[at] = steps[at][0]
        before: int | None = None
        could, added = 0.0, list[tuple[int, int]]()
        for bound, (_, more) in zip(bounds, steps, strict=True):
            added += more
            could += sum(self.tops[column] * factor for column, factor in more)
            if bound < could:
                total = self.variable(bound)
                self.row(0, [(total, 1), *((column, -factor) for column, factor in added)])
                if before is not None:
                    self.entries.append((self.rows - 1, before, -1))
                before, could, added = total, bound, []

    def solve(self) -> list[int]:
        """The values of the variables that must be whole, 0 for the others."""
        if not self.rows:
            return [int(top) for top in self.tops]
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, linprog, milp
        from scipy.sparse import coo_array

        at, columns, factors = zip(*self.entries, strict=True)
        matrix = coo_array((factors, (at, columns)), shape=(self.rows, len(self.gains))).tocsr()
        costs, tops, whole = -np.array(self.gains), np.array(self.tops), np.array(self.whole, dtype=bool)
        if not any(self.least):
            bounds = np.column_stack((np.zeros(len(tops)), tops))
            # By interior points and then to a corner: on ten thousand variables ten times as quick as the simplex.
            answer = linprog(costs, A_eq=matrix, b_eq=np.zeros(self.rows), bounds=bounds, method="highs-ipm")
            if answer.status == 0 and np.allclose(
                answer.x[whole], np.round(answer.x[whole]), rtol=0, atol=1e-6
            ):
                return [round(value) if needed else 0 for value, needed in zip(answer.x, whole, strict=True)]
        answer = milp(
            costs,
            integrality=whole,
            bounds=Bounds(0, tops),
            constraints=LinearConstraint(matrix, np.array(self.least), 0),
            options={"time_limit": SECONDS, "mip_rel_gap": 1e-6},
        )
        if answer.x is None:
            return [0] * len(self.gains)
        return [round(value) if needed else 0 for value, needed in zip(answer.x, whole, strict=True)]
