public import PawlCore

/// Everything that is wrong with one pawl.yaml.
public struct ConfigurationError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    private enum Kind: Hashable, Sendable {
      case badSyntax, tooComplex, unknownKey, duplicateKey, missingKey, wrongType, wrongUnit, badValue, badPattern,
        overlap
    }
    private let kind: Kind
    /// The text is not YAML, or uses parts of YAML that pawl.yaml leaves out (tags, aliases, several documents).
    public static let badSyntax = Self(kind: .badSyntax)
    /// The text is larger or nested deeper than any pawl.yaml.
    public static let tooComplex = Self(kind: .tooComplex)
    public static let unknownKey = Self(kind: .unknownKey)
    public static let duplicateKey = Self(kind: .duplicateKey)
    public static let missingKey = Self(kind: .missingKey)
    /// A list where a text belongs, a text where a number belongs, …
    public static let wrongType = Self(kind: .wrongType)
    /// A time without a unit of time, a size without a unit of size.
    public static let wrongUnit = Self(kind: .wrongUnit)
    /// Of the right type, but out of range or unknown.
    public static let badValue = Self(kind: .badValue)
    /// A metric pattern that is no regular expression, or does not capture one number.
    public static let badPattern = Self(kind: .badPattern)
    /// The same path or glob is both editable and frozen, or editable and in `sandbox.read`.
    public static let overlap = Self(kind: .overlap)
  }

  /// One thing to mend, and where.
  public struct Problem: Sendable, Hashable {
    public let code: Code
    /// Both from 1.
    public let line: Int
    public let column: Int
    /// A lowercase fragment with the value in backticks.
    public let message: String
    public let hint: String?
  }

  /// All problems that were found, in the order of the file; never empty.
  public let problems: [Problem]
  /// The file's name as it was given.
  public let path: String
  public let cause: (any Error)?

  init(_ problems: [Problem], path: String) {
    self.problems = problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    self.path = path
    cause = nil
  }

  /// The first problem's kind. Branch on this, never on `message`.
  public var code: Code { problems.first?.code ?? .badSyntax }

  /// `pawl.yaml:3:5: unknown key …`, one line a problem.
  public var message: String {
    problems.map { "\(path):\($0.line):\($0.column): \($0.message)" }.joined(separator: "\n")
  }

  public var hints: [String] {
    var seen: Set<String> = []
    return problems.compactMap(\.hint).filter { seen.insert($0).inserted }
  }
}
