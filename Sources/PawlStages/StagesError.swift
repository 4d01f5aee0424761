public import PawlCore

/// A stage that cannot do its work.
public struct StagesError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    private enum Kind: Hashable, Sendable { case input, setting, result }
    private let kind: Kind
    /// Something that the stage reads is missing or unfit.
    public static let input = Self(kind: .input)
    /// A setting that the stage cannot follow.
    public static let setting = Self(kind: .setting)
    /// What came out cannot be used.
    public static let result = Self(kind: .result)
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
