public import PawlCore

/// A judge, or its principles, that cannot be used.
public struct JudgingError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    private enum Kind: Hashable, Sendable {
      case noPrinciples, noBetterThanChance, malformed, tooFew, unreadable, unavailable
    }
    private let kind: Kind
    /// A constitution without a principle.
    public static let noPrinciples = Self(kind: .noPrinciples)
    /// A judge that agrees with labels no more than a coin.
    public static let noBetterThanChance = Self(kind: .noBetterThanChance)
    /// A constitution or a label that cannot be read.
    public static let malformed = Self(kind: .malformed)
    /// Too few labels, pairs or comparisons to say anything.
    public static let tooFew = Self(kind: .tooFew)
    /// A judge whose answers too often cannot be read.
    public static let unreadable = Self(kind: .unreadable)
    /// A judge that gives no answers, or that may not be asked any more.
    public static let unavailable = Self(kind: .unavailable)
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
