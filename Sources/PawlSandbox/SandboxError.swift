public import PawlCore

/// A failure of the sandbox itself; how a command ends is an `Outcome`, not an error.
public struct SandboxError: DescribedError, CustomStringConvertible {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable, Sendable { case unavailable, resources, log, command }
    let kind: Kind
    /// The study asks for more isolation than this host gives.
    public static let unavailable = Self(kind: .unavailable)
    /// The system had no descriptors, memory or processes left for the sandbox's own needs.
    public static let resources = Self(kind: .resources)
    /// The log file could not be made.
    public static let log = Self(kind: .log)
    /// The command names a path that no sandbox can be made for.
    public static let command = Self(kind: .command)
  }
  /// What kind of failure this is. Branch on this, never on `message`.
  public let code: Code
  public let message: String
  public let hints: [String]
  public let cause: (any Error)?
  public var description: String { message }

  init(_ code: Code, _ message: String, hints: [String] = [], errno number: Int32? = nil) {
    self.code = code
    self.message = message
    self.hints = hints
    cause = number.map(SystemError.init)
  }
}

/// What a system call said.
struct SystemError: Error, CustomStringConvertible {
  let number: Int32
  var description: String { systemMessage(number) }
}
