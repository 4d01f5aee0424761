#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

internal import PawlRefereeProtocol

/// What `train.swift` gets from the frozen side: text, budget, seed; and where it hands its model in.
public final class Lab {
  /// A step of training.
  public struct Step: Sendable {
    /// Counts from 1.
    public let number: Int
    /// The share of the budget spent before this step, from 0 up to 1.
    public let fraction: Double
  }

  /// Windows of text, one after the other, and for each byte the one that follows.
  public struct Batch: Sendable {
    public let inputs: [UInt8]
    public let targets: [UInt8]
  }

  /// Bytes in a window of validation text: a model must predict for windows of this length.
  public let context: Int
  /// The seed of this attempt.
  public let seed: UInt64
  private let text: [UInt8]
  private let operations: Int
  private let stepLimit: Int
  private var generator: Generator
  private var step = 0
  private var dearest = 0
  private var spentBefore = 0
  private var tokens = 0
  private var loss = 0.0
  private var reported = 0

  private init(text: [UInt8], context: Int, operations: Int, stepLimit: Int, seed: UInt64) {
    self.text = text
    self.context = context
    self.operations = operations
    self.stepLimit = stepLimit
    self.seed = seed
    generator = Generator(seed: seed ^ 0x5eed_da7a)
  }

  /// Connects to the frozen side; ends the program when `pawl-lab run` did not start it.
  public static func start() -> Lab {
    func setting(_ name: String) -> String {
      guard let value = getenv(name) else {
        refuse("`\(name)` is not set; start this with `pawl-lab run train.swift`")
      }
      return String(cString: value)
    }
    guard let context = Int(setting("PAWL_LAB_CONTEXT")), let operations = Int(setting("PAWL_LAB_OPERATIONS")),
      let steps = Int(setting("PAWL_LAB_STEPS")), let seed = UInt64(setting("PAWL_SEED")), context > 0
    else { refuse("the lab's settings are not numbers; start this with `pawl-lab run train.swift`") }
    let path = setting("PAWL_LAB_TEXT")
    guard let text = readWhole(path), text.count > context + 1 else { refuse("no text for training in `\(path)`") }
    return Lab(text: text, context: context, operations: operations, stepLimit: steps, seed: seed)
  }

  /// Ends the run without a metric, because the settings make no sense together.
  public func fail(_ message: String) -> Never { refuse(message) }

  /// Returns the next step, or nil when the budget cannot pay for another one.
  public func nextStep() -> Step? {
    let spent = Meter.spent
    dearest = max(dearest, spent - spentBefore)
    spentBefore = spent
    if stepLimit > 0 && step >= stepLimit { return nil }
    if operations > 0 && step > 0 && spent + dearest > operations { return nil }
    let bySteps = stepLimit > 0 ? Double(step) / Double(stepLimit) : 0
    let byOperations = operations > 0 ? Double(spent) / Double(operations) : 0
    step += 1
    return Step(number: step, fraction: min(1, max(bySteps, byOperations)))
  }

  /// Returns windows of `context` bytes from random places of the training text.
  public func batch(_ sequences: Int) -> Batch {
    guard sequences > 0, sequences <= 1 << 16 else { refuse("a batch of `\(sequences)` sequences is out of range") }
    var inputs: [UInt8] = []
    var targets: [UInt8] = []
    inputs.reserveCapacity(sequences * context)
    targets.reserveCapacity(sequences * context)
    for _ in 0..<sequences {
      let start = generator.below(text.count - context - 1)
      inputs += text[start..<start + context]
      targets += text[start + 1..<start + context + 1]
    }
    tokens += inputs.count
    return Batch(inputs: inputs, targets: targets)
  }

  /// Takes note of a step's loss, in nats; ends the run when it is not a number.
  public func record(loss: Float) {
    guard loss.isFinite else { refuse("the loss at step `\(step)` is not a number: `\(loss)`") }
    self.loss = step <= 1 ? Double(loss) : 0.9 * self.loss + 0.1 * Double(loss)
    // About twenty points, evenly over the budget.
    let share = max(
      operations > 0 ? Double(Meter.spent) / Double(operations) : 0,
      stepLimit > 0 ? Double(step) / Double(stepLimit) : 0)
    guard step == 1 || Int(share * 20) > reported else { return }
    reported = Int(share * 20)
    fflush(nil)
    send(.init(.progress, numbers: [UInt64(step), self.loss.bitPattern, UInt64(tokens), UInt64(Meter.spent)]))
  }

  /// Hands the model in: answers the frozen side's questions until it has none left, and ends the program.
  ///
  /// - Parameter logits: returns a row of 256 scores for each byte of a window; row `i` may depend on bytes 0...i only.
  public func finish(_ parameters: Parameters, _ logits: (_ tape: Tape, _ window: [UInt8]) -> Tensor) -> Never {
    let trained = [UInt64(step), UInt64(tokens), UInt64(Meter.spent), UInt64(parameters.count)]
    send(.init(.trained, numbers: trained))
    let tape = Tape()
    tape.isRecording = false
    var buffer: [UInt8] = []
    while true {
      do throws(ProtocolError) {
        while let frame = try Frame.take(from: &buffer) {
          guard frame.kind == .windows else { continue }
          send(.init(.predictions, predictions(for: frame.payload, tape, logits)))
        }
      } catch { refuse(error.message) }
      guard let more = readSome(Channel.requests) else { refuse("cannot read from the frozen side") }
      if more.isEmpty {
        fflush(nil)
        _exit(0)
      }
      buffer += more
    }
  }

  private func predictions(for windows: [UInt8], _ tape: Tape, _ logits: (Tape, [UInt8]) -> Tensor) -> [UInt8] {
    defer { tape.reset() }
    let scores = logits(tape, windows)
    guard scores.rows == windows.count, scores.columns == 256 else {
      refuse("the model returned `\(scores.rows)` x `\(scores.columns)` scores for `\(windows.count)` bytes")
    }
    return scores.logProbabilities().withUnsafeBytes { Array($0) }
  }

  private func send(_ frame: Frame) {
    guard writeAll(frame.bytes, to: Channel.answers) else { refuse("the frozen side is gone") }
  }
}

/// Returns the bytes of a file; nil when it cannot be read.
private func readWhole(_ path: String) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  while let more = readSome(descriptor) {
    if more.isEmpty { return bytes }
    bytes += more
  }
  return nil
}
