#!/usr/bin/env python3
"""make_documents.py FOLDER DOCUMENTS [SEED]: what the stage `filter` reads, with planted duplicates, near duplicates and evaluation text.

Documents of about 500 bytes whose words are drawn from a vocabulary of 50,000 by Zipf's law. Of each hundred, two are exact duplicates of an
earlier document (spaces changed), three near duplicates (words replaced so that the Jaccard likeness over shingles of five words is known:
it is written to truth.jsonl), two are as unlike (likeness 0.3 to 0.6: what must not be dropped), and one in a thousand holds 60 words of the
held file in another case and spacing.
"""
import bisect
import itertools
import json
import os
import random
import sys

folder, count = sys.argv[1], int(sys.argv[2])
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
os.makedirs(folder, exist_ok=True)

letters = "etaoinshrdlucmfwypvbgkjqxz"
vocabulary = []
for rank in range(50_000):
    size = 2 + min(9, int(rng.expovariate(0.35)))
    vocabulary.append("".join(rng.choices(letters, range(26, 0, -1), k=size)))
weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(50_000)))
total = weights[-1]
# Drawn once and cut anywhere: drawing each word anew takes minutes for a million documents.
pool = rng.choices(vocabulary, cum_weights=weights, k=4_000_000)


def words(size):
    """So many words by Zipf's law: runs of 3 words of the pool, so that two documents share hardly a shingle."""
    out = []
    while len(out) < size:
        start = rng.randrange(len(pool) - 3)
        out += pool[start:start + 3]
    return out[:size]


def shingles(text):
    return {tuple(text[i:i + 5]) for i in range(len(text) - 4)}


def changed(text, low, high):
    """A copy whose likeness to `text` lies between `low` and `high`, and the likeness."""
    whole = shingles(text)
    while True:
        copy = list(text)
        while True:
            copy[rng.randrange(len(copy))] = rng.choice(vocabulary)
            other = shingles(copy)
            likeness = len(whole & other) / len(whole | other)
            if likeness <= high:
                break
        if likeness >= low:
            return copy, likeness


held = [words(80) for _ in range(500)]
with open(f"{folder}/held-0.txt", "w") as out:
    for text in held:
        out.write(" ".join(text[:40]) + "\n" + " ".join(text[40:]) + "\n\n")

recent, size = [], 0
with open(f"{folder}/made.jsonl", "w") as out, open(f"{folder}/truth.jsonl", "w") as truth:
    for index in range(count):
        kind, likeness, of = "plain", None, None
        draw = rng.random()
        if recent and draw < 0.02:
            kind, (of, text) = "exact", rng.choice(recent)
            joined = "  ".join(text) + " "
        elif recent and draw < 0.05:
            kind, (of, text) = "near", rng.choice(recent)
            text, likeness = changed(text, 0.85, 0.98)
            joined = " ".join(text)
        elif recent and draw < 0.07:
            kind, (of, text) = "unlike", rng.choice(recent)
            text, likeness = changed(text, 0.3, 0.6)
            joined = " ".join(text)
        elif draw < 0.071:
            kind, text = "leak", words(30)
            at = rng.randrange(21)
            leak = [word.upper() if rng.random() < 0.3 else word for word in rng.choice(held)[at:at + 60]]
            text = text[:15] + leak + text[15:]
            joined = "\n".join(" ".join(text[i:i + 7]) for i in range(0, len(text), 7))
        else:
            text = words(rng.randrange(60, 120))
            joined = " ".join(text)
            if rng.random() < 0.02:
                # Spread over the whole file, so that a duplicate may be far from its original.
                if len(recent) < 20_000:
                    recent.append((f"g1-{index}", text))
                else:
                    recent[rng.randrange(len(recent))] = (f"g1-{index}", text)
        source = {"kind": "model", "model": "0" * 64, "prompt": joined[:16], "seed": index, "generation": 1, "filters": []}
        line = json.dumps({"id": f"g1-{index}", "text": joined, "source": source, "fields": {}}, separators=(",", ":"))
        size += len(line) + 1
        out.write(line + "\n")
        if kind != "plain":
            truth.write(json.dumps({"id": f"g1-{index}", "kind": kind, "of": of, "likeness": likeness}) + "\n")
rule = {
    "real": "real.jsonl", "held": ["held-0.txt"], "model": "model", "start": "scratch", "stages": {}, "budget": {"log": 16777216},
    "making": {"documents": count, "samples": 1, "promptBytes": 16, "temperature": 1, "aim": 0},
    "filters": {"exact": True, "near": 0.8, "overlap": 50},
    "mix": {"keep": "accumulate", "floor": 0.5, "made": 0.3}, "watch": {"alpha": 0.01, "splits": 10}, "control": True,
}
with open(f"{folder}/recipe.json", "w") as out:
    json.dump(rule, out)
print(f"{count} documents, {size / 1e6:.0f} MB")
