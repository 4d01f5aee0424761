public import PawlCore

/// Why results cannot be audited.
public struct RatchetError: DescribedError {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable, Sendable { case noMeasurement, nothingKept, wrongDirection, badNoise }
    let kind: Kind
    /// No row has a number.
    public static let noMeasurement = Self(kind: .noMeasurement)
    /// Nothing was kept after the first row.
    public static let nothingKept = Self(kind: .nothingKept)
    /// Every kept change made the metric worse.
    public static let wrongDirection = Self(kind: .wrongDirection)
    /// The noise that was given cannot be one.
    public static let badNoise = Self(kind: .badNoise)
  }
  public let code: Code
  public let message: String
  public let hints: [String]
  public var cause: (any Error)? { nil }
  init(_ code: Code, _ message: String, hints: [String] = []) {
    self.code = code
    self.message = message
    self.hints = hints
  }
}
