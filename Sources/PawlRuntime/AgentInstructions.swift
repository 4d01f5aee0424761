import Foundation
import PawlConfiguration
public import PawlCore

/// The files in a repository that tell coding agents how to work there.
public struct AgentInstructions {
  private let root: String
  private let section: String

  /// - Parameter root: the repository's top folder.
  public init(root: String, configuration: StudyConfiguration) {
    self.root = root
    section = AgentTemplate.section(for: configuration)
  }

  /// Writes the section into AGENTS.md, and into CLAUDE.md where there is one or it is asked for; returns what was changed.
  ///
  /// Writing it twice changes nothing. A CLAUDE.md that takes AGENTS.md in, as a link or by `@AGENTS.md`, is left alone.
  /// - Throws: `RuntimeError.Code.exists` where the marks in a file make no sense.
  public func write(claude: Bool) throws(RuntimeError) -> [String] {
    var written: [String] = []
    if try write("AGENTS.md") { written.append("AGENTS.md") }
    let path = "\(root)/CLAUDE.md"
    let present = Self.text(path)
    if present == nil, !claude { return written }
    let isLink = realpath(path) == realpath("\(root)/AGENTS.md")
    let imports = present?.split(separator: "\n").contains { $0.trimmingCharacters(in: .whitespaces) == "@AGENTS.md" }
    if !isLink, imports != true, try write("CLAUDE.md") { written.append("CLAUDE.md") }
    return written
  }

  /// Returns whether the file had to be changed.
  private func write(_ name: String) throws(RuntimeError) -> Bool {
    let path = "\(root)/\(name)"
    let before = Self.text(path)
    if before == nil, FileManager.default.fileExists(atPath: path) {
      throw RuntimeError(
        .exists, "`\(name)` is no text file", hints: ["move it away, and run `pawl init --agents` again"])
    }
    guard let after = AgentTemplate.placing(section, in: before ?? "") else {
      throw RuntimeError(
        .exists,
        "`\(name)` has the marks `\(AgentTemplate.begin)` and `\(AgentTemplate.end)` not once each, in that order",
        hints: ["remove the lines with these marks from `\(name)`, and run `pawl init --agents` again"])
    }
    guard after != before else { return false }
    do {
      // Through a link, where it is one: the file that it leads to is what the user keeps.
      let target = realpath(path) ?? path
      try Data(after.utf8).write(to: URL(fileURLWithPath: target), options: .atomic)
    } catch {
      throw RuntimeError(.system, "cannot write `\(path)`", hints: ["run `pawl doctor`"], cause: error)
    }
    return true
  }

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).flatMap { String(validating: $0, as: UTF8.self) }
  }

  private func realpath(_ path: String) -> String? {
    guard let real = Foundation.realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
