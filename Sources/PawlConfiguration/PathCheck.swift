/// What a path or glob of pawl.yaml must be: relative to the repository, inside it, and readable as a glob.
enum PathCheck {
  /// Returns what is wrong, nil where nothing is.
  static func flaw(of path: String) -> String? {
    if path.utf8.contains(0) { return "holds a NUL" }
    if path.hasPrefix("/") || path.hasPrefix("~") { return "is not relative to the repository" }
    for part in path.split(separator: "/") {
      if part == ".." { return "leaves the repository" }
      if part.lowercased() == ".git" { return "is inside `.git`" }
    }
    return isBalanced(path) ? nil : "has a `[` without its `]`, or ends in `\\`"
  }

  /// Returns what is wrong with an entry of `sandbox.read`: a path, not a glob; absolute, of the home folder or of the checkout.
  static func flaw(ofReadable path: String) -> String? {
    if path.utf8.contains(0) { return "holds a NUL" }
    let parts = path.split(separator: "/")
    if parts.contains("..") { return "climbs with `..`" }
    if path.hasPrefix("/") || path == "~" || path.hasPrefix("~/") { return nil }
    if path.hasPrefix("~") { return "is the home folder of somebody else" }
    if let own = parts.map({ $0.lowercased() }).first(where: { $0 == ".git" || $0 == ".pawl" }) {
      return "is inside `\(own)`"
    }
    return parts.allSatisfy { $0 == "." } ? "is the whole repository" : nil
  }

  /// Returns whether a glob names only things at or under `entry`, as its folders without wildcards tell.
  static func leads(_ glob: String, into entry: String) -> Bool {
    let fixed = glob.split(separator: "/").filter { $0 != "." }.prefix { !$0.contains { "*?[\\".contains($0) } }
    return fixed.starts(with: entry.split(separator: "/").filter { $0 != "." })
  }

  /// Returns whether a glob is all wildcards: it covers every file of the repository, or all in one depth of it.
  static func coversEverything(_ glob: String) -> Bool {
    glob.split(separator: "/").allSatisfy { $0 == "." || $0.allSatisfy { $0 == "*" } }
  }

  /// Returns the path in the one form in which equals are equal: without `./` and a trailing `/`.
  static func canonical(_ path: String) -> String {
    var rest = path[...]
    while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    return String(rest)
  }

  private static func isBalanced(_ path: String) -> Bool {
    let scalars = Array(path.unicodeScalars)
    var index = 0
    while index < scalars.count {
      if scalars[index] == "\\" {
        index += 1
        if index == scalars.count { return false }
      } else if scalars[index] == "[" {
        var end = index + 1
        if end < scalars.count, scalars[end] == "!" || scalars[end] == "^" { end += 1 }
        // A `]` that comes first is a member of the set.
        end += 1
        guard end <= scalars.count, let close = scalars[end...].firstIndex(of: "]") else { return false }
        index = close
      }
      index += 1
    }
    return true
  }
}
