import PawlCore
import PawlTransfer

/// What one node of a Ray cluster has in all, taken or free.
struct RayNode: Sendable, Hashable {
  let cores: Double
  let gpus: Double
  /// Bytes.
  let memory: Double

  /// Reads one entry of `usageByNode`: a resource's name, and how much of it is taken and is there.
  init(_ usage: JSONValue) {
    func total(_ name: String) -> Double {
      guard let pair = usage[name]?.array, pair.count == 2 else { return 0 }
      return pair[1].double ?? 0
    }
    cores = total("CPU")
    gpus = total("GPU")
    memory = total("memory")
  }

  private func holds(_ wanted: ClusterResources) -> Bool {
    Double(wanted.cores ?? RayJob.usualCores) <= cores && Double(wanted.gpus) <= gpus
      && Double(wanted.memory?.count ?? 0) <= memory
  }

  /// Returns why a job with these wishes can never start on these nodes; nil where one of them would do, or nothing is known of them.
  static func shortage(of wanted: ClusterResources, on nodes: [RayNode]) -> String? {
    guard !nodes.isEmpty, !nodes.contains(where: { $0.holds(wanted) }) else { return nil }
    var wishes = ["\(wanted.cores ?? RayJob.usualCores) CPUs"]
    if wanted.gpus > 0 { wishes.append("\(wanted.gpus) GPUs") }
    if let memory = wanted.memory { wishes.append("\(memory) of memory") }
    func most(_ value: (RayNode) -> Double) -> Int { Int(exactly: (nodes.map(value).max() ?? 0).rounded(.down)) ?? 0 }
    let there = "\(most(\.cores)) CPUs, \(most(\.gpus)) GPUs, \(Bytes(Int64(most(\.memory)))) of memory"
    return "no node has \(wishes.joined(separator: ", ")) at once: the most of each is \(there)"
  }
}

extension RayScheduler {
  func freshNodes() throws(ClusterError) -> [RayNode] {
    let report = try server.value(.get, "/api/cluster_status")["data"]?["clusterStatus"]?["loadMetricsReport"]
    guard case .object(let members)? = report?["usageByNode"] else { return [] }
    return members.map { RayNode($0.value) }
  }

  /// A cluster may grow nodes that fit, so that none fits now is no reason to refuse.
  public func check(_ resources: ClusterResources) throws(ClusterError) { _ = try version() }

  private func version() throws(ClusterError) -> String {
    guard let version = try server.value(.get, "/api/version")["ray_version"]?.string else {
      throw ClusterError(
        .unreadable, "what answers at `\(server.address)` is not Ray",
        hints: ["set `executor.ray.address` in pawl.yaml to where Ray's dashboard answers"])
    }
    return version
  }

  public func findings(_ resources: ClusterResources) -> [ClusterFinding] {
    do {
      var findings = [
        ClusterFinding(name: "Ray", state: .good, detail: "\(try version().oneLine) at `\(server.address)`")
      ]
      let nodes = try freshNodes()
      if let shortage = RayNode.shortage(of: resources, on: nodes) {
        findings.append(
          ClusterFinding(
            name: "  nodes", state: .warning, detail: shortage,
            remedy: "lower `placement` or `budget.memory` in pawl.yaml, unless the cluster grows such nodes"))
      } else {
        findings.append(ClusterFinding(name: "  nodes", state: .good, detail: "\(nodes.count)"))
      }
      return findings
    } catch {
      return [ClusterFinding(name: "Ray", state: .missing, detail: error.message, remedy: error.hints.first)]
    }
  }
}
