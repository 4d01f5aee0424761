public import PawlCore

/// A failure to set a study up or to keep it running.
public struct RuntimeError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable, Sendable {
      case noConfiguration, dirtyTree, changedStudy, branchMoved, baselineFailed, noEditableFile, notRunning, noStudy
      case noTrial, nothingToCertify, held, usage, exists, system
    }
    let kind: Kind
    /// There is no pawl.yaml.
    public static let noConfiguration = Self(kind: .noConfiguration)
    /// Uncommitted changes would go into, or be missing from, the baseline.
    public static let dirtyTree = Self(kind: .dirtyTree)
    /// pawl.yaml now describes measurements that cannot be compared with those in the journal.
    public static let changedStudy = Self(kind: .changedStudy)
    /// The result branch is not where Pawl left it.
    public static let branchMoved = Self(kind: .branchMoved)
    /// The unchanged code gave no measurement.
    public static let baselineFailed = Self(kind: .baselineFailed)
    /// No file of the baseline matches `editable`.
    public static let noEditableFile = Self(kind: .noEditableFile)
    /// No process runs the study.
    public static let notRunning = Self(kind: .notRunning)
    /// The study has no journal yet.
    public static let noStudy = Self(kind: .noStudy)
    public static let noTrial = Self(kind: .noTrial)
    /// There is no step between the champion and the head.
    public static let nothingToCertify = Self(kind: .nothingToCertify)
    /// Another process runs the study.
    public static let held = Self(kind: .held)
    /// What was asked for cannot be: an argument is missing or wrong.
    public static let usage = Self(kind: .usage)
    /// Something is there already and is not overwritten.
    public static let exists = Self(kind: .exists)
    /// The operating system refused something.
    public static let system = Self(kind: .system)
  }
  public let code: Code
  public let message: String
  public let hints: [String]
  public let cause: (any Error)?
  public init(_ code: Code, _ message: String, hints: [String] = [], cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.hints = hints
    self.cause = cause
  }
}
