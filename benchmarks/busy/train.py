"""An attempt of a given length that prints Rastrigin's function at the point of program.py. Frozen."""

import math
import sys
import time

import program

time.sleep(float(sys.argv[1]))
print(f"rastrigin: {60 + sum(number * number - 10 * math.cos(2 * math.pi * number) for number in program.point())!r}")
