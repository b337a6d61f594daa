"""Recomputes every figure of a report from the raw rows of the database, and compares.

    python tests/recompute.py DATABASE EXPERIMENT REPORT_FOLDER     (numpy, scipy, statsmodels)

Nothing of the program is called. The methods are those of README.md ("How sure the answers are"), of crates/answers/src/lib.rs, of
the comments of the tables, and of the papers. Prints each table with the number of figures compared and their largest relative
difference, and ends with exit code 1 if one is above 1e-9. The shares of a random forest depend on the program's random numbers,
and figures in sentences and charts are rounded: these are not recomputed.
"""

import csv
import pathlib
import sqlite3
import sys

from recomputed.expected import Expected

LIMIT = 1e-9
NOISE = 1e-15  # the rounding of sums of figures of about 1; p-values have no such allowance
P_VALUES = ("p", "corrected", "p_holm", "beyond_margin")


def relative(a, b, allowed):
    return 0.0 if abs(a - b) <= allowed else abs(a - b) / max(abs(a), abs(b))


class Table:
    """Rows of the program beside those of this script, matched by their keys."""

    def __init__(self, name):
        self.name, self.figures, self.largest, self.worst, self.problems, self.left_out = name, 0, 0.0, "", [], 0

    def compare(self, found, expected, keys, ignored=()):
        def by_key(rows):
            return {tuple(str(row[key] if row[key] is not None else "") for key in keys): row for row in rows}

        found, expected = by_key(found), by_key(expected)
        for key in found.keys() ^ expected.keys():
            self.problems.append(f"{' '.join(key)}: only in {'the program' if key in found else 'the script'}")
        for key in found.keys() & expected.keys():
            for column, value in found[key].items():
                if column in ignored:
                    continue
                self.value(f"{' '.join(key)}: {column}", value, expected[key].get(column))

    def value(self, where, found, expected):
        if isinstance(expected, (list, tuple)):
            values = str(found).split()
            if len(values) != len(expected):
                self.problems.append(f"{where}: {len(values)} values, here {len(expected)}")
            for a, b in zip(values, expected):
                self.value(where, a, b)
            return
        found = None if found == "" else found
        if found is None or expected is None or isinstance(expected, str):
            if found != expected and str(found) != expected:
                self.problems.append(f"{where}: {found}, here {expected}")
            return
        self.figures += 1
        column = where.rsplit(": ", 1)[-1]
        is_p = column in P_VALUES or column.endswith(("_p", "_corrected"))
        off = relative(float(found), float(expected), 0.0 if is_p else NOISE)
        if not off <= self.largest:
            self.largest, self.worst = off, f"{where}: {found}, here {expected}"

    def show(self):
        left_out = f"; {self.left_out} not recomputed" if self.left_out else ""
        print(f"{self.name:<16} {self.figures:>7} figures, largest relative difference {self.largest:.1e}{left_out}")
        if not self.largest <= LIMIT:
            self.problems.append(self.worst)
        for problem in self.problems[:5]:
            print(f"    {problem}")
        if len(self.problems) > 5:
            print(f"    … and {len(self.problems) - 5} more")


KEYS = dict(answers=[], standings=["configuration"], verdicts=["first", "second"], axis_summary=["axis"], axis_means=["axis", "label"], summary=["configuration", "metric"],
            effects=["axis", "first", "second"], interactions=["position"], leaderboard=["configuration"], per_class=["job", "part", "class"])


def compare_tables(database, name, expected):
    for table, keys in KEYS.items():
        sql = f"select * from {table} where experiment = ?"
        if table == "per_class":
            sql = "select * from per_class where job in (select job from experiments natural join member_jobs where experiment = ?)"
        rows = [dict(row) for row in database.execute(sql, (name,))]
        result, ignored = Table(table), {"experiment", "program"}
        if table == "axis_summary":
            by_forest = [row for row in rows if row["forest_explains"] is not None]
            result.left_out = 2 * len(by_forest)
            ignored |= {"share", "forest_explains"} if by_forest else set()
        result.compare(rows, expected.tables[table], keys, ignored)
        yield result


def compare_files(folder, expected):
    keys = dict(leaderboard=["id"], comparisons=["first", "second"], evaluations=["job", "part"])
    for name in keys:
        with open(folder / f"{name}.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        result = Table(f"{name}.csv")
        result.compare(rows, getattr(expected, f"{name}_csv")(), keys[name])
        yield result


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    name, folder = sys.argv[2], pathlib.Path(sys.argv[3])
    if not database.execute("select 1 from answers where experiment = ?", (name,)).fetchone():
        sys.exit(f"the database has no answers of {name}: `convsweep rebuild` makes them")
    expected = Expected(database, name)
    tables = [*compare_tables(database, name, expected), *compare_files(folder, expected)]
    for table in tables:
        table.show()
    figures, largest = sum(table.figures for table in tables), max(table.largest for table in tables)
    print(f"{name}: {figures} figures, largest relative difference {largest:.1e}")
    sys.exit(any(table.problems for table in tables))


main()
