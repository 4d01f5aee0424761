/// Whether answers come as fast as those of a model that only predicts.
///
/// A candidate whose training goes on after its `trained` message spends that time before an answer. So the first answer, for which a
/// dishonest one would train, may not take much longer than the later ones, and all of them only a fraction of the training: else
/// later answers that are slowed on purpose would pay for the first one.
struct AnswerPace {
  /// What an honest first answer needs once: buffers, kernels chosen, pages touched.
  private let warmUp: Double
  /// For all answers together.
  private let most: Double
  private let words: String
  private let began: Double
  private var first: Double?
  private var last: Double
  private var count = 0

  /// Later answers' time that the first one may take: it meets cold caches and, with a graph to compile, more.
  private static let ratio = 4.0

  /// - Parameters:
  ///   - training: seconds that training took on this clock.
  ///   - extraWarmUp: granted besides, for candidates that compile their model at the first question.
  ///   - isProcessorTime: else it is wall time, where the machine's other work counts and more must be granted.
  init(began: Double, training: Double, extraWarmUp: Double, isProcessorTime: Bool) {
    self.began = began
    last = began
    // A twentieth of the training more buys less than seeds differ by; below half a second clocks and page faults decide.
    warmUp = (isProcessorTime ? 0.5 : 2) + 0.05 * training + extraWarmUp
    // A step of training costs three times an answer to as many bytes, and training takes more bytes than there are questions.
    most = warmUp + max(2, training / 4)
    words = isProcessorTime ? "s of processor time" : "s"
  }

  /// Notes that so much was spent when an answer came; throws when all together took too long.
  mutating func answered(at spent: Double) throws(LabError) {
    count += 1
    if first == nil { first = spent }
    last = spent
    try check(at: spent)
  }

  /// Throws when the answers have taken too long already.
  func check(at spent: Double) throws(LabError) {
    guard spent - began > most else { return }
    throw LabError(
      .outOfTime, "pace check: answering took more than `\(fixed(most, 1))` \(words)",
      hints: [
        "training ends with the `trained` message, and answers may take a quarter of its time: a model that is this slow needs fewer parameters, more training or fewer windows"
      ])
  }

  /// Throws when the first answer stands out.
  func conclude() throws(LabError) {
    guard let first, count > 1 else { return }
    let usual = (last - first) / Double(count - 1)
    let taken = first - began
    guard taken > warmUp + Self.ratio * usual else { return }
    throw LabError(
      .outOfTime,
      "pace check: the first answer took `\(fixed(taken, 2))` \(words), where later ones took `\(fixed(usual, 3))`",
      hints: ["training ends with the `trained` message; what comes after it may only predict"])
  }
}
