import CPawlSystem
import PawlCore

@testable import PawlWorkspace

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A real repository in a temporary folder, removed when the test is over.
final class TemporaryRepository {
  let root: String
  let git: GitProgram

  init(files: [String: String] = ["train.py": "lr = 1\n", "prepare.py": "frozen\n"], options: [String] = []) throws {
    var template = Array("/tmp/pawl-workspace.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw WorkspaceError.system("no temporary folder") }
    guard
      let resolved = FilePath.resolved(
        template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" })
    else { throw WorkspaceError.system("no temporary folder") }
    root = resolved
    git = GitProgram(root: root)
    _ = try git.demand(["init", "-q", "-b", "main"] + options)
    for (path, text) in files { try write(text, to: path) }
    if !files.isEmpty { try commit("start") }
  }

  deinit { shell("chmod -R u+rwX '\(root)'; rm -rf '\(root)'") }

  func write(_ text: String, to path: String) throws {
    let whole = "\(root)/\(path)"
    if let slash = whole.lastIndex(of: "/") { try FilePath.makeFolders(String(whole[..<slash])) }
    try FilePath.write(Array(text.utf8), to: whole)
  }

  func read(_ path: String) -> String? {
    let whole = path.hasPrefix("/") ? path : "\(root)/\(path)"
    guard let file = try? Descriptor.open(whole, O_RDONLY) else { return nil }
    return (try? file.readAll()).map { String(decoding: $0, as: UTF8.self) }
  }

  func commit(_ message: String) throws {
    _ = try git.demand(["add", "-A"])
    _ = try git.demand(["commit", "-q", "-m", message])
  }

  @discardableResult
  func run(_ arguments: String...) throws -> String { try git.demand(arguments).line }

  func open() throws -> Workspace { try Workspace.open(at: root) }

  /// Runs a shell command in the repository; returns its exit code.
  @discardableResult
  func shell(_ command: String) -> Int32 {
    let line = "cd '\(root)' && { \(command); }"
    let words = ["sh", "-c", line]
    let settings = ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(root)"]
    let argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for pointer in argv { free(pointer) } }
    let variables: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
    defer { for pointer in variables { free(pointer) } }
    var pid: pid_t = 0
    guard pawl_workspace_spawn(&pid, argv, variables, [0, 1, 2, -1]) == 0 else { return 127 }
    return GitProgram.reap(pid)
  }
}

extension StudyName {
  static func named(_ name: String) throws -> StudyName {
    guard let study = StudyName(rawValue: name) else { throw WorkspaceError(.gitFailed, "bad name `\(name)`") }
    return study
  }
}

extension FileEdit {
  static func content(_ path: String, _ text: String) -> FileEdit { FileEdit(path: path, change: .content(text)) }
}

/// Returns the error that the body throws, or nil.
func failure(_ body: () throws -> Void) -> WorkspaceError? {
  do {
    try body()
    return nil
  } catch {
    return error as? WorkspaceError
  }
}
