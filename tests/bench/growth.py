"""Prints what one more of each kind costs, from the rows of read.py: growth.py ROWS."""
import json
import sys

rows = {row["name"]: row for row in map(json.loads, open(sys.argv[1]))}
kinds = {}
for name in rows:
    kind, size, *floor = name.split("-")
    if not floor:
        kinds.setdefault(kind, []).append(int(size))
BOOTS = [("pristine", "first boot"), ("warm", "later boot"), ("new-image", "new image"), ("after", "boot after it")]

print("millions of instructions in all, and those of one more (in brackets: of floor.c, with a new image of rsync -a)")
for kind, sizes in kinds.items():
    print(f"\n{kind}")
    first = rows[f"{kind}-{sizes[0]}"]
    for size in sizes:
        row, floor = rows[f"{kind}-{size}"], rows.get(f"{kind}-{size}-floor")
        cells = []
        for boot, title in BOOTS:
            if boot not in row:
                continue
            cell = f"{title} {row[boot]['instructions']:.1f}"
            if floor:
                cell += f" [{floor[boot]['instructions']:.1f}]"
            if size != sizes[0]:
                more = size - sizes[0]
                each = (row[boot]["instructions"] - first[boot]["instructions"]) / more
                cell += f", each {each:.3f}"
                if floor:
                    least = (floor[boot]["instructions"] - rows[f"{kind}-{sizes[0]}-floor"][boot]["instructions"]) / more
                    cell += f" [{least:.3f}]"
            cells.append(cell)
        print(f"  {size:>7}: " + "; ".join(cells) + f"; {row['warm']['resident']} KiB resident")
