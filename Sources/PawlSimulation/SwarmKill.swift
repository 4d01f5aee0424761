import Foundation
import PawlEngine

/// What came of killing Pawl in the middle of a simulated swarm, beside the same swarm without the kill.
public struct SwarmKill: Sendable, Hashable {
  /// Attempts that had ended by then, and the bytes of the snapshot that the new process read.
  public let attempts: Int
  public let snapshotBytes: Int
  /// The new session asked for everything that was under way; what is still there was not begun again.
  public let lostNothing: Bool
  /// Trials with a verdict in both studies, and those of them whose verdict is the same.
  public let compared: Int
  public let same: Int

  /// Runs the plan to its end; and once more from the middle, after a kill.
  ///
  /// `nanoseconds` is a clock for the engine's own time; nothing else depends on it.
  public static func run(_ plan: SwarmPlan, nanoseconds: () -> UInt64) throws -> (
    outcome: SwarmOutcome, kill: SwarmKill
  )? {
    guard var swarm = SimulatedSwarm(plan: plan, nanoseconds: nanoseconds) else { return nil }
    swarm.run(attempts: plan.trials / 2, nanoseconds: nanoseconds)
    var killed = swarm
    swarm.run(nanoseconds: nanoseconds)
    let attempts = killed.outcome.attempts
    let bytes = try JSONEncoder().encode(killed.engine.state)
    let lostNothing = killed.restart(from: try JSONDecoder().decode(StudyState.self, from: bytes))
    killed.run()
    let (compared, same) = swarm.record.digest.agreement(with: killed.record.digest)
    return (
      swarm.outcome,
      SwarmKill(
        attempts: attempts, snapshotBytes: bytes.count, lostNothing: lostNothing, compared: compared, same: same)
    )
  }
}
