public import PawlCore

/// A text or a setting that the tools for documents cannot use.
public struct CorpusError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    private enum Kind: Hashable, Sendable { case malformed, badSetting }
    private let kind: Kind
    /// A line that is no document.
    public static let malformed = Self(kind: .malformed)
    /// A threshold out of its range.
    public static let badSetting = Self(kind: .badSetting)
  }
  /// What kind of failure this is. Branch on this, never on `message`.
  public let code: Code
  public let message: String
  public let hints: [String]
  public let cause: (any Error)?
  package init(_ code: Code, _ message: String, hints: [String] = [], cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.hints = hints
    self.cause = cause
  }
}
