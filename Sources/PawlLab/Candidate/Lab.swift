internal import PawlRefereeProtocol

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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
  public struct Batch {
    public let inputs: Bytes
    public let targets: Bytes
    /// Bytes of a window.
    public let length: Int
  }

  /// A model's size that suits the rung: a candidate may choose another one.
  public struct Size: Sendable {
    public let depth: Int
    public let width: Int
    public let heads: Int
  }

  /// Bytes in a window of held-out text: a model must predict for windows of this length.
  public let context: Int
  /// The seed of this attempt.
  public let seed: UInt64
  /// Which scale this is: 1 for the smallest.
  public let rung: Int
  public let size: Size
  /// Threads that train.
  public let threads: Int
  /// What the operands of matrix products are rounded to.
  public var precision = Precision.bfloat16
  /// The most windows in one question.
  private let windows: Int
  private let text: MappedText
  private var budget: Budget
  private var generator: Generator
  private let crew = Crew.shared
  /// Parameters to load instead of training; nil to train.
  private let checkpoint = environment("PAWL_LAB_LOAD")
  private var workers: [TrainingWorker] = []
  private var step = 0
  private var tokens = 0
  private var loss = 0.0
  private var reported = -1
  /// Whether no gradients have flowed in this step yet.
  private var isNewStep = true

  /// Waits for the referee's greeting; nil when something else comes.
  private static func readHello() -> Hello? {
    var reader = FrameReader(largest: 4096)
    while reader.fill(from: Channel.requests) == .more {
      guard let message = try? reader.next() else { continue }
      return Hello(Frame(message.kind, Array(message.payload)))
    }
    return nil
  }

  private init(hello: Hello, text: MappedText, rung: Int, size: Size) {
    self.text = text
    self.rung = rung
    self.size = size
    context = hello.context
    windows = hello.windows
    seed = hello.seed
    threads = crew.count
    budget = Budget(hello)
    generator = Generator(seed: seed ^ 0x5eed_da7a)
  }

  /// Connects to the frozen side; ends the program when `pawl-lab` did not start it.
  public static func start() -> Lab {
    let hint = "start this with `pawl-lab run train.swift`"
    guard let path = environment("PAWL_LAB_TEXT") else { refuse("`PAWL_LAB_TEXT` is not set; \(hint)") }
    let size = (environment("PAWL_LAB_SIZE") ?? "3,64,4").split(separator: ",").map { Int($0) ?? 0 }
    guard size.count == 3, size.allSatisfy({ $0 > 0 }) else {
      refuse("`PAWL_LAB_SIZE` is not `depth,width,heads`; \(hint)")
    }
    guard let hello = readHello() else { refuse("the referee sent no greeting; \(hint)") }
    let text = MappedText(path)
    guard text.bytes.count > hello.context + 1 else { refuse("no text for training in `\(path)`") }
    return Lab(
      hello: hello, text: text, rung: environment("PAWL_LAB_RUNG").flatMap { Int($0) } ?? 1,
      size: Size(depth: size[0], width: size[1], heads: size[2]))
  }

  /// Ends the run without a metric, because the settings make no sense together.
  public func fail(_ message: String) -> Never { refuse(message) }

  /// Returns the next step, or nil when the budget cannot pay for another one.
  public func nextStep() -> Step? {
    guard checkpoint == nil, let fraction = budget.next(step: step) else { return nil }
    step += 1
    isNewStep = true
    return Step(number: step, fraction: fraction)
  }

  /// Lets the gradients of the mean loss over windows from random places of the text flow, and returns that loss, in nats.
  ///
  /// A second call in the same step adds to the gradients of the first one.
  /// The windows are shared out over the threads, a few at a time, so `loss` runs on several threads at once: it may read what it
  /// likes, and must change nothing. Ends the run when the loss is not a number.
  /// - Parameters:
  ///   - sequences: windows, 1...65,536.
  ///   - length: bytes of a window; nil for ``context``, which is also the most.
  ///   - loss: returns the mean loss of the batch that it is given, such as `model(…).crossEntropy(batch.targets)`.
  @discardableResult
  public func gradients(
    of parameters: Parameters, sequences: Int, length: Int? = nil, _ loss: (_ tape: Tape, _ batch: Batch) -> Tensor
  ) -> Float {
    let length = length ?? context
    guard sequences > 0, sequences <= 1 << 16 else { refuse("a batch of `\(sequences)` sequences is out of range") }
    guard length > 0, length <= context else {
      refuse("windows of `\(length)` bytes are not between 1 and `\(context)`")
    }
    guard parameters.count > 0 else { refuse("the model has no parameters") }
    let kernels = parameters.kernels.with(precision)
    if workers.isEmpty { workers = (0..<crew.count).map { TrainingWorker(text: text.bytes, thread: $0) } }
    for worker in workers { worker.clear() }
    // The first windows to the first thread, and so on.
    let share = (sequences + crew.count - 1) / crew.count
    for index in 0..<sequences {
      workers[index / share].starts.append(generator.below(text.bytes.count - length))
    }
    if isNewStep { for parameter in parameters.all { parameter.weight.clearGradient() } }
    isNewStep = false
    parameters.refreshPacks(kernels)
    crew.run { workers[$0].run(length: length, of: sequences, kernels, loss) }
    for parameter in parameters.all { parameter.weight.takeNoteOfGradient() }
    parameters.gatherGradients()
    tokens += sequences * length
    let mean = workers.reduce(0) { $0 + $1.loss }
    record(Float(mean))
    return Float(mean)
  }

  /// Takes note of a step's loss, in nats; ends the run when it is not a number.
  private func record(_ latest: Float) {
    guard latest.isFinite else {
      refuse("the loss at step `\(step)` is not a number: `\(latest)`; training diverged, try a lower learning rate")
    }
    loss = step <= 1 ? Double(latest) : 0.9 * loss + 0.1 * Double(latest)
    // About fifty points, evenly over the budget.
    let point = Int(budget.fraction(step: step) * 50)
    guard point > reported else { return }
    reported = point
    fflush(nil)
    send(.init(.progress, numbers: [UInt64(step), loss.bitPattern, UInt64(tokens), UInt64(Meter.spent)]))
  }

  /// Hands the model in: answers the frozen side's questions until it has none left, and ends the program.
  ///
  /// - Parameter logits: returns a row of 256 scores for each byte of windows of ``context`` bytes; a row may depend on the bytes
  ///   up to its own, of its own window. It runs on several threads at once.
  public func finish(_ parameters: Parameters, _ logits: (_ tape: Tape, _ windows: Bytes) -> Tensor) -> Never {
    guard parameters.count > 0 else { refuse("the model has no parameters") }
    if let checkpoint { Checkpoint.load(checkpoint, into: parameters) }
    if let path = environment("PAWL_LAB_SAVE") { Checkpoint.save(parameters, to: path) }
    workers = []
    fflush(nil)
    send(
      .init(.trained, numbers: [UInt64(step), UInt64(tokens), UInt64(Meter.spent), UInt64(parameters.count)]))
    let kernels = parameters.kernels.with(precision)
    parameters.refreshPacks(kernels)
    Answers(context: context, windows: windows, crew: crew, kernels: kernels).serve(logits)
  }

  private func send(_ frame: Frame) {
    guard writeAll(frame.bytes, to: Channel.answers) else { refuse("the frozen side is gone") }
  }
}
