import Foundation
public import PawlConfiguration
public import PawlCore
import PawlWorkspace

/// What `pawl init` does: look at the repository, draft the study, write `pawl.yaml`.
public struct StudySetup {
  public let root: String
  public var draft: StudyDraft
  private let workspace: Workspace

  public init(at path: String) throws {
    workspace = try Workspace.open(at: path)
    root = workspace.root
    let view = try CommittedView(workspace: workspace, commit: try workspace.headCommit())
    draft = LayoutDetector.detect(view)
    readHomeTools()
  }

  /// Programs that live where the sandbox shows nothing (the home folder, /tmp) are made readable, and the draft says so.
  private mutating func readHomeTools() {
    let home = HomeFolder.path
    var found: [String] = []
    for entry in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    where ["\(home)/", "/home/", "/root/", "/tmp/"].contains(where: { entry.hasPrefix($0) })
      && FileManager.default.fileExists(atPath: entry)
    {
      let parent = (entry as NSString).deletingLastPathComponent
      let last = (entry as NSString).lastPathComponent
      // A bin folder may need the libraries beside it. What holds none may hold secrets: `~/.cargo/credentials.toml`, say.
      let hasLibraries = ["lib", "versions", "libexec"].contains {
        FileManager.default.fileExists(atPath: "\(parent)/\($0)")
      }
      let alone = [home, "\(home)/.local", "/tmp"].contains(parent) || !hasLibraries
      let folder = ["bin", "shims", "condabin"].contains(last) && !alone ? parent : entry
      let short = folder.hasPrefix("\(home)/") ? "~" + folder.dropFirst(home.count) : folder
      if !found.contains(short), !draft.sandbox.readable.contains(short) { found.append(short) }
    }
    found = found.filter { folder in !found.contains { folder.hasPrefix($0 + "/") } }
    guard !found.isEmpty else { return }
    draft.sandbox.readable += found
    draft.notes.append(
      "programs of your PATH that the sandbox would hide stay readable: \(found.joined(separator: ", "))")
  }

  /// Whether there is a pawl.yaml.
  public var isConfigured: Bool { FileManager.default.fileExists(atPath: "\(root)/pawl.yaml") }

  /// Writes `pawl.yaml`, and `program.md` where there is none; returns what was written.
  public func write(_ configuration: StudyConfiguration, overwrite: Bool) throws -> [String] {
    let path = "\(root)/pawl.yaml"
    guard overwrite || !isConfigured else {
      throw RuntimeError(
        .exists, "`pawl.yaml` is there already", hints: ["run `pawl run`, or pass `--force` to write it anew"])
    }
    var written = ["pawl.yaml"]
    do {
      try Data(StudyFile.render(configuration, layout: draft.layout).utf8)
        .write(to: URL(fileURLWithPath: path), options: .atomic)
      if !FileManager.default.fileExists(atPath: "\(root)/program.md") {
        try Data(ProgramTemplate.text(for: configuration).utf8)
          .write(to: URL(fileURLWithPath: "\(root)/program.md"), options: .atomic)
        written.append("program.md")
      }
    } catch {
      throw RuntimeError(.system, "cannot write into `\(root)`", hints: ["run `pawl doctor`"], cause: error)
    }
    return written
  }

  /// Reads the `pawl.yaml` of the repository around `path`.
  public static func configuration(at path: String) throws -> StudyConfiguration {
    let root = try Workspace.open(at: path).root
    let file = "\(root)/pawl.yaml"
    guard let data = FileManager.default.contents(atPath: file) else {
      throw RuntimeError(.noConfiguration, "there is no `pawl.yaml` in `\(root)`", hints: ["run `pawl init` first"])
    }
    return try StudyFile.parse(String(decoding: data, as: UTF8.self), path: "pawl.yaml")
  }
}

/// The committed files of a repository, as the detector wants to see them.
private struct CommittedView: RepositoryView {
  let workspace: Workspace
  let commit: CommitHash
  let paths: [String]

  init(workspace: Workspace, commit: CommitHash) throws {
    self.workspace = workspace
    self.commit = commit
    paths = try workspace.files(at: commit).filter { $0.kind == .file || $0.kind == .executable }.map(\.path)
  }

  func text(of path: String) -> String? {
    guard let bytes = try? workspace.content(of: path, at: commit), bytes.count <= 1 << 20 else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
