import CPawlSystem
import Foundation
import PawlCore

/// What this machine has that attempts can have to themselves.
struct LocalMachine: Sendable, Hashable {
  /// Numbers of the cores that this process may use, ascending.
  let cores: [Int]
  /// As `CUDA_VISIBLE_DEVICES` names them.
  let gpus: [String]

  var capacity: Capacity { Capacity(gpus: gpus.count, cores: cores.count) }

  /// Whether some attempt of the study asks for a part of this machine; on a cluster the scheduler hands parts out.
  static func isShared(by configuration: StudyConfiguration) -> Bool {
    guard configuration.executor == .local else { return false }
    return (1...configuration.rungCount).contains {
      let placement = configuration.rung($0).placement
      return placement.gpus > 0 || placement.cores != nil
    }
  }

  static func current(environment: [String: String] = ProcessInfo.processInfo.environment) -> Self {
    Self(cores: allowedCores(), gpus: gpus(environment))
  }

  /// What a container, a job or taskset(1) leaves to this process, which may be less than the machine has.
  private static func allowedCores() -> [Int] {
    var words = [UInt64](repeating: 0, count: 1_024)
    let filled = pawl_allowed_cores(&words, Int32(words.count))
    // Where the system cannot bind processes to cores, they are counted all the same.
    guard filled > 0 else { return Array(0..<ProcessInfo.processInfo.activeProcessorCount) }
    return (0..<Int(filled) * 64).filter { words[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }

  /// The variable, as CUDA reads it: what stands behind an invalid entry does not count, and an empty one hides all.
  private static func gpus(_ environment: [String: String]) -> [String] {
    if let listed = environment["CUDA_VISIBLE_DEVICES"] {
      let words = listed.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      var seen: Set<String> = []
      return words.prefix { !$0.isEmpty && !$0.hasPrefix("-") }.filter { seen.insert($0).inserted }
    }
    if let program = Doctor.find("nvidia-smi") {
      let lines = Doctor.output(of: program, ["-L"]).filter { $0.hasPrefix("GPU ") }
      if !lines.isEmpty { return lines.indices.map(String.init) }
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev")) ?? []
    let nodes = names.filter { $0.hasPrefix("nvidia") && Int($0.dropFirst(6)) != nil }
    // CUDA counts those that are there, whatever numbers their nodes have.
    return nodes.indices.map(String.init)
  }

  /// Fails where an attempt of some rung can never run here; returns what to tell where fewer run than `workers` says.
  func check(_ configuration: StudyConfiguration, workers: Int) throws(RuntimeError) -> String? {
    var fitting = Int.max
    for number in 1...configuration.rungCount {
      let placement = configuration.rung(number).placement
      let name = number == 1 ? "`placement" : "`placement` of rung \(number), `"
      if placement.gpus > gpus.count {
        throw RuntimeError(
          .usage, "\(name).gpus` asks for \(placement.gpus) GPUs, and there are \(gpus.count) here",
          hints: ["`pawl doctor` shows which; `CUDA_VISIBLE_DEVICES` names those that Pawl may use"])
      }
      if let wanted = placement.cores, wanted > cores.count {
        throw RuntimeError(
          .usage, "\(name).cores` asks for \(wanted) cores, and this process may use \(cores.count)",
          hints: ["lower `placement.cores` in pawl.yaml: `nproc` shows what there is"])
      }
      guard number == 1 else { continue }
      if placement.gpus > 0 { fitting = min(fitting, gpus.count / placement.gpus) }
      if let wanted = placement.cores, wanted > 0 { fitting = min(fitting, cores.count / wanted) }
    }
    guard fitting < workers else { return nil }
    return "\(fitting) of the \(workers) workers have room at a time: `placement` asks for that much of "
      + "\(cores.count) cores and \(gpus.count) GPUs"
  }
}
