public import PawlCore

/// Data from which drift cannot be told.
public struct DriftError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    private enum Kind: Hashable, Sendable { case tooFew, badSetting }
    private let kind: Kind
    /// Too few documents or canaries for the figure that was asked for.
    public static let tooFew = Self(kind: .tooFew)
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
