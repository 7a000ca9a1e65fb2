"""Prints the figures of read.py as a table, with those of an earlier run: table.py ROWS [EARLIER]."""
import json
import sys

COLUMNS = [("kernel", "kernel ms"), ("stage", "stage ms"), ("instructions", "million instructions"),
           ("translated", "thousand translated"), ("memory", "MiB"), ("processes", "last pid")]


def rows(path):
    return {row["name"]: row for row in map(json.loads, open(path))}


now, before = rows(sys.argv[1]), rows(sys.argv[2]) if len(sys.argv) > 2 else {}
print("each pristine / warm")
print(f"{'':16}" + "".join(f"{title:>24}" for _, title in COLUMNS) + f"{'initrd KiB':>12}")


def line(name, row):
    cells = []
    for key, _ in COLUMNS:
        values = [row[disk].get(key) for disk in ("pristine", "warm")]
        cells.append(" / ".join("-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value) for value in values))
    print(f"{name:16}" + "".join(f"{cell:>24}" for cell in cells) + f"{row['bytes'] / 1024:12.1f}")


for name, row in now.items():
    line(name, row)
    if name in before:
        line("  earlier", before[name])
for name, row in now.items():
    if "phases" in row["warm"]:
        print(f"\n{name} ({row['warm']['verdict']}), phases of the warm boot in ms:")
        for phase, microseconds in row["warm"]["phases"].items():
            print(f"  {phase:24}{microseconds / 1000:8.1f}")
