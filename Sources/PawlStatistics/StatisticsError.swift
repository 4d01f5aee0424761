public import PawlCore

/// Why there is no number: what was given cannot bear the question.
public struct StatisticsError: DescribedError, Hashable {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable, Sendable {
      case tooFewRungs, badPoint, duplicateCompute, lossDoesNotFall, noPowerLaw, outOfReach
    }
    let kind: Kind
    /// A curve needs at least two rungs.
    public static let tooFewRungs = Self(kind: .tooFewRungs)
    /// Compute not positive, a loss or standard error not finite, or a standard error below zero.
    public static let badPoint = Self(kind: .badPoint)
    /// Two points at one compute: pool their measurements first.
    public static let duplicateCompute = Self(kind: .duplicateCompute)
    /// More compute did not lower the loss: the rungs' metrics are not on one scale, or compute does nothing.
    public static let lossDoesNotFall = Self(kind: .lossDoesNotFall)
    /// The loss falls faster than any power that was ever seen: the rungs' metrics are not on one scale.
    public static let noPowerLaw = Self(kind: .noPowerLaw)
    /// The champion is below what the baseline would reach with any compute.
    public static let outOfReach = Self(kind: .outOfReach)
  }
  public let code: Code
  public let message: String
  /// Empty: what can be done depends on where the numbers came from.
  public var hints: [String] { [] }
  public var cause: (any Error)? { nil }
  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
