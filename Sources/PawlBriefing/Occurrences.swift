/// Finds one sequence in another in time proportional to both (Knuth, Morris and Pratt 1977).
enum Occurrences {
  /// Returns where `needle` starts in `text`, overlapping ones included, at most `limit` of them; none for an empty needle.
  static func of<Element: Equatable>(_ needle: [Element], in text: [Element], limit: Int) -> [Int] {
    guard let first = needle.first, needle.count <= text.count, limit > 0 else { return [] }
    return text.withUnsafeBufferPointer { text in
      needle.withUnsafeBufferPointer { needle in
        var found: [Int] = []
        // How much of the needle's start each of its prefixes ends with; made when the second element first matches.
        var borders: [Int] = []
        var (index, matched) = (0, 0)
        while index < text.count {
          if matched == 0 {
            while index < text.count, text[index] != first { index += 1 }
            guard index < text.count else { break }
            (matched, index) = (1, index + 1)
          } else if matched < needle.count, text[index] == needle[matched] {
            (matched, index) = (matched + 1, index + 1)
          } else {
            if borders.isEmpty { borders = Self.borders(of: needle) }
            matched = borders[matched - 1]
            continue
          }
          if matched == needle.count {
            found.append(index - needle.count)
            if found.count == limit { break }
            if borders.isEmpty { borders = Self.borders(of: needle) }
            matched = borders[matched - 1]
          }
        }
        return found
      }
    }
  }

  private static func borders<Element: Equatable>(of needle: UnsafeBufferPointer<Element>) -> [Int] {
    var borders = [Int](repeating: 0, count: needle.count)
    var length = 0
    for index in needle.indices.dropFirst() {
      while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
      if needle[index] == needle[length] { length += 1 }
      borders[index] = length
    }
    return borders
  }
}
