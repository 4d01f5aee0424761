/// A pattern over paths from the repository's root: `*`, `**`, `?`, `[abc]`, `\` before a literal, a trailing `/` for a folder.
///
/// `*` and `?` stay within one folder, `**` crosses them, `**/x` matches `x` too. A pattern matches the whole path, never a part.
/// Case counts, as git has it. Time is the product of both lengths: there is nothing to backtrack.
public struct Glob: Sendable, Hashable {
  private enum Token: Sendable, Hashable {
    case literal(Unicode.Scalar)
    case one
    case set([ClosedRange<Unicode.Scalar>], negated: Bool)
    case run
    case anything
    /// `**/` at the start of a path component: no folder, or any number of them.
    case folders
  }
  private let tokens: [Token]

  /// Returns nil for a pattern that is empty, absolute, climbs with `..`, holds a NUL or leaves a `[` open.
  public init?(_ pattern: String) {
    var scalars = Array(pattern.unicodeScalars)
    while scalars.starts(with: ["." as Unicode.Scalar, "/"]) { scalars.removeFirst(2) }
    if pattern == "." || (scalars.isEmpty && !pattern.isEmpty) { scalars = ["*", "*"] }
    guard let first = scalars.first, first != "/", !scalars.contains("\0"),
      !scalars.split(separator: "/").contains(where: { $0.elementsEqual(["." as Unicode.Scalar, "."]) })
    else { return nil }
    if scalars.last == "/" { scalars += ["*", "*"] }
    guard let tokens = Self.tokens(of: scalars) else { return nil }
    self.tokens = tokens
  }

  /// Returns whether the pattern covers `path`, relative to the root and with `/`.
  public func matches(_ path: String) -> Bool {
    let path = Array(path.unicodeScalars)
    var reached = [Bool](repeating: false, count: path.count + 1)
    reached[0] = true
    for token in tokens {
      var next = [Bool](repeating: false, count: path.count + 1)
      var opened = false
      for end in 0...path.count {
        let before = end > 0 ? path[end - 1] : nil
        switch token {
        case .literal(let scalar): next[end] = end > 0 && reached[end - 1] && before == scalar
        case .one: next[end] = end > 0 && reached[end - 1] && before != "/"
        case .set(let ranges, let negated):
          next[end] =
            if end > 0, reached[end - 1], let before, before != "/" {
              ranges.contains { $0.contains(before) } != negated
            } else {
              false
            }
        case .run: next[end] = reached[end] || (end > 0 && next[end - 1] && before != "/")
        case .anything: next[end] = reached[end] || (end > 0 && next[end - 1])
        case .folders:
          next[end] = reached[end] || (opened && before == "/")
          opened = opened || reached[end]
        }
      }
      reached = next
    }
    return reached[path.count]
  }

  private static func tokens(of scalars: [Unicode.Scalar]) -> [Token]? {
    var tokens: [Token] = []
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      switch scalar {
      case "*":
        var end = index
        while end < scalars.count, scalars[end] == "*" { end += 1 }
        let isWhole = index == 0 || scalars[index - 1] == "/"
        if end - index == 1 {
          tokens.append(.run)
        } else if isWhole, end < scalars.count, scalars[end] == "/" {
          tokens.append(.folders)
          end += 1
        } else {
          tokens.append(.anything)
        }
        index = end
      case "?":
        tokens.append(.one)
        index += 1
      case "[":
        guard let (set, end) = set(in: scalars, after: index) else { return nil }
        tokens.append(set)
        index = end
      case "\\":
        guard index + 1 < scalars.count else { return nil }
        tokens.append(.literal(scalars[index + 1]))
        index += 2
      default:
        tokens.append(.literal(scalar))
        index += 1
      }
    }
    return tokens
  }

  /// Reads `[abc]`, `[a-z]` and `[!a]`; a `]` that comes first is a member (POSIX glob(7)).
  private static func set(in scalars: [Unicode.Scalar], after open: Int) -> (Token, end: Int)? {
    var index = open + 1
    var negated = false
    if index < scalars.count, scalars[index] == "!" || scalars[index] == "^" {
      negated = true
      index += 1
    }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    let first = index
    while index < scalars.count, scalars[index] != "]" || index == first {
      let low = scalars[index]
      if index + 2 < scalars.count, scalars[index + 1] == "-", scalars[index + 2] != "]" {
        guard low <= scalars[index + 2] else { return nil }
        ranges.append(low...scalars[index + 2])
        index += 3
      } else {
        ranges.append(low...low)
        index += 1
      }
    }
    guard index < scalars.count else { return nil }
    return (.set(ranges, negated: negated), index + 1)
  }
}
