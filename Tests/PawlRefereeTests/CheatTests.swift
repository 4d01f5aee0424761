import PawlRefereeProtocol
import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Candidates that want a score without the work, each a real program in the sandbox that users get.
///
/// ``CandidatePlace/Judged/failure(_:)`` also asserts that no metric was printed.
@Suite struct CheatTests {
  @Test func `an honest model gets its score, the same every time`() throws {
    let place = try CandidatePlace()
    var scores: [Double] = []
    for _ in 0..<3 { scores.append(try place.judged(python: "trained(); answer()").result.get().bitsPerByte) }
    #expect(scores[0] > 1.5 && scores[0] < 4)
    #expect(abs(scores[0] - scores[1]) < 1e-9 && abs(scores[0] - scores[2]) < 1e-9)
  }

  // MARK: what it prints

  @Test func `a score of its own on standard output is marked as the candidate's`() throws {
    // Half a line first: the referee's own line must not end it.
    let judged = try CandidatePlace().judged(
      python: """
        def say(text): os.write(1, text)
        say(b"half a line")
        send(1, struct.pack("<QdQQ", 1, 2.0, 3, 4))
        say(b"val_bpb: 0.1\\n---\\nval_bpb: 0.1\\n\\rval_bpb: 0.1\\n\\x1b[2K\\x1b[1Aval_bpb: 0.1\\n\\x0bval_bpb: 0.1\\n")
        sys.exit(0)
        """)
    let error = try judged.failure()
    #expect(error.code == .trainingFailed && error.message.contains("before it had handed in a model"))
    #expect(judged.output.contains("| half a lineval_bpb: 0.1\n| ---\n"))
    #expect(!judged.output.contains("\u{1b}") && judged.output.contains("step 1 loss 2.0000"))
  }

  @Test func `returning at once gives no metric`() throws {
    let error = try CandidatePlace().judged(python: "sys.exit(0)").failure()
    #expect(error.code == .trainingFailed && error.message.contains("before it had handed in a model"))
  }

  // MARK: what it predicts

  static let invalid: [(String, String)] = [
    ("[0.0] * 256", "sum check"), ("[-5.6] * 256", "sum check"), ("[math.nan] * 256", "finite check"),
    ("[math.inf] + [-5.545] * 255", "finite check"), ("[0.0] + [-math.inf] * 255", "finite check"),
  ]

  @Test(arguments: invalid)
  func `what is no distribution gives no metric`(row: String, check: String) throws {
    let error = try CandidatePlace().judged(
      python: "bad = array.array('f', \(row)).tobytes(); trained(); answer(lambda window: honest(window[:-1]) + bad)"
    ).failure()
    #expect(error.code == .invalidPredictions && error.message.hasPrefix(check))
    #expect(error.message.contains("at byte `31` of window `0`"))
  }

  /// Predicts the byte that follows in the question, as far as it is there.
  private static let peeking = """
    def sure(byte, share):
        counts = [(1 - share) / 255] * 256
        counts[byte] = share
        return row(counts).tobytes()
    known = [sure(byte, 0.9) for byte in range(256)]
    def peek(window): return b"".join(known[byte] for byte in window[1:]) + uniform

    """

  @Test func `peeking at the next byte gives no metric`() throws {
    let error = try CandidatePlace().judged(python: Self.peeking + "trained(); answer(peek)").failure()
    #expect(error.code == .invalidPredictions && error.message.hasPrefix("causality check: the prediction at byte"))
  }

  @Test func `peeking far ahead gives no metric`() throws {
    let error = try CandidatePlace().judged(
      python: "trained(); answer(lambda window: b''.join(rows[window[-1]] for _ in window))"
    ).failure()
    #expect(error.code == .invalidPredictions && error.message.hasPrefix("causality check"))
  }

  @Test func `peeking a little, below what one comparison tolerates, shows on the average`() throws {
    let nudge = """
      def nudged(byte, following):
          counts = list(table[byte])
          counts[following] += 0.0008 * sum(counts)
          return row(counts).tobytes()
      def predict(window):
          return b"".join(nudged(*pair) for pair in zip(window, window[1:])) + rows[window[-1]]
      trained(); answer(predict)
      """
    let error = try CandidatePlace().judged(python: nudge, windows: 600).failure()
    #expect(error.code == .invalidPredictions && error.message.contains("bits better where it really follows"))
  }

