/// A program that trains and answers, and what it gets from the host.
package struct Candidate: Sendable {
  /// What it sees of the host's files, all of it read-only.
  package enum View: Sendable {
    /// These paths and nothing else.
    case only([String])
    /// All but these files and folders.
    case hostWithout([String])
  }
  /// The program, by its path or its name on PATH, and its arguments.
  package var arguments: [String]
  /// Added to PATH, HOME, TMPDIR and LANG.
  package var environment: [String: String]
  /// Absolute; its working folder, which it may write to.
  package var directory: String
  package var view: View
  /// The most that it may use at any time; nil for three quarters of the machine's memory.
  package var memoryBytes: Int?
  /// What it may add to its folder and to its private /tmp.
  package var diskBytes = 8 << 30
  package var processes = 64
  package var threads: Int

  package init(
    _ arguments: [String], environment: [String: String] = [:], directory: String, view: View, threads: Int
  ) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.view = view
    self.threads = threads
  }
}
