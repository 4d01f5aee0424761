import Foundation
import PawlCore

/// What one attempt has to itself.
struct MachineShare: Sendable, Hashable {
  var cores: [Int] = []
  var gpus: [String] = []

  /// By which the attempt knows its GPUs; where it has none of its own, nothing is said of them.
  var variables: [String: String] { gpus.isEmpty ? [:] : ["CUDA_VISIBLE_DEVICES": gpus.joined(separator: ",")] }
}

/// Hands out parts of the machine, so that no two attempts have the same one.
final class MachineShares: @unchecked Sendable {
  // Safe: what changes is only touched while `condition` is locked.
  private let condition = NSCondition()
  private var cores: [Int]
  private var gpus: [String]
  private let order: [String]
  private let isShared: Bool

  /// - Parameter machine: nil where nothing is handed out.
  init(of machine: LocalMachine?) {
    isShared = machine != nil
    cores = machine?.cores ?? []
    gpus = machine?.gpus ?? []
    order = gpus
  }

  /// Returns the first free parts; waits where others have them, as after a restart with another `placement`.
  func take(_ rule: PlacementRule) -> MachineShare {
    guard isShared else { return MachineShare() }
    let wanted = rule.cores ?? 0
    condition.lock()
    defer { condition.unlock() }
    while cores.count < wanted || gpus.count < rule.gpus { condition.wait() }
    let share = MachineShare(cores: Array(cores.prefix(wanted)), gpus: Array(gpus.prefix(rule.gpus)))
    cores.removeFirst(wanted)
    gpus.removeFirst(rule.gpus)
    return share
  }

  func give(_ share: MachineShare) {
    condition.lock()
    cores = (cores + share.cores).sorted()
    let free = Set(gpus + share.gpus)
    gpus = order.filter { free.contains($0) }
    condition.broadcast()
    condition.unlock()
  }
}