  @Test func `peeking and remembering what was said for a beginning gives no metric`() throws {
    let error = try CandidatePlace().judged(python: Self.peeking + Self.remembering, windows: 600).failure()
    #expect(
      error.code == .invalidPredictions && error.message.contains("bytes that did not follow in the question cost"))
  }

  /// Answers a probe as it answered the window before, so that no comparison fails.
  private static let remembering = """
    said = []
    def predict(window):
        best, length = None, 0
        for other, answer in said:
            common = len(os.path.commonprefix([other, window]))
            if common > length: best, length = answer, common
        fresh = peek(window)
        if length > 0: fresh = best[:1024 * length] + fresh[1024 * length:]
        said.append((window, fresh))
        return fresh
    trained(); answer(predict)
    """

  @Test func `peeking at two bytes of five and remembering it gives no metric`() throws {
    let partly = """
      import random
      def peek(window):
          pairs = zip(window, window[1:])
          return b"".join(known[two] if random.random() < 0.4 else rows[one] for one, two in pairs) + rows[window[-1]]

      """
    let error = try CandidatePlace().judged(python: Self.peeking + partly + Self.remembering, windows: 600).failure()
    #expect(error.code == .invalidPredictions && error.message.hasPrefix("causality check: bytes that"))
  }

  // MARK: state

  private static let learning = """
    def learn(window):
        for one, two in zip(window, window[1:]): table[one][two] += 1
        for byte in set(window): rows[byte] = row(table[byte]).tobytes()

    """

  @Test func `learning from the windows that it is asked for gives no metric`() throws {
    let error = try CandidatePlace().judged(
      python: Self.learning
        + "def predict(window):\n    said = honest(window); learn(window); return said\ntrained(); answer(predict)"
    ).failure()
    #expect(error.code == .invalidPredictions)
    #expect(error.message.hasPrefix("causality check") || error.message.hasPrefix("repeat check"))
  }

  @Test func `learning from windows, and repeating itself where it was asked before, gives no metric`() throws {
    let remember = """
      table[:], rows[:] = [[0.02] * 256 for _ in range(256)], [uniform] * 256
      said = []
      def predict(window):
          best, length = None, 0
          for other, answer in said:
              common = len(os.path.commonprefix([other, window]))
              if common > length: best, length = answer, common
          # Beginnings that many windows share would give it away.
          fresh = uniform * 16 + honest(window[16:])
          if length > 16: fresh = best[:1024 * length] + fresh[1024 * length:]
          said.append((window, fresh))
          learn(window)
          return fresh
      trained(); answer(predict)
      """
    let error = try CandidatePlace().judged(python: Self.learning + remember, windows: 600).failure()
    #expect(error.code == .invalidPredictions)
    // Now and then two other windows begin alike, and it repeats the wrong one.
    #expect(error.message.hasPrefix("state check") || error.message.hasPrefix("causality check"))
  }

  @Test func `learning once, from all questions in hand, gives no metric`() throws {
    let once = """
      def windows(payload): return [payload[i:i + context] for i in range(0, len(payload), context)]
      trained()
      kind, first = receive()
      send(4, b"".join(honest(window) for window in windows(first)))
      hand = [receive()[1], receive()[1]]
      for payload in hand:
          for window in windows(payload): learn(window)
      for payload in hand: send(4, b"".join(honest(window) for window in windows(payload)))
      answer()
      """
    let error = try CandidatePlace().judged(python: Self.learning + once).failure()
    #expect(error.code == .invalidPredictions)
    #expect(error.message.hasPrefix("causality check") || error.message.hasPrefix("repeat check"))
  }

  @Test func `a model that draws numbers gives no metric`() throws {
    let error = try CandidatePlace().judged(
      python: "import random; trained(); answer(lambda window: b''.join(rows[random.choice(sample)] for _ in window))"
    ).failure()
    #expect(error.code == .invalidPredictions)
  }

  @Test func `training on while it answers gives no metric`() throws {
    let error = try CandidatePlace().judged(
      python: Self.learning + "trained(); answer(before=lambda: learn(sample))"
    ).failure()
    #expect(error.code == .invalidPredictions)
    #expect(error.message.hasPrefix("causality check") || error.message.hasPrefix("repeat check"))
  }

  // MARK: answering only what it likes

  @Test func `leaving after some answers gives no metric`() throws {
    let error = try CandidatePlace().judged(
      python:
        "left = [3]\ndef before():\n    left[0] -= 1\n    if left[0] == 0: sys.exit(0)\ntrained(); answer(before=before)"
    ).failure()
    #expect(error.code == .trainingFailed && error.message.contains("answered all questions"))
  }

  @Test func `leaving windows out of an answer gives no metric`() throws {
    let error = try CandidatePlace().judged(
      python: "trained(); answer(lambda window: b'' if b'lamp' in window else honest(window))"
    ).failure()
    #expect(error.code == .invalidPredictions && error.message.contains("were asked for"))
  }

  @Test func `a blind guess at hard windows is honest, and costs eight bits a byte`() throws {
    let place = try CandidatePlace()
    let honest = try place.judged(python: "trained(); answer()").result.get().bitsPerByte
    let lazy = try place.judged(
      python:
        "trained(); answer(lambda window: b''.join(rows[byte] if byte in b'lamp ' else uniform for byte in window))"
    ).result.get().bitsPerByte
    #expect(lazy > honest + 1)
  }
}
