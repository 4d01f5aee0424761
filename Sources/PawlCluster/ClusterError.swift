public import PawlCore

/// A failure to talk with a scheduler, or the scheduler's refusal; how a job ends is a `JobEnd`, not an error.
public struct ClusterError: DescribedError, CustomStringConvertible {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable, Sendable { case missing, unreachable, limited, refused, unreadable }
    let kind: Kind
    /// The scheduler's programs are not installed here.
    public static let missing = Self(kind: .missing)
    /// It does not answer now.
    public static let unreachable = Self(kind: .unreachable)
    /// A limit on how many jobs there may be: it takes more when some have ended.
    public static let limited = Self(kind: .limited)
    /// It will never take such a job: a partition or account that does not exist, more memory than any node has.
    public static let refused = Self(kind: .refused)
    /// It answered what nobody can read.
    public static let unreadable = Self(kind: .unreadable)
  }
  /// What kind of failure this is. Branch on this, never on `message`.
  public let code: Code
  public let message: String
  public let hints: [String]
  public let cause: (any Error)?
  public var description: String { message }

  public init(_ code: Code, _ message: String, hints: [String] = [], cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.hints = hints
    self.cause = cause
  }

  /// Whether the same may work later, without anybody changing anything.
  public var isPassing: Bool { code == .unreachable || code == .limited }
}
