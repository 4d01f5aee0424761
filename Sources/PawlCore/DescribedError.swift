/// What every error of a Pawl module has in common, so that one place can render them all.
public protocol DescribedError: Error, Sendable {
  /// A lowercase fragment with the value in backticks, fit to follow "error: ".
  var message: String { get }
  /// What the user can do next; each names a command or key that exists.
  var hints: [String] { get }
  /// What failed underneath, if anything.
  var cause: (any Error)? { get }
}
