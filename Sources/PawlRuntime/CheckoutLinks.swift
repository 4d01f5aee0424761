import Foundation

/// What `sandbox.read` lists, on this machine: `~` is the home folder, a relative path is something in the user's checkout that
/// git ignores (`.venv`, `data`), which appears at the same place in an attempt's folder.
struct CheckoutLinks: Sendable {
  let entries: [String]
  let root: String
  let home: String

  /// The absolute paths; those where nothing is are left to the sandbox to leave out.
  var readable: [String] {
    entries.map { entry in
      if entry.hasPrefix("~") { return home + entry.dropFirst() }
      return entry.hasPrefix("/") ? entry : "\(root)/\(Self.plain(entry))"
    }
  }

  private var relative: [String] { entries.filter { !$0.hasPrefix("/") && !$0.hasPrefix("~") }.map(Self.plain) }

  private static func plain(_ path: String) -> String {
    path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  /// - Throws: `RuntimeError.Code.usage` for an entry in whose place the baseline has a file.
  func check(tracked: [String]) throws(RuntimeError) {
    for entry in relative {
      guard
        let file = tracked.first(where: {
          $0 == entry || $0.hasPrefix(entry + "/") || entry.hasPrefix($0 + "/")
        })
      else { continue }
      throw RuntimeError(
        .usage, "`\(entry)` of `sandbox.read` cannot be shown to attempts, since git tracks `\(file)`",
        hints: [
          "take it out of `sandbox.read` in pawl.yaml: tracked files are there without it",
          "or list what git ignores inside it",
        ])
    }
  }

  /// Makes the links in a candidate's folder; an entry that does not exist in the checkout gets none.
  ///
  /// - Throws: `RuntimeError.Code.system` where one cannot be made.
  func link(into folder: String) throws(RuntimeError) {
    for entry in relative {
      // Resolved, since only what is listed is readable, and not the links on the way to it.
      guard let source = realpath("\(root)/\(entry)", nil) else { continue }
      defer { free(source) }
      var place = folder
      for part in entry.split(separator: "/").dropLast() {
        place += "/\(part)"
        var status = stat()
        _ = mkdir(place, 0o755)
        guard lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
          throw Self.failure(entry, "`\(part)` is no folder")
        }
      }
      guard symlink(source, "\(folder)/\(entry)") == 0 else {
        throw Self.failure(entry, errno == EEXIST ? "something is in its place" : String(cString: strerror(errno)))
      }
    }
  }

  private static func failure(_ entry: String, _ why: String) -> RuntimeError {
    RuntimeError(
      .system, "`\(entry)` of `sandbox.read` could not be linked into the attempt's folder: \(why)",
      hints: ["take it out of `sandbox.read` in pawl.yaml, or remove what is in its place"])
  }
}
