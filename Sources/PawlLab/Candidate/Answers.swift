internal import PawlRefereeProtocol

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Answers the referee's questions with the trained model.
struct Answers {
  let context: Int
  /// The most windows in one question.
  let windows: Int
  let crew: Crew
  let kernels: Kernels

  /// Answers until the referee closes its end, and ends the program.
  func serve(_ logits: (Tape, Bytes) -> Tensor) -> Never {
    let tapes = (0..<crew.count).map { thread in
      let tape = Tape(kernels: kernels, thread: thread)
      tape.isRecording = false
      return tape
    }
    let most = windows * context
    var reader = FrameReader(largest: most)
    let answer = UnsafeMutableRawBufferPointer.allocate(byteCount: Frame.headerBytes + 1024 * most, alignment: 64)
    while reader.fill(from: Channel.requests) == .more {
      while let question = next(&reader) {
        let length = question.count
        answer.copyBytes(from: Frame.header(.predictions, payloadBytes: 1024 * length))
        predict(question, tapes, into: UnsafeMutableRawBufferPointer(rebasing: answer[Frame.headerBytes...]), logits)
        let message = UnsafeRawBufferPointer(rebasing: answer[..<(Frame.headerBytes + 1024 * length)])
        guard writeAll(message, to: Channel.answers) else { refuse("the referee is gone") }
      }
    }
    fflush(nil)
    _exit(0)
  }

  /// Takes the next question off the pipe, whole windows one after the other; nil when it is not all there yet.
  private func next(_ reader: inout FrameReader) -> UnsafeBufferPointer<UInt8>? {
    do throws(ProtocolError) {
      guard let message = try reader.next() else { return nil }
      guard message.kind == .windows, message.payload.count % context == 0 else {
        refuse("the referee asked for something that is not whole windows")
      }
      return message.payload.bindMemory(to: UInt8.self)
    } catch { refuse(error.message) }
  }

  /// Writes 256 log-probabilities for each byte of the windows, which are shared out over the threads.
  private func predict(
    _ windows: UnsafeBufferPointer<UInt8>, _ tapes: [Tape], into output: UnsafeMutableRawBufferPointer,
    _ logits: (Tape, Bytes) -> Tensor
  ) {
    let count = windows.count / context
    let share = (count + crew.count - 1) / crew.count
    let group = max(1, 256 / context)
    crew.run { thread in
      let last = min(count, (thread + 1) * share)
      for first in stride(from: thread * share, to: last, by: group) {
        let range = first * context..<min(last, first + group) * context
        let scores = logits(tapes[thread], Bytes(.init(rebasing: windows[range]), owner: nil))
        guard scores.rows == range.count, scores.columns == 256 else {
          refuse("the model returned `\(scores.rows)` x `\(scores.columns)` scores for `\(range.count)` bytes")
        }
        guard let place = output.baseAddress.map({ $0 + 1024 * range.lowerBound }) else { return }
        scores.writeLogProbabilities(to: place.assumingMemoryBound(to: Float.self))
        tapes[thread].reset()
      }
    }
  }
}
