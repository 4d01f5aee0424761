#!/usr/bin/env python3
"""peer_datasketch.py INPUT OUTPUT DOCUMENTS: the same job by datasketch (PyPI), and where the stage `filter` came to another result.

Exact duplicates by a set of texts whose spaces are collapsed, near ones by MinHashLSH with 128 permutations over shingles of five lower-cased
words, verified by the estimate; then, for each near duplicate on which the two disagree, the true Jaccard likeness.
"""
import json
import sys
import time

from datasketch import MinHash, MinHashLSH

folder, output, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
texts, size = {}, 0
began = time.perf_counter()
lsh, seen, signatures, exact, near = MinHashLSH(threshold=0.8, num_perm=128), set(), {}, set(), {}
with open(f"{folder}/made.jsonl") as lines:
    for number, line in enumerate(lines):
        if number == count:
            break
        size += len(line)
        row = json.loads(line)
        words = row["text"].lower().split()
        key = " ".join(row["text"].split())
        texts[row["id"]] = words
        if key in seen:
            exact.add(row["id"])
            continue
        seen.add(key)
        signature = MinHash(num_perm=128)
        signature.update_batch([" ".join(words[i:i + 5]).encode() for i in range(len(words) - 4)])
        alike = [(signature.jaccard(signatures[name]), name) for name in lsh.query(signature)]
        best = max(alike, default=(0, None))
        if best[0] >= 0.8:
            near[row["id"]] = best[1]
            continue
        lsh.insert(row["id"], signature)
        signatures[row["id"]] = signature
seconds = time.perf_counter() - began
print(f"datasketch: {count} documents in {seconds:.1f} s, {size / 1e6 / seconds:.2f} MB/s on one core")


def likeness(first, second):
    one, other = ({tuple(t[i:i + 5]) for i in range(len(t) - 4)} for t in (texts[first], texts[second]))
    return len(one & other) / len(one | other)


ours = {"exact": set(), "near": set()}
why = {}
for line in open(f"{output}/dropped.jsonl"):
    row = json.loads(line)
    if row["id"] in texts and row["filter"] in ours:
        ours[row["filter"]].add(row["id"])
print(f"exact duplicates: {len(exact)} and {len(ours['exact'])}, in both {len(exact & ours['exact'])}")
print(f"near duplicates: {len(near)} and {len(ours['near'])}, in both {len(set(near) & ours['near'])}")
truth = {row["id"]: row for row in map(json.loads, open(f"{folder}/truth.jsonl"))}
for who, names in (("datasketch", set(near) - ours["near"]), ("pawl", ours["near"] - set(near))):
    for name in sorted(names)[:10]:
        of = near.get(name) or truth.get(name, {}).get("of")
        known = f"{likeness(name, of):.3f} like `{of}`" if of in texts else "not planted"
        print(f"only {who} drops `{name}`: {known}")
