import Foundation

/// Why what a command left is not taken: Pawl reads it outside of the sandbox, so a link, a pipe or a device would lead further than
/// the command itself can reach.
enum FileFault: Hashable {
  case missing, noFile, beyondLink

  /// Nil for a file of its own; folders on the way to it are looked at as well.
  init?(of path: String, in folder: String) {
    var (place, status) = (folder, stat())
    let parts = path.split(separator: "/")
    for (index, part) in parts.enumerated() {
      place += "/\(part)"
      guard lstat(place, &status) == 0 else {
        self = .missing
        return
      }
      let kind = status.st_mode & S_IFMT
      if kind == (index == parts.count - 1 ? S_IFREG : S_IFDIR) { continue }
      self = index < parts.count - 1 && kind == S_IFLNK ? .beyondLink : .noFile
      return
    }
    return nil
  }

  /// What is said of a command that left it.
  func sentence(_ name: String) -> String {
    switch self {
    case .missing: "left no `\(name)`"
    case .noFile: "left `\(name)` as something else than a file: a link, a folder or a pipe is not followed"
    case .beyondLink: "left `\(name)` behind a link, which is not followed"
    }
  }
}
