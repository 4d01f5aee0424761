import Foundation
import PawlCore
import PawlGuard
import PawlSandbox
import PawlTestSupport
import PawlWorkspace
import Testing

@testable import PawlRuntime

/// A repository, and a folder with a fake coding program that is the first on PATH inside the sandbox.
struct ProgramPlace {
  let repository: TemporaryRepository
  let workspace: Workspace
  let baseline: CommitHash
  let paths: StudyPaths
  let sandbox: Sandbox
  static let study = StudyName(rawValue: "s")

  init(_ files: [String: String] = [:]) throws {
    let usual = [
      "train.py": "lr = 1\nwd = 2\n", "prepare.py": "data = 1\n", ".gitignore": "*.log\nout/\n", "lib/a.py": "x = 1\n",
    ]
    repository = try TemporaryRepository(usual.merging(files) { $1 })
    workspace = try Workspace.open(at: repository.root)
    baseline = try workspace.headCommit()
    let study = try #require(Self.study)
    _ = try workspace.prepareFolder(study: study)
    paths = StudyPaths(root: workspace.root, study: study)
    sandbox = try Sandbox.probe(requirement: .full)
  }

  /// Makes a program of that name out of a shell script.
  func install(_ name: String, _ script: String) throws {
    let path = "\(repository.home)/bin/\(name)"
    try repository.write("#!/bin/sh\n\(script)\n", to: path)
    chmod(path, 0o755)
  }

  func program(_ program: ProgramRule.Program, _ change: (inout ProgramRule) -> Void = { _ in }) -> CodingProgram {
    var rule = ProgramRule(
      program: program, environment: ["PATH=\(repository.home)/bin:/usr/local/bin:/usr/bin:/bin"],
      readable: ["\(repository.home)/bin"], wallSeconds: 300)
    change(&rule)
    return CodingProgram(
      agent: "coder", rule: rule, workspace: workspace, sandbox: sandbox, paths: paths,
      policy: EditPolicy(editable: ["*.py", "lib/**"], frozen: ["prepare.py"]), baseline: baseline, studyReadable: [],
      hidden: [])
  }

  func task(
    _ text: String = "Make it better.", spendLimit: Double? = nil, earlier: [FileEdit] = []
  ) -> CodingProgram.Task {
    CodingProgram.Task(
      trial: TrialID(rawValue: 7), number: 1, parent: baseline, text: text, spendLimit: spendLimit, earlier: earlier)
  }

  /// Runs a fake of that name.
  func turn(
    _ kind: ProgramRule.Program, _ script: String, spendLimit: Double? = nil,
    _ change: (inout ProgramRule) -> Void = { _ in }
  ) throws -> CodingProgram.Turn {
    if kind.dialect.name.contains(" ") { return turn(.command(script), spendLimit: spendLimit, change) }
    try install(kind.dialect.name, script)
    return turn(kind, spendLimit: spendLimit, change)
  }

  func turn(
    _ kind: ProgramRule.Program, spendLimit: Double? = nil, _ change: (inout ProgramRule) -> Void = { _ in }
  ) -> CodingProgram.Turn {
    program(kind, change).run(task(spendLimit: spendLimit), cancellation: Cancellation())
  }

  var log: String { repository.read(paths.agentLog(TrialID(rawValue: 7), 1)) ?? "" }
}

extension AgentReply.End {
  /// The reason of a broken end; empty for any other.
  var reason: String { if case .broken(let reason) = self { reason } else { "" } }
}
