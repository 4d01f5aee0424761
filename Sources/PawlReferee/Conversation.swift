import PawlRefereeProtocol

/// The frozen side of the talk with a candidate: what may come when, what to ask next, and what to make of it.
///
/// Pure: bytes and clock readings come in, messages to send come out.
struct Conversation: ~Copyable {
  /// What the candidate has used, at the moment of asking.
  struct Reading {
    var wallSeconds: Double
    /// nil where it cannot be measured.
    var cpuSeconds: Double?
  }

  private enum Stage {
    case training
    case answering
    case done
  }

  private let examination: Examination
  private let budget: TrainingBudget
  private let extraWarmUp: Double
  private var stage = Stage.training
  private var examiner: Examiner
  private var paces: [(pace: AnswerPace, isProcessorTime: Bool)] = []
  private var asked = 0
  private var lines = 0
  private(set) var result = TrainingRun.Result()

  /// A candidate may report its progress for ever, but not fill the disk with it.
  private static let mostLines = 10_000
  /// Questions that a candidate has at a time, so that it never waits for the check of its last answer.
  ///
  /// The first one comes alone: what a candidate could learn from questions must not be in its hands before it has answered any.
  private static let outstanding = 2

  init(_ examination: Examination, budget: TrainingBudget, extraWarmUp: Double = 0) {
    self.examination = examination
    self.budget = budget
    self.extraWarmUp = extraWarmUp
    examiner = Examiner(examination)
  }

  var isDone: Bool { if case .done = stage { true } else { false } }

  /// Throws when a clock has run out.
  func check(_ now: Reading) throws(LabError) {
    guard now.wallSeconds < budget.hardSeconds else {
      throw LabError(
        .outOfTime, "the candidate had not ended after `\(fixed(budget.hardSeconds, 0))` seconds",
        hints: ["make the model cheaper, or raise the limit of wall time"])
    }
    switch stage {
    case .training: try budget.checkClock(wall: now.wallSeconds, cpu: now.cpuSeconds)
    case .answering: for (pace, isCPU) in paces { try pace.check(at: isCPU ? now.cpuSeconds ?? 0 : now.wallSeconds) }
    case .done: break
    }
  }

  /// Takes a message in; returns what to send, and what the candidate reports.
  ///
  /// - Parameter unsent: messages that have not wholly gone out yet, which nobody can have answered.
  mutating func receive(
    _ message: FrameReader.Message, _ now: Reading, unsent: Int = 0
  ) throws(LabError) -> (questions: [Frame], progress: Progress?) {
    switch (message.kind, stage) {
    case (.progress, .training):
      let numbers = try numbers(message)
      lines += 1
      guard lines <= Self.mostLines else { return ([], nil) }
      let progress = Progress(
        step: Int(clamping: numbers[0]), loss: Double(bitPattern: numbers[1]), tokens: Int(clamping: numbers[2]),
        operations: Int(clamping: numbers[3]), seconds: now.wallSeconds)
      return ([], progress)
    case (.trained, .training):
      try finishTraining(try numbers(message).map { Int(clamping: $0) }, now)
      return (ask(1), nil)
    case (.predictions, .answering) where examiner.answered < asked - unsent:
      for index in paces.indices {
        try paces[index].pace.answered(at: paces[index].isProcessorTime ? now.cpuSeconds ?? 0 : now.wallSeconds)
      }
      try examiner.mark(message.payload)
      if examiner.isDone {
        result.bitsPerByte = try examiner.conclude()
        for (pace, _) in paces { try pace.conclude() }
        result.answeringSeconds = now.wallSeconds - result.trainingSeconds
        stage = .done
      }
      return (ask(Self.outstanding - (asked - examiner.answered)), nil)
    default:
      throw LabError(.trainingFailed, "the candidate sent a message out of turn")
    }
  }

  private func numbers(_ message: FrameReader.Message) throws(LabError) -> [UInt64] {
    let numbers = message.numbers
    guard numbers.count >= 4 else { throw LabError(.trainingFailed, "the candidate sent a message that is too short") }
    return numbers
  }

  private mutating func finishTraining(_ claims: [Int], _ now: Reading) throws(LabError) {
    try budget.checkClock(wall: now.wallSeconds, cpu: now.cpuSeconds)
    try budget.checkClaims(steps: claims[0], operations: claims[2])
    (result.steps, result.tokens, result.operations, result.parameters) = (claims[0], claims[1], claims[2], claims[3])
    (result.trainingSeconds, result.trainingCPUSeconds) = (now.wallSeconds, now.cpuSeconds)
    // The clock that limits the training, and processor time in any case: a load on the machine does not move it.
    if budget.wallSeconds != nil || now.cpuSeconds == nil {
      paces.append(
        (
          AnswerPace(
            began: now.wallSeconds, training: now.wallSeconds, extraWarmUp: extraWarmUp, isProcessorTime: false), false
        ))
    }
    if let cpu = now.cpuSeconds {
      paces.append(
        (AnswerPace(began: cpu, training: cpu, extraWarmUp: extraWarmUp, isProcessorTime: true), true))
    }
    stage = .answering
  }

  private mutating func ask(_ count: Int) -> [Frame] {
    let until = min(asked + count, examination.questions)
    defer { asked = until }
    return (asked..<until).map { Frame(.windows, examination.payload(of: $0)) }
  }

  /// Seconds until a clock may have run out.
  func secondsToNextLook(_ now: Reading, cores: Int) -> Double {
    if case .training = stage {
      return budget.secondsToNextLook(wall: now.wallSeconds, cpu: now.cpuSeconds, cores: cores)
    }
    return max(0.001, min(0.5, budget.hardSeconds - now.wallSeconds))
  }
}
