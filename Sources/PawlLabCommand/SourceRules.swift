import PawlReferee

/// What a `train.swift` may not say: what would let it reach into the library that counts its operations.
///
/// Swift's own access control keeps a program out of the library's insides; these are the ways around it. Words in comments and
/// strings count too, so that nothing has to be parsed to be refused.
enum SourceRules {
  private static let refused: [(word: String, reason: String)] = [
    ("@_", "attributes that begin with an underscore"),
    ("@testable", "`@testable`"),
    ("@c(", "`@c`"),
    ("@cdecl", "`@cdecl`"),
    ("CPawlKernels", "`CPawlKernels`"),
    ("PawlRefereeProtocol", "`PawlRefereeProtocol`"),
    ("dlsym", "`dlsym`"),
    ("dlopen", "`dlopen`"),
    ("posix_spawn", "`posix_spawn`"),
    ("syscall", "`syscall`"),
    ("mprotect", "`mprotect`"),
  ]

  /// Throws, naming the line, when a source uses what is refused.
  static func check(_ source: [UInt8], name: String) throws(LabError) {
    let text = String(decoding: source, as: UTF8.self)
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      for (word, reason) in refused where line.contains(word) {
        throw LabError(
          .compileFailed, "`\(name)` line \(number + 1) uses \(reason), which a candidate may not",
          hints: ["state the model with what `import PawlLab` gives; `program.md` lists it"])
      }
    }
  }
}
