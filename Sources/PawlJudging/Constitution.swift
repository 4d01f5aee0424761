import PawlCore

/// The numbered principles that documents are judged by, out of a Markdown file (Bai et al. 2022, arXiv 2212.08073).
///
/// A principle begins where a line does with its number: `3. Be brief`, `3) Be brief`, `## 3. Be brief`, `**3.** Be brief`, also
/// behind `Principle`. What follows is its text, up to the next number, a heading without one, or a rule (`---`); sub-points
/// belong to it. Lines in front of the first number, comments (`<!-- -->`) and code fences, are for people.
public struct Constitution: Sendable, Codable, Hashable {
  public struct Principle: Sendable, Codable, Hashable {
    public let number: Int
    /// On one line, without Markdown's marks at its beginning.
    public let text: String
    package init(number: Int, text: String) {
      self.number = number
      self.text = text
    }
  }

  /// By their numbers, ascending; never empty.
  public let principles: [Principle]

  /// Throws `noPrinciples` where no line begins with a number, `malformed` where a number comes twice or has no text.
  public init(markdown: String) throws(JudgingError) {
    var found: [(number: Int, line: Int, text: [Substring])] = []
    var isOpen = false
    /// How far in the open principle's number stands.
    var outer = 0
    var isFenced = false
    for (index, raw) in Self.withoutComments(markdown).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      let line = raw.trimmed
      if line.hasPrefix("```") || line.hasPrefix("~~~") {
        isFenced.toggle()
        continue
      }
      if isFenced { continue }
      // A numbered list inside of a principle is a part of it.
      let indent = raw.prefix { $0 == " " || $0 == "\t" }.reduce(0) { $0 + ($1 == "\t" ? 4 : 1) }
      if !isOpen || indent < outer + 2, let (number, rest) = Self.numbered(line) {
        found.append((number, index + 1, [rest]))
        isOpen = true
        outer = indent
      } else if line.hasPrefix("#") || Self.isRule(line) {
        isOpen = false
      } else if isOpen, !line.isEmpty, !found.isEmpty {
        found[found.count - 1].text.append(Self.withoutMark(line))
      }
    }
    guard !found.isEmpty else {
      throw JudgingError(
        .noPrinciples, "the constitution has no numbered principle",
        hints: ["write each principle on a line that begins with its number, as `1. Say only what the text supports.`"])
    }
    var lines: [Int: Int] = [:]
    var principles: [Principle] = []
    for (number, line, parts) in found {
      if let earlier = lines.updateValue(line, forKey: number) {
        throw JudgingError(
          .malformed, "principle `\(number)` comes twice in the constitution: on line \(earlier) and on line \(line)",
          hints: ["give each principle a number of its own; labels name principles by them"])
      }
      let text = parts.map { String($0) }.filter { !$0.isEmpty }.joined(separator: " ")
      guard text.contains(where: { $0.isLetter || $0.isNumber }) else {
        throw JudgingError(
          .malformed, "principle `\(number)` of the constitution, on line \(line), says nothing",
          hints: ["write what it asks for behind its number, or take the number away"])
      }
      principles.append(Principle(number: number, text: text))
    }
    self.principles = principles.sorted { $0.number < $1.number }
  }

  /// Over numbers and texts, not over what only people read: part of a study's identity, for a change is another study.
  public var digest: UInt64 {
    var hash = StableHash()
    hash.add("constitution 1")
    for principle in principles {
      hash.add(UInt64(principle.number))
      hash.add(principle.text)
    }
    return hash.value
  }

  public subscript(number: Int) -> Principle? { principles.first { $0.number == number } }

  /// The principles as a judge is shown them.
  package var text: String { principles.map { "\($0.number). \($0.text)" }.joined(separator: "\n") }

  /// Returns the number that a line begins with, and what follows.
  private static func numbered(_ line: Substring) -> (Int, Substring)? {
    var rest = line.drop { $0 == "#" || $0 == "*" || $0 == "_" || $0 == " " || $0 == "\t" }
    for word in ["Principle ", "principle ", "Article ", "article "] where rest.hasPrefix(word) {
      rest = rest.dropFirst(word.count)
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    // Ten digits and more name no principle.
    guard !digits.isEmpty, digits.count < 10, let number = Int(digits) else { return nil }
    rest = rest.dropFirst(digits.count)
    let marks = rest.prefix { "*_".contains($0) }
    rest = rest.dropFirst(marks.count)
    guard let end = rest.first, ".):".contains(end) else { return nil }
    rest = rest.dropFirst()
    rest = rest.drop { "*_".contains($0) }
    // `1.5 times` is a sentence.
    guard rest.isEmpty || rest.first?.isWhitespace == true else { return nil }
    return (number, rest.trimmed)
  }

  /// Returns a text whose comments are gone, but for their line breaks.
  private static func withoutComments(_ markdown: String) -> String {
    var text = ""
    var rest = markdown[...]
    while let open = rest.firstRange(of: "<!--") {
      text += rest[..<open.lowerBound]
      let inside = rest[open.upperBound...]
      // A comment that never ends is text, as in HTML's rules for Markdown.
      guard let close = inside.firstRange(of: "-->") else { return text + rest[open.lowerBound...] }
      text += String(inside[..<close.lowerBound].filter(\.isNewline))
      rest = inside[close.upperBound...]
    }
    return text + rest
  }

  private static func isRule(_ line: Substring) -> Bool {
    line.count > 2 && (line.allSatisfy { $0 == "-" } || line.allSatisfy { $0 == "*" } || line.allSatisfy { $0 == "_" })
  }

  private static func withoutMark(_ line: Substring) -> Substring {
    for mark in ["- ", "* ", "+ ", "> "] where line.hasPrefix(mark) { return line.dropFirst(2).trimmed }
    return line
  }
}

extension Substring {
  var trimmed: Substring {
    var text = drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return text
  }
}
