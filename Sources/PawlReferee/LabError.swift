/// How `pawl-lab` and the programs that it starts end.
package enum ExitCode: Int32, Sendable {
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
package struct LabError: Error, Sendable {
  /// A closed set of kinds, open to growth.
  package struct Code: Sendable, Hashable {
    package let exit: ExitCode
    package static let cannotRun = Self(exit: .cannotRun)
    package static let usage = Self(exit: .usage)
    package static let compileFailed = Self(exit: .compileFailed)
    package static let trainingFailed = Self(exit: .trainingFailed)
    package static let outOfTime = Self(exit: .outOfTime)
    package static let invalidPredictions = Self(exit: .invalidPredictions)
  }
  package let code: Code
  /// A lowercase fragment that fits after "error: ".
  package let message: String
  /// What the user can do next, each rendered as "hint: …".
  package let hints: [String]

  package init(_ code: Code, _ message: String, hints: [String] = []) {
    self.code = code
    self.message = message
    self.hints = hints
  }
}
