"""26 circles in the unit square."""

import math

# EVOLVE-BLOCK-START
CENTRES = [
    (0.500000, 0.500000),  # 0
    (0.750000, 0.500000),  # 1
    (0.676777, 0.676777),  # 2
    (0.500000, 0.750000),  # 3
    (0.323223, 0.676777),  # 4
    (0.250000, 0.500000),  # 5
    (0.323223, 0.323223),  # 6
    (0.500000, 0.250000),  # 7
    (0.676777, 0.323223),  # 8
    (0.950000, 0.500000),  # 9
    (0.919613, 0.662559),  # 10
    (0.832554, 0.803163),  # 11
    (0.700582, 0.902823),  # 12
    (0.541521, 0.948080),  # 13
    (0.376852, 0.932822),  # 14
    (0.228814, 0.859108),  # 15
    (0.117402, 0.736894),  # 16
    (0.057662, 0.582687),  # 17
    (0.057662, 0.417313),  # 18
    (0.117402, 0.263106),  # 19
    (0.228814, 0.140892),  # 20
    (0.376852, 0.067178),  # 21
    (0.541521, 0.051920),  # 22
    (0.700582, 0.097177),  # 23
    (0.832554, 0.196837),  # 24
    (0.919613, 0.337441),  # 25
]


def construct():
    """Returns 26 circles (x, y, radius): each grows until it meets a side or a neighbour, the ones in the tightest places first."""
    radii = [min(x, y, 1 - x, 1 - y) for x, y in CENTRES]
    order = sorted(range(len(CENTRES)), key=lambda i: min(math.dist(CENTRES[i], CENTRES[j]) for j in range(len(CENTRES)) if j != i))
    for _ in range(4):
        for i in order:
            for j in order:
                distance = math.dist(CENTRES[i], CENTRES[j])
                if i != j and radii[i] + radii[j] > distance:
                    scale = distance / (radii[i] + radii[j])
                    radii[i] *= scale
                    radii[j] *= scale
    # The room that rounding and shrinking left.
    for i in order:
        room = [math.dist(CENTRES[i], CENTRES[j]) - radii[j] for j in order if j != i]
        x, y = CENTRES[i]
        radii[i] = max(0.0, min([x, y, 1 - x, 1 - y] + room) - 1e-12)
    return [(x, y, radius) for (x, y), radius in zip(CENTRES, radii)]
# EVOLVE-BLOCK-END
