/// What the compiler said, cut for someone who has to act on it: errors alone, in order, each with its line of source.
struct CompilerWords {
  /// At most so many lines and bytes are kept.
  static let lines = 40
  static let bytes = 4096
  private static let lineLength = 400

  private struct Diagnostic {
    let isError: Bool
    let isNote: Bool
    var lines: [String]
  }

  /// The errors, and a last line that says what was left out.
  let text: String

  /// - Parameter file: the path that the compiler was given, for which `name` is put.
  init(_ output: String, file: String, name: String) {
    var diagnostics: [Diagnostic] = []
    var opening: [String] = []
    for line in output.replacing(file, with: name).split(whereSeparator: \.isNewline).map(String.init) {
      if let diagnostic = Self.diagnostic(line) {
        diagnostics.append(diagnostic)
      } else if diagnostics.isEmpty {
        opening.append(line)
      } else {
        diagnostics[diagnostics.count - 1].lines.append(line)
      }
    }
    var errors = diagnostics.filter(\.isError).map(\.lines)
    // A compiler that broke down says so in no particular form.
    if errors.isEmpty { errors = [opening + diagnostics.flatMap(\.lines)] }
    var seen: Set<[String]> = []
    errors = errors.filter { seen.insert($0).inserted }
    var kept: [String] = []
    var keptErrors = 0
    for error in errors {
      let room = Self.lines - kept.count
      let lines = Self.cut(keptErrors == 0 ? Array(error.prefix(room)) : error)
      let size = (kept + lines).reduce(0) { $0 + $1.utf8.count + 1 }
      guard lines.count <= room, keptErrors == 0 || size <= Self.bytes else { break }
      kept += lines
      keptErrors += 1
    }
    let notes = diagnostics.count { $0.isNote }
    let warnings = diagnostics.count - notes - diagnostics.count { $0.isError }
    let left = [(errors.count - keptErrors, "error"), (warnings, "warning"), (notes, "note")].filter { $0.0 > 0 }
    if !left.isEmpty {
      kept.append("(left out: \(left.map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: ", ")))")
    }
    text = kept.joined(separator: "\n")
  }

  /// Returns the beginning of a diagnostic: `file:line:column: kind: words`, or `program: error: words`.
  private static func diagnostic(_ line: String) -> Diagnostic? {
    guard let first = line.first, !first.isWhitespace else { return nil }
    for kind in ["error", "warning", "note", "remark"] {
      guard let match = line.firstRange(of: "\(kind): ") else { continue }
      let place = line[..<match.lowerBound]
      guard place.isEmpty || place.hasSuffix(": ") else { continue }
      // A place in a folder that the reader has never seen says no more than the file's name.
      let short = place.split(separator: "/").last.map(String.init) ?? ""
      return Diagnostic(isError: kind == "error", isNote: kind == "note", lines: [short + line[match.lowerBound...]])
    }
    return nil
  }

  /// Shortens long lines, and all of them together.
  private static func cut(_ lines: [String]) -> [String] {
    var left = bytes
    var result: [String] = []
    for line in lines {
      let short = line.utf8.count > lineLength ? String(line.prefix(lineLength / 2)) + " …" : line
      left -= short.utf8.count + 1
      if left < 0 { break }
      result.append(short)
    }
    return result
  }
}
