# EVOLVE-BLOCK-START
X1 = 2.9
X2 = -3.7
X3 = 4.1
X4 = -1.8
X5 = 3.3
X6 = -4.6
# EVOLVE-BLOCK-END


def point():
    return [X1, X2, X3, X4, X5, X6]
