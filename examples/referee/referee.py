"""The candidate's side of Pawl's referee protocol, version 1. Copy this file beside your train.py; it needs NumPy only."""
import os
import struct
import sys
import time

import numpy

HELLO, PROGRESS, TRAINED, WINDOWS, PREDICTIONS = 5, 1, 2, 3, 4
READ, WRITE = 3, 4  # the descriptors that `pawl-lab referee` leaves open


class Referee:
    """Knows the budget and its own clock; reports progress; answers questions when training is over.

    context, most_windows, seed, operations, steps, cpu_seconds, wall_seconds are as the referee says; a budget of 0 is none.
    """

    def __init__(self):
        self.began = time.monotonic()
        kind, payload = self._receive()
        if kind != HELLO:
            sys.exit("the referee did not say hello: start this with `pawl-lab referee`")
        numbers = struct.unpack("<9Q", payload[:72])  # a later version may append more
        version, self.context, vocabulary, self.most_windows, self.seed, self.operations, self.steps = numbers[:7]
        self.cpu_seconds, self.wall_seconds = numbers[7] / 1e6, numbers[8] / 1e6
        if version < 1 or vocabulary != 256:
            sys.exit(f"this speaks version 1 with 256 bytes, the referee {version} with {vocabulary}")

    def spent(self, step=0):
        """Returns the share of the budget that is spent, 1 and more when it is time to stop.

        The referee's clock started a little earlier than this one and stops a little later, so 0.15 s are kept back.
        """
        shares = [0.0]
        if self.cpu_seconds:
            shares.append((time.process_time() + 0.15) / self.cpu_seconds)
        if self.wall_seconds:
            shares.append((time.monotonic() - self.began + 0.15) / self.wall_seconds)
        if self.steps:
            shares.append(step / self.steps)
        return max(shares)

    def progress(self, step, loss, tokens, operations=0):
        """Tells of a step: the loss in nats, the bytes trained on so far."""
        self._send(PROGRESS, struct.pack("<QdQQ", step, loss, tokens, operations))

    def answer(self, predict, steps, tokens, parameters, operations=0):
        """Stops the clock, answers all questions and ends the program.

        predict gets a uint8 array (windows, context) and returns float32 (windows, context, 256): natural logarithms of the
        probabilities of the byte after each byte, which may depend on the bytes up to it in its own window and on nothing else.
        """
        self._send(TRAINED, struct.pack("<4Q", steps, tokens, operations, parameters))
        while True:
            kind, payload = self._receive()
            if kind is None:
                sys.exit(0)
            if kind != WINDOWS:
                continue
            windows = numpy.frombuffer(payload, numpy.uint8).reshape(-1, self.context)
            logs = numpy.ascontiguousarray(predict(windows), dtype="<f4")
            if logs.shape != windows.shape + (256,):
                sys.exit(f"predict returned {logs.shape} for {windows.shape}")
            self._send(PREDICTIONS, logs.data.cast("B"))

    @staticmethod
    def _take(count):
        data = bytearray()
        while len(data) < count:
            more = os.read(READ, count - len(data))
            if not more:
                return None
            data += more
        return bytes(data)

    def _receive(self):
        head = self._take(8)
        if head is None:
            return None, b""
        kind, count = struct.unpack("<II", head)
        return kind, self._take(count)

    @staticmethod
    def _send(kind, payload):
        for part in (struct.pack("<II", kind, len(payload)), payload):
            part = memoryview(part)
            while len(part):
                part = part[os.write(WRITE, part):]
