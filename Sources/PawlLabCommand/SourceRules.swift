import PawlReferee

/// What a `train.swift` may not say: the ways around Swift's access control, which keeps a program out of the library's insides.
///
/// They are a fence and no wall: what a candidate computes beside what the library counts is bounded by the referee's clock.
enum SourceRules {
  private static let refused = [
    "@_", "@testable", "@c(", "@cdecl", "CPawlKernels", "PawlRefereeProtocol", "dlsym", "dlopen", "posix_spawn",
    "syscall",
    "mprotect",
  ]

  /// Throws, naming the line, when a source uses what is refused.
  static func check(_ source: [UInt8], name: String) throws(LabError) {
    let code = joined(String(decoding: source, as: UTF8.self))
    for word in refused {
      guard let place = code.firstRange(of: word) else { continue }
      let line = code[..<place.lowerBound].count { $0.isNewline } + 1
      throw LabError(
        .compileFailed, "`\(name)` line \(line) uses `\(word)`, which a candidate may not",
        hints: ["state the model with what `import PawlLab` gives; `program.md` lists it"])
    }
  }

  /// Takes out the space and the comments behind each `@`: an attribute may stand apart from its sign.
  private static func joined(_ text: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let first = rest.popFirst() {
      result.append(first)
      if first == "@" { rest = rest.drop { $0.isWhitespace } }
      while result.last == "@", rest.hasPrefix("/*") || rest.hasPrefix("//") {
        let end = rest.hasPrefix("//") ? rest.firstIndex { $0.isNewline } : rest.firstRange(of: "*/")?.upperBound
        rest = end.map { rest[$0...] } ?? ""
        rest = rest.drop { $0.isWhitespace }
      }
    }
    return result
  }
}
