internal import PawlCore
internal import PawlRefereeProtocol
internal import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Lets a model write: asks it for what comes next, draws a byte from its answer, and asks again.
package struct Sampling {
  package var candidate: Candidate
  package var isolation: TrainingRun.Isolation
  /// Bytes in a window.
  package var context: Int
  package var seed: UInt64
  /// What the text begins with; at least one byte.
  package var prompt: [UInt8]
  /// Bytes to draw.
  package var count: Int
  /// Divides the logarithms: below 1 likely bytes come more often, at 0 the likeliest always.
  package var temperature: Double
  /// Given each byte as it is drawn.
  package var write: (UInt8) -> Void

  package init(
    _ candidate: Candidate, isolation: TrainingRun.Isolation, context: Int, seed: UInt64, prompt: [UInt8], count: Int,
    temperature: Double, write: @escaping (UInt8) -> Void
  ) {
    self.candidate = candidate
    self.isolation = isolation
    self.context = context
    self.seed = seed
    self.prompt = prompt.isEmpty ? [UInt8(ascii: "\n")] : prompt
    self.count = count
    self.temperature = temperature
    self.write = write
  }

  /// Runs the candidate, which has loaded its parameters, until all bytes are drawn.
  package func execute(hardSeconds: Double) throws(LabError) {
    let scribe = try Scribe(self)
    // What the program prints is no part of the text.
    let confinement = Confinement(candidate: candidate, isolation: isolation, hardSeconds: hardSeconds, output: 2)
    let run = try confinement.run(scribe)
    if let failure = scribe.failure { throw failure }
    if let failure = confinement.failure(of: run) { throw failure }
    guard scribe.isDone else { throw LabError(.trainingFailed, "the candidate ended before the text was whole") }
  }

  /// Draws a byte from 256 logarithms of probabilities.
  ///
  /// - Parameter unit: a number from 0 up to 1 that decides.
  static func draw(_ logarithms: [Float], temperature: Double, unit: Double) -> UInt8 {
    let most = logarithms.max() ?? 0
    guard temperature > 0 else { return UInt8(truncatingIfNeeded: logarithms.firstIndex(of: most) ?? 0) }
    let weights = logarithms.map { exp(Double($0 - most) / temperature) }
    var left = unit * weights.reduce(0, +)
    for (byte, weight) in weights.enumerated() {
      left -= weight
      if left < 0 { return UInt8(truncatingIfNeeded: byte) }
    }
    return UInt8(truncatingIfNeeded: logarithms.firstIndex(of: most) ?? 0)
  }
}

/// The writing side of the talk: one question for each byte.
private final class Scribe: Companion {
  private let sampling: Sampling
  private var reader: FrameReader
  private let link: Link
  private var isTrained = false
  private var text: [UInt8]
  private var generator: SeededGenerator
  private var drawn = 0
  private(set) var failure: LabError?

  var isDone: Bool { drawn >= sampling.count }

  init(_ sampling: Sampling) throws(LabError) {
    self.sampling = sampling
    text = sampling.prompt
    generator = SeededGenerator(seed: sampling.seed)
    reader = FrameReader(largest: max(4096, sampling.context * 1024))
    link = try Link()
    var hello = Hello(context: sampling.context, windows: 1, seed: sampling.seed)
    hello.steps = 1
    link.send(hello.frame)
  }

  var channel: (reading: Int32, writing: Int32) { link.channel }
  var descriptor: Int32 { link.descriptor }

  func commandHasBegun() { link.handOver() }

  func attend(isReady: Bool, spent: () -> Spent) -> Double? {
    link.flush()
    if isReady && descriptor >= 0 {
      guard link.fill(&reader) == .more else {
        link.stopListening()
        return 3600
      }
      do throws(ProtocolError) {
        while let message = try reader.next() { try handle(message) }
      } catch {
        failure = LabError(.trainingFailed, error.message)
        link.stopListening()
        return nil
      }
    }
    return link.unsent > 0 ? Link.retry : 3600
  }

  private func handle(_ message: FrameReader.Message) throws(ProtocolError) {
    switch message.kind {
    case .progress: return
    case .trained where !isTrained: isTrained = true
    // One question is under way from `trained` to the last byte, and nobody can have read it before it was sent.
    case .predictions
    where isTrained && !isDone && link.unsent == 0 && message.payload.count == sampling.context * 1024:
      let row = min(text.count, sampling.context) - 1
      let logarithms = (0..<256).map {
        message.payload.loadUnaligned(fromByteOffset: 1024 * row + 4 * $0, as: Float.self)
      }
      guard logarithms.allSatisfy({ !$0.isNaN }) else { throw ProtocolError("the model predicts what is no number") }
      let byte = Sampling.draw(logarithms, temperature: sampling.temperature, unit: generator.unit())
      text.append(byte)
      drawn += 1
      sampling.write(byte)
    default: throw ProtocolError("the candidate sent a message out of turn")
    }
    if isDone { link.stopAsking() } else { ask() }
  }

  private func ask() {
    var window = Array(text.suffix(sampling.context))
    // What follows the last byte is not looked at, for a row depends on the bytes up to its own.
    window += [UInt8](repeating: 0, count: sampling.context - window.count)
    link.send(Frame(.windows, window))
  }
}
