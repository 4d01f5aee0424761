/// Text that every match of a regular expression must contain, found without understanding all of it.
///
/// Whatever is not plainly a literal ends the run: groups, classes, escapes of letters, quantified characters. With a top-level
/// `|`, flags or `\Q` nothing is required. A wrong guess would lose the metric, a missed one costs only speed.
struct RequiredLiterals: Sendable {
  /// The longest word that every matching line contains; nil where there is none.
  private(set) var word: [UInt8]?
  /// What a matching line starts with; empty where the pattern is not anchored.
  private(set) var prefix: [UInt8] = []

  init(of pattern: String) {
    let scalars = Array(pattern.unicodeScalars)
    var runs: [[UInt8]] = [[]]
    var isFirstRun = true
    var start: [UInt8] = []
    let isAnchored = scalars.first == "^"
    var index = isAnchored ? 1 : 0
    func endRun() {
      if isFirstRun, isAnchored { start = runs[runs.count - 1] }
      isFirstRun = false
      runs.append([])
    }
    while index < scalars.count {
      var scalar = scalars[index]
      var isLiteral = scalar.isASCII && scalar.value >= 0x20
      switch scalar {
      case "|": return
      case "(":
        guard let end = Self.groupEnd(in: scalars, from: index) else { return }
        // Flags such as `(?i)` reach beyond their parentheses.
        if index + 2 < end, scalars[index + 1] == "?", !":=!<P".unicodeScalars.contains(scalars[index + 2]) { return }
        index = end
        isLiteral = false
      case "[":
        guard let end = Self.classEnd(in: scalars, from: index) else { return }
        index = end
        isLiteral = false
      case "\\":
        guard index + 1 < scalars.count else { return }
        index += 1
        scalar = scalars[index]
        if scalar == "Q" || scalar == "E" { return }
        isLiteral = scalar.isASCII && !scalar.properties.isAlphabetic && !("0"..."9").contains(scalar)
        // `\x41`, `\u{…}`, `\p{…}` carry arguments that would read as literals.
        if "xuUpPNockgK".unicodeScalars.contains(scalar) { return }
      case ".", "^", "$", "*", "+", "?", "{", "}", "#": isLiteral = false
      default: break
      }
      let quantifier = index + 1 < scalars.count ? scalars[index + 1] : " "
      if !isLiteral {
        endRun()
      } else if "*?{".unicodeScalars.contains(quantifier) {
        endRun()
      } else {
        runs[runs.count - 1].append(UInt8(truncatingIfNeeded: scalar.value))
        if quantifier == "+" { endRun() }
      }
      // The count in `a{2}` is no literal.
      if scalars[index] != "{", quantifier == "{" {
        guard let end = scalars[index...].firstIndex(of: "}") else { return }
        index = end
      }
      index += 1
    }
    endRun()
    prefix = start
    // A colour code may stand between words and punctuation, hardly ever inside a word.
    let words = runs.flatMap { run in run.split { !Self.isWordByte($0) }.map(Array.init) }
    let pieces =
      words.contains { $0.count > 1 } ? words : words + runs.flatMap { $0.split(separator: 0x20).map(Array.init) }
    word = pieces.filter { !$0.isEmpty }.max { $0.count < $1.count }
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == 0x5f
  }

  private static func groupEnd(in scalars: [Unicode.Scalar], from open: Int) -> Int? {
    var depth = 0
    var index = open
    while index < scalars.count {
      switch scalars[index] {
      case "\\": index += 1
      case "[":
        guard let end = classEnd(in: scalars, from: index) else { return nil }
        index = end
      case "(": depth += 1
      case ")":
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return nil
  }

  private static func classEnd(in scalars: [Unicode.Scalar], from open: Int) -> Int? {
    var depth = 0
    var index = open
    while index < scalars.count {
      switch scalars[index] {
      case "\\": index += 1
      case "[": depth += 1
      case "]":
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return nil
  }
}
