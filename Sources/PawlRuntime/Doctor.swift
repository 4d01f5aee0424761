import Foundation
import PawlCore
import PawlSandbox
import PawlWorkspace

/// What `pawl doctor` finds: what is there, what is missing, and how to mend it.
public enum Doctor {
  public struct Finding: Sendable, Codable, Hashable {
    public enum State: String, Sendable, Codable { case good, warning, missing }
    public let name: String
    public let state: State
    public let detail: String
    public let remedy: String?
  }

  public static func examine(at path: String) -> [Finding] {
    var findings = [repository(at: path), configuration(at: path)]
    findings += sandbox()
    findings += (try? StudySetup.configuration(at: path)).map(ClusterAccess.findings) ?? []
    if let configuration = try? StudySetup.configuration(at: path), configuration.isReferee {
      findings.append(RefereeProbe.finding(configuration.sandbox.requirement))
    }
    findings += [disk(at: path), cores(), accelerators()]
    findings += AgentAccess.findings(for: (try? StudySetup.configuration(at: path))?.agents ?? [.knobs])
    return findings
  }

  private static func repository(at path: String) -> Finding {
    do {
      let workspace = try Workspace.open(at: path)
      let dirty = try workspace.dirtyPaths().filter { $0 != "pawl.yaml" && $0 != "program.md" }
      return dirty.isEmpty
        ? Finding(name: "repository", state: .good, detail: workspace.root, remedy: nil)
        : Finding(
          name: "repository", state: .warning, detail: "\(workspace.root), \(dirty.count) uncommitted paths",
          remedy: "commit them, or pass `--allow-dirty` to `pawl run`")
    } catch {
      return Finding(
        name: "repository", state: .missing, detail: describe(error),
        remedy: error.hints.first)
    }
  }

  private static func configuration(at path: String) -> Finding {
    do {
      let configuration = try StudySetup.configuration(at: path)
      if let shortage = configuration.ratchet.pairShortage {
        return Finding(
          name: "pawl.yaml", state: .warning, detail: "study `\(configuration.name)`: \(shortage.problem)",
          remedy: shortage.remedy)
      }
      return Finding(
        name: "pawl.yaml", state: .good, detail: "study `\(configuration.name)`, metric `\(configuration.metric.name)`",
        remedy: nil)
    } catch {
      return Finding(
        name: "pawl.yaml", state: .missing, detail: describe(error),
        remedy: (error as? any DescribedError)?.hints.first)
    }
  }

  private static func sandbox() -> [Finding] {
    do {
      let sandbox = try Sandbox.probe(requirement: .available)
      let level = Finding(
        name: "sandbox", state: sandbox.level == .full ? .good : .warning, detail: sandbox.level.rawValue,
        remedy: sandbox.level == .full ? nil : "see the lines below")
      return [level]
        + sandbox.findings.map {
          Finding(
            name: "  \($0.name)", state: $0.present ? .good : .warning, detail: $0.detail,
            remedy: $0.present ? nil : $0.remedy)
        }
    } catch {
      return [Finding(name: "sandbox", state: .missing, detail: describe(error), remedy: error.hints.first)]
    }
  }

  private static func disk(at path: String) -> Finding {
    guard
      let free = (try? FileManager.default.attributesOfFileSystem(forPath: path))?[.systemFreeSize] as? NSNumber
    else { return Finding(name: "disk", state: .warning, detail: "cannot tell what is free", remedy: nil) }
    let bytes = Bytes(free.int64Value)
    return bytes < .gibibytes(2)
      ? Finding(name: "disk", state: .warning, detail: "\(bytes) free", remedy: "make room, or lower `budget.disk`")
      : Finding(name: "disk", state: .good, detail: "\(bytes) free", remedy: nil)
  }

  private static func cores() -> Finding {
    let cores = LocalMachine.current().cores
    return cores.isEmpty
      ? Finding(name: "cores", state: .warning, detail: "cannot tell which this process may use", remedy: nil)
      : Finding(name: "cores", state: .good, detail: "\(cores.count), for `placement.cores`", remedy: nil)
  }

  private static func accelerators() -> Finding {
    if ProcessInfo.processInfo.environment["CUDA_VISIBLE_DEVICES"] != nil {
      let gpus = LocalMachine.current().gpus.map { "`\($0)`" }.joined(separator: ", ")
      return Finding(
        name: "GPUs", state: .good, detail: "CUDA_VISIBLE_DEVICES names \(gpus.isEmpty ? "none" : gpus)", remedy: nil)
    }
    guard let program = find("nvidia-smi") else {
      return Finding(name: "GPUs", state: .good, detail: "none seen (no nvidia-smi)", remedy: nil)
    }
    let lines = output(of: program, ["--query-gpu=name,memory.total", "--format=csv,noheader"])
    return lines.isEmpty
      ? Finding(
        name: "GPUs", state: .warning, detail: "nvidia-smi is there and names no GPU",
        remedy: "run `nvidia-smi` and see what it says")
      : Finding(name: "GPUs", state: .good, detail: lines.joined(separator: "; "), remedy: nil)
  }

  /// Returns where a program stands on the PATH.
  static func find(_ program: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static func output(of program: String, _ arguments: [String]) -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return [] }
    let data = (try? pipe.fileHandleForReading.readToEnd()) ?? nil
    process.waitUntilExit()
    guard process.terminationStatus == 0, let data else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
