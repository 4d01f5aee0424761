public import PawlCore

/// A file of documents that cannot be read, written or believed.
public struct DocumentsError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    private enum Kind: Hashable, Sendable { case unreadable, malformed, altered, unwritable }
    private let kind: Kind
    /// A file that is missing or cannot be read.
    public static let unreadable = Self(kind: .unreadable)
    /// A line that is no document, or a file cut short.
    public static let malformed = Self(kind: .malformed)
    /// A stored file whose content is not what its name says.
    public static let altered = Self(kind: .altered)
    /// A file that cannot be written.
    public static let unwritable = Self(kind: .unwritable)
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
