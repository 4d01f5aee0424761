import PawlCore
import PawlEngine

/// What is counted while a swarm is simulated.
struct SwarmRecord: Sendable {
  /// A study begins with its baseline's calibration, goes on until its bound is reached, and then finishes what is open.
  enum Phase: Int, Sendable, CaseIterable { case calibration, search, ending }

  let workers: Int
  private(set) var phase = Phase.calibration
  /// Simulated milliseconds of each phase, and those of workers that were busy in it.
  private(set) var passed = [Int64](repeating: 0, count: Phase.allCases.count)
  private(set) var busy = [Int64](repeating: 0, count: Phase.allCases.count)
  private(set) var lost: Int64 = 0
  private(set) var events = 0
  private(set) var digest = DecisionDigest()
  private(set) var kept = 0
  private(set) var rebasings = 0
  private(set) var certificates = 0
  private(set) var mostOpen = 0
  /// Of each turn of the engine.
  private(set) var nanoseconds: [UInt32] = []
  private(set) var engineNanoseconds: UInt64 = 0
  /// When the same attempts would have ended, in the same order, had no worker ever waited (list scheduling: Graham 1969).
  private(set) var perfectEnd: Int64 = 0
  private var perfect = EventQueue<Int>()

  init(workers: Int) {
    self.workers = workers
    for worker in 0..<workers { perfect.schedule(worker, at: 0) }
  }

  mutating func pass(from: Int64, to: Int64, running: Int) {
    passed[phase.rawValue] += to - from
    busy[phase.rawValue] += (to - from) * Int64(running)
  }

  mutating func start(_ attempt: SwarmWorld.Attempt) {
    lost += attempt.lost
    guard let free = perfect.next() else { return }
    let end = free.at + attempt.milliseconds
    perfectEnd = max(perfectEnd, end)
    perfect.schedule(free.what, at: end)
  }

  mutating func count(_ step: Step, nanoseconds spent: UInt64) {
    events += step.events.count
    nanoseconds.append(UInt32(clamping: spent))
    engineNanoseconds += spent
    for event in step.events {
      digest.add(event)
      switch event {
      case .trialJudged(_, .kept, _): kept += 1
      case .rebaseRequested: rebasings += 1
      case .championCertified: certificates += 1
      default: break
      }
    }
  }

  mutating func look(at state: StudyState, now: Timestamp) {
    mostOpen = max(mostOpen, state.open.count)
    if phase == .calibration, state.isCalibrated { phase = .search }
    if phase == .search, state.limitReached(at: now) != nil { phase = .ending }
  }
}
