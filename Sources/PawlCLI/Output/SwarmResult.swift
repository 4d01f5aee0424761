import PawlCore
import PawlSimulation

/// What a simulated swarm came to, as text and as JSON.
struct SwarmResult: Encodable {
  struct Part: Encodable {
    let name: String
    let seconds: Double
    let utilisation: Double
    init(_ name: String, _ part: SwarmOutcome.Part) {
      self.name = name
      seconds = part.seconds
      utilisation = part.utilisation
    }
  }
  let workers: Int
  let seed: UInt64
  let attemptSeconds: Double
  let parts: [Part]
  let lost: Double
  let trials: Int
  let attempts: Int
  let kept: Int
  let rebasings: Int
  let certificates: Int
  let mostOpen: Int
  let progress: Double
  let spend: Double
  let events: Int
  let turns: Int
  let eventMicroseconds: Double
  let turnMicroseconds99: Double
  let longestTurnMicroseconds: Double
  let peakMemory: Bytes
  let decisions: String
  let isReplayed: Bool
  let killedAfterAttempts: Int
  let snapshotBytes: Int
  let lostNothing: Bool
  let verdictsCompared: Int
  let verdictsSame: Int

  init(plan: SwarmPlan, outcome: SwarmOutcome, kill: SwarmKill, peakMemory: Bytes) {
    workers = plan.workers
    seed = plan.seed
    attemptSeconds = plan.attemptSeconds
    parts = [
      Part("calibration", outcome.calibration), Part("search", outcome.search),
      Part("calibration and search", outcome.working), Part("ending", outcome.ending), Part("whole", outcome.whole),
      Part("perfect scheduler", outcome.perfect),
    ]
    lost = outcome.lost
    trials = outcome.trials
    attempts = outcome.attempts
    kept = outcome.kept
    rebasings = outcome.rebasings
    certificates = outcome.certificates
    mostOpen = outcome.mostOpen
    progress = outcome.progress
    spend = outcome.spend
    events = outcome.events
    turns = outcome.turns
    eventMicroseconds = outcome.eventMicroseconds
    turnMicroseconds99 = outcome.turnMicroseconds99
    longestTurnMicroseconds = outcome.longestTurnMicroseconds
    self.peakMemory = peakMemory
    decisions = String(outcome.decisions, radix: 16)
    isReplayed = outcome.isReplayed
    killedAfterAttempts = kill.attempts
    snapshotBytes = kill.snapshotBytes
    lostNothing = kill.lostNothing
    verdictsCompared = kill.compared
    verdictsSame = kill.same
  }

  var text: String {
    var lines = [
      "\(workers) workers, \(trials) trials, attempts of \(attemptSeconds.asDuration) in the median; seed \(seed)", "",
    ]
    lines += parts.map { part in
      part.name.padded(to: 24) + part.seconds.asDuration.aligned(to: 14)
        + "\((part.utilisation * 100).fixed(decimals: 2)) % busy".aligned(to: 16)
    }
    lines += [
      "",
      "\(attempts) attempts, \(kept) trials kept, \(rebasings) re-basings, certificates: \(certificates), \(mostOpen) trials open at most",
      "progress \(progress.asEffect) typical changes for \(spend.fixed(decimals: 2)) USD; failed nodes took \((lost * 100).fixed(decimals: 2)) % of the work with them",
      "",
      "engine: \(eventMicroseconds.formatted(digits: 3)) us an event in the mean of \(events); one turn in 100 of \(turns) takes \(turnMicroseconds99.formatted(digits: 3)) us or more, the longest \(longestTurnMicroseconds.formatted(digits: 3))",
      "memory: \(peakMemory) at most, with the replay and the second study beside it",
      "replay: folding the events again gives \(isReplayed ? "the same state" : "ANOTHER STATE"); digest of the decisions \(decisions)",
      "killed after \(killedAfterAttempts) attempts and started from a snapshot of \(Bytes(Int64(snapshotBytes))): \(lostNothing ? "nothing is lost" : "SOMETHING IS LOST"), \(verdictsSame) of \(verdictsCompared) verdicts are the same",
    ]
    return lines.joined(separator: "\n") + "\n"
  }
}
