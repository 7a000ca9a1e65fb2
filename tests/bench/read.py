"""Reads the logs of the boots of one initrd and prints their figures as a line of JSON: read.py NAME BYTES LOG."""
import glob
import json
import re
import statistics
import sys

name, size, log = sys.argv[1], int(sys.argv[2]), sys.argv[3]
row = {"name": name, "bytes": size}
for disk in "pristine", "warm", "new-image", "after":
    boots, counts = [], {}
    # Either all of the boots were counted, or the first one of several processors, whose time is not that of the others.
    for path in glob.glob(f"{log}.{disk}.[0-9].count"):
        _, executed, translated = map(int, open(path).read().split())
        counts = {"instructions": executed / 1e6, "translated": translated / 1e3}
    for path in sorted(glob.glob(f"{log}.{disk}.[1-9]")):
        text = open(path, errors="replace").read().replace("\r", "")
        start = re.search(r"bench start (\d+) (\d+)", text)
        finish = re.search(r"bench finish (\d+) (\d+) (-?\d+)", text)
        check = re.search(r"bench check (\d+)", text)
        if not (start and finish and check and check[1] == "1111"):
            sys.exit(f"{name}: the system did not start with its layout; see {path}")
        boot = {"kernel": int(start[1]) / 1e6, "stage": (int(finish[1]) - int(start[1])) / 1e6,
                "memory": (int(start[2]) - int(finish[2])) / 1024, "processes": int(finish[3])}
        report = re.search(r"bench begin report\n(.*?)\nbench end report", text, re.S)
        if report and report[1].strip():
            report = json.loads(report[1])
            boot["verdict"] = report["verdict"]
            boot["phases"] = report["phases"]
            boot["resident"] = report["peakResidentKiB"]
        boots.append(boot)
    if not boots:
        continue
    row[disk] = {key: statistics.median(boot[key] for boot in boots) for key in boots[0] if isinstance(boots[0][key], (int, float))}
    row[disk].update(counts)
    row[disk].update({key: boots[0][key] for key in ("verdict", "phases") if key in boots[0]})
print(json.dumps(row))
