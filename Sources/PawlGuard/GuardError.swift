public import PawlCore

/// A rule of the study that cannot be applied as it is written.
public struct GuardError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    private enum Kind: Hashable, Sendable { case badPattern }
    private let kind: Kind
    /// A metric pattern that is no regular expression, or captures more than the number.
    public static let badPattern = Self(kind: .badPattern)
  }
  /// What kind of failure this is. Branch on this, never on `message`.
  public let code: Code
  public let message: String
  public let hints: [String]
  public let cause: (any Error)?
}
