#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee

/// The folder of a new study, which appears whole or not at all: it is made beside its place and moved there when it is done.
struct StudyFolder {
  private let path: String
  /// Whether an empty folder is there already; then only what is in the study moves.
  private let exists: Bool

  /// Throws when something is at the path that is not an empty folder.
  init(_ path: String) throws(LabError) {
    self.path = path
    var status = stat()
    guard lstat(path, &status) == 0 else {
      guard errno == ENOENT else { throw Self.cannotMake(path, errno) }
      exists = false
      return
    }
    exists = true
    guard let names = fileNames(path) else { throw Self.cannotMake(path, errno) }
    guard names.isEmpty else {
      throw LabError(.cannotRun, "the folder `\(path)` is not empty", hints: ["name a folder that does not exist yet"])
    }
  }

  /// Calls `body` with a folder to fill, then puts that in its place; when `body` throws, nothing is left.
  func fill(_ body: (String) throws(LabError) -> Void) throws(LabError) {
    var template = Array("\(exists ? path + "/." : path + ".")making-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Self.cannotMake(path, errno) }
    let scratch = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeFolder(scratch) }
    try body(scratch)
    if exists {
      for name in (fileNames(scratch) ?? []).sorted() {
        guard rename("\(scratch)/\(name)", "\(path)/\(name)") == 0 else { throw Self.cannotMake(path, errno) }
      }
    } else {
      let mask = umask(0)
      umask(mask)
      chmod(scratch, 0o777 & ~mask)
      guard rename(scratch, path) == 0 else { throw Self.cannotMake(path, errno) }
    }
  }

  private static func cannotMake(_ path: String, _ number: Int32) -> LabError {
    LabError(.cannotRun, "cannot make the folder `\(path)`: \(reason(number))")
  }
}
