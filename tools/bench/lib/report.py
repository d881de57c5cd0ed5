"""The table of the results, and the same as JSON."""

import json
import os
import statistics
from pathlib import Path

from parts import versions


def seconds(value):
    if value == float("inf"):
        return "no answer"
    return f"{value * 1000:.{1 if value < 0.02 else 0}f} ms" if value < 10 else f"{value:.1f} s"


def per_second(value):
    return f"{value:,.0f}/s"


def number(value):
    return f"{value:,.0f}"


def kilobytes(value):
    return f"{value:.0f} KB"


def per_mille(value):
    return f"{value * 1000:.2f} ‰ of a core"


def megabytes(value):
    return f"{value:.0f} MB"


class Table:
    """Rows of figures, each a median of several, beside a baseline of the same run."""

    def __init__(self):
        self.rows = []

    def slower(self, name, values, against, baseline, unit, most=None, grace=0.0):
        """Adds a figure that must be small: at most `most` times the baseline, plus `grace`."""
        wanted = None if most is None else f"≤ {most:g} ×" + (f" + {seconds(grace)}" if grace else "")
        self.add(name, values, unit, against, baseline, wanted,
                 None if most is None else lambda value, base: value <= most * base + grace)

    def faster(self, name, values, against, baseline, unit, least=None):
        """Adds a figure that must be large: at least `least` times the baseline."""
        self.add(name, values, unit, against, baseline, None if least is None else f"≥ {least:g} ×",
                 None if least is None else lambda value, base: value >= least * base)

    def alone(self, name, values, unit, wanted=None, good=None):
        """Adds a figure without a baseline."""
        self.add(name, values, unit, None, None, wanted, good and (lambda value, _: good(value)))

    def add(self, name, values, unit, against, baseline, wanted, good):
        value = statistics.median(values)
        base = None if baseline is None else statistics.median(baseline)
        row = {"what": name, "median": value, "shown": unit(value), "values": list(values), "baseline": against,
               "baseline_median": base, "baseline_shown": None if base is None else unit(base),
               "ratio": value / base if base else None, "wanted": wanted,
               "met": None if good is None else bool(good(value, base))}
        self.rows.append(row)
        print(f"    {line(row)}", flush=True)

    def markdown(self):
        head = ["| what | median | held against | its median | ratio | wanted | met |", "|---|--:|---|--:|--:|--:|---|"]
        return "\n".join(head + [line(row) for row in self.rows])


def line(row):
    met = {None: "", True: "yes", False: "**no**"}[row["met"]]
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    return (f"| {row['what']} | {row['shown']} | {row['baseline'] or ''} | {row['baseline_shown'] or ''} | {ratio}"
            f" | {row['wanted'] or ''} | {met} |")


def host(product):
    """Describes the host of the run."""
    memory = next(int(l.split()[1]) for l in Path("/proc/meminfo").read_text().splitlines() if l.startswith("MemTotal"))
    model = [l.split(":", 1)[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in l]
    return {"cores": len(os.sched_getaffinity(0)), "processor": model[0] if model else "unknown",
            "memory_gb": round(memory / 1024 / 1024, 1), "load_before": os.getloadavg()[0], **versions(product)}


def write(folder, described, table, failed):
    (folder / "report.json").write_text(json.dumps({"host": described, "failed": failed, "rows": table.rows}, indent=1),
                                        encoding="utf-8")
