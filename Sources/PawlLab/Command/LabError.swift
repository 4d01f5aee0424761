/// How `pawl-lab` and the programs that it starts end.
enum ExitCode: Int32 {
  /// The run ended and its metric was printed.
  case success = 0
  /// Something that the lab needs is missing or broken: a file, the compiler, the text.
  case cannotRun = 1
  /// The command line is wrong.
  case usage = 2
  /// `train.swift` does not compile.
  case compileFailed = 3
  /// `train.swift` refused its own settings, crashed, or its loss is not a number.
  case trainingFailed = 4
  /// The wall clock ran out.
  case outOfTime = 5
  /// What the trained model predicts is no probability distribution, or depends on the future.
  case invalidPredictions = 6
}

/// A failure of the lab, with what the user can do next.
struct LabError: Error, Sendable {
  /// A closed set of kinds, open to growth.
  struct Code: Sendable, Hashable {
    let exit: ExitCode
    static let cannotRun = Self(exit: .cannotRun)
    static let usage = Self(exit: .usage)
    static let compileFailed = Self(exit: .compileFailed)
    static let trainingFailed = Self(exit: .trainingFailed)
    static let outOfTime = Self(exit: .outOfTime)
    static let invalidPredictions = Self(exit: .invalidPredictions)
  }
  let code: Code
  /// A lowercase fragment that fits after "error: ".
  let message: String
  /// What the user can do next, each rendered as "hint: …".
  let hints: [String]

  init(_ code: Code, _ message: String, hints: [String] = []) {
    self.code = code
    self.message = message
    self.hints = hints
  }
}
