#!/usr/bin/env python3
"""check_filter.py INPUT OUTPUT: what the filters found of what make_documents.py planted, and what they dropped that nobody planted."""
import collections
import json
import sys

folder, output = sys.argv[1:]
truth = {}
for line in open(f"{folder}/truth.jsonl"):
    row = json.loads(line)
    truth[row["id"]] = (row["kind"], row["likeness"])
dropped = {}
for line in open(f"{output}/dropped.jsonl"):
    row = json.loads(line)
    dropped[row["id"]] = row["filter"]

report = json.load(open(f"{output}/filter.json"))
print(json.dumps(report))
planted, found = collections.Counter(), collections.Counter()
for name, (kind, likeness) in truth.items():
    group = kind if kind != "near" else "near %.2f+" % (0.85 if likeness < 0.9 else 0.9 if likeness < 0.95 else 0.95)
    planted[group] += 1
    # A copy of a copy is dropped by whichever filter comes first.
    wanted = {"exact": {"exact"}, "near": {"near", "exact"}, "leak": {"overlap"}, "unlike": {"near", "exact", "overlap"}}[kind]
    found[group] += dropped.get(name) in wanted
for group in sorted(planted):
    word = "dropped wrongly" if group == "unlike" else "found"
    print(f"{group:12} {planted[group]:7} planted, {found[group]:7} {word} ({100 * found[group] / planted[group]:.3f} %)")
plain = report["documents"] - len(truth)
wrong = sum(name not in truth for name in dropped)
print(f"{'plain':12} {plain:7} documents, {wrong:7} dropped wrongly ({100 * wrong / max(1, plain):.4f} %)")
failed = planted["exact"] != found["exact"] or planted["leak"] != found["leak"]
sys.exit("a planted duplicate or leak was not found" if failed else 0)
