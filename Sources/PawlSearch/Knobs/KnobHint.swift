import PawlCore

/// What a comment says of a knob: `pawl: 1e-4...1e-1 log`, `pawl: a | b`, `pawl: fixed`.
enum KnobHint: Equatable {
  case fixed
  case range(Double, Double, log: Bool)
  case powersOfTwo(Double, Double)
  case choices([String])

  /// Returns nil where the comment says nothing of a knob, or nothing that can be understood.
  init?(comment: String) {
    // Only the front matters: a hint is short, and a minified file's line is not.
    let comment = String(comment.prefix(400))
    if let rest = Self.after("pawl:", in: comment) {
      self.init(body: rest)
    } else if let rest = Self.after("range:", in: comment) {
      self.init(range: rest, log: false)
    } else {
      return nil
    }
  }

  private static func after(_ word: String, in comment: String) -> Substring? {
    let bytes = Array(comment.utf8)
    let needle = Array(word.utf8)
    guard bytes.count >= needle.count else { return nil }
    for start in 0...(bytes.count - needle.count) where bytes[start..<start + needle.count].elementsEqual(needle) {
      if start > 0, TokenizedSource.isWord(bytes[start - 1]) { continue }
      return Substring(decoding: bytes[(start + needle.count)...], as: UTF8.self)
    }
    return nil
  }

  private init?(body: Substring) {
    var text = Self.trimmed(body)
    if text.hasSuffix("*/") || text.hasSuffix("]]") || text.hasSuffix("=#") { text = Self.trimmed(text.dropLast(2)) }
    let first = text.prefix { $0.isLetter || $0.isNumber }
    let rest = Self.trimmed(text.dropFirst(first.count))
    switch first {
    case "fixed": self = .fixed
    case "log" where !rest.hasPrefix("|"): self.init(range: rest, log: true)
    case "pow2" where !rest.hasPrefix("|"):
      guard case .range(let low, let high, _)? = KnobHint(range: rest, log: false) else { return nil }
      self = .powersOfTwo(low, high)
    case "choices" where !rest.hasPrefix("|"):
      self.init(choices: rest.first == ":" ? rest.dropFirst() : rest, separator: ",")
    default:
      if text.contains("|") { self.init(choices: text, separator: "|") } else { self.init(range: text, log: false) }
    }
  }

  private init?(choices text: Substring, separator: Character) {
    var choices: [String] = []
    for part in text.split(separator: text.contains("|") ? "|" : separator) {
      var choice = Self.trimmed(part)
      if let quote = choice.first, quote == "\"" || quote == "'", choice.count > 1, choice.last == quote {
        choice = choice.dropFirst().dropLast()
      }
      if !choice.isEmpty, !choices.contains(String(choice)) { choices.append(String(choice)) }
    }
    guard choices.count > 1, choices.count <= 64 else { return nil }
    self = .choices(choices)
  }

  private init?(range text: Substring, log: Bool) {
    let text = Self.trimmed(text)
    var dots = text.startIndex
    while dots < text.endIndex, !text[dots...].hasPrefix("..") { dots = text.index(after: dots) }
    guard dots < text.endIndex else { return nil }
    let upper = Self.trimmed(text[dots...].drop { $0 == "." || $0 == "<" || $0 == "=" })
    let number = upper.prefix { $0.isNumber || "eE+-_.".contains($0) }
    // "0...1." ends a sentence.
    let end = number.last == "." ? number.dropLast() : number
    guard case .some(let low) = Self.number(Self.trimmed(text[..<dots])), case .some(let high) = Self.number(end),
      low < high
    else { return nil }
    let word = Self.trimmed(upper.dropFirst(number.count)).prefix { $0.isLetter }
    self = .range(low, high, log: (log || word == "log") && low > 0)
  }

  private static func number(_ text: Substring) -> Double? {
    switch Literal(String(text))?.value {
    case .integer(let integer): Double(integer)
    case .real(let real): real
    default: nil
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
