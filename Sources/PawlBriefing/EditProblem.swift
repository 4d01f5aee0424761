public import PawlCore

/// Why no edits could be made of an agent's reply.
public struct EditProblem: DescribedError, Hashable {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    private enum Kind: Hashable, Sendable {
      case truncated, refused, broken, noEdits, noHypothesis, unknownTool, cutArguments, malformedArguments,
        malformedEdit
      case missingPath, missingFile, searchNotFound, searchAmbiguous, overlap, noChange, malformedBlock, malformedDiff
      case nestedFence, elision, tooManyEdits
    }
    private let kind: Kind
    /// The reply ran into the limit of its tokens.
    public static let truncated = Self(kind: .truncated)
    /// The model would not answer.
    public static let refused = Self(kind: .refused)
    /// What came is no whole answer.
    public static let broken = Self(kind: .broken)
    /// Prose, or nothing.
    public static let noEdits = Self(kind: .noEdits)
    public static let noHypothesis = Self(kind: .noHypothesis)
    public static let unknownTool = Self(kind: .unknownTool)
    /// The JSON of a tool call ends in the middle.
    public static let cutArguments = Self(kind: .cutArguments)
    /// A tool call's arguments are no JSON, or not what the tool takes.
    public static let malformedArguments = Self(kind: .malformedArguments)
    /// An edit has no form, or several, or two edits of one file exclude each other.
    public static let malformedEdit = Self(kind: .malformedEdit)
    /// It is not said which file is meant.
    public static let missingPath = Self(kind: .missingPath)
    /// A change of a file that is not among the editable ones, or a new file where one is.
    public static let missingFile = Self(kind: .missingFile)
    public static let searchNotFound = Self(kind: .searchNotFound)
    public static let searchAmbiguous = Self(kind: .searchAmbiguous)
    public static let overlap = Self(kind: .overlap)
    public static let noChange = Self(kind: .noChange)
    public static let malformedBlock = Self(kind: .malformedBlock)
    public static let malformedDiff = Self(kind: .malformedDiff)
    /// A fence inside of a file's content, where its end cannot be told.
    public static let nestedFence = Self(kind: .nestedFence)
    /// A remark in the place of code that was left out.
    public static let elision = Self(kind: .elision)
    public static let tooManyEdits = Self(kind: .tooManyEdits)
  }
  /// What kind of failure this is. Branch on this, never on `message`.
  public let code: Code
  public let message: String
  /// What the agent is told besides, whole sentences; what it quotes is delimited. May be empty.
  public let advice: String
  public var hints: [String] { [] }
  public var cause: (any Error)? { nil }

  init(_ code: Code, _ message: String, advice: String = "") {
    self.code = code
    self.message = message
    self.advice = advice
  }
}
