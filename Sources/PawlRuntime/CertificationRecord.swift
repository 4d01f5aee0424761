public import PawlCore
import PawlJournal
import PawlRatchet

/// One head-versus-champion test as the journal tells of it, decided or still under way.
public struct CertificationRecord: Sendable, Codable, Hashable {
  /// How the test stands.
  public enum Standing: String, Sendable, Codable {
    case running, certified, failed
  }
  public let number: Int
  public let candidate: TrialID
  public let champion: TrialID
  public let startedAt: Timestamp
  public let standing: Standing
  /// Pairs that counted so far.
  public let pairs: Int
  public let eValue: Double
  /// What the e-value has to reach, `1 / alpha_t`.
  public let threshold: Double
  /// The mean paired difference, positive is better; nil before the first pair.
  public let effect: Double?
  public let lower: Double?
  public let upper: Double?
  /// The limit that the candidate turned out to be over, where that ended the test.
  public let breach: Breach?
  /// Attempts made for it, and their wall time in seconds.
  public let attempts: Int
  public let wallSeconds: Double
}

/// What became of candidates whose head moved on: the heads that each was re-based onto, and the conflicts that ended some.
public struct RebaseRecord: Sendable {
  public internal(set) var onto: [TrialID: [TrialID]] = [:]
  public internal(set) var conflicts: [TrialID: RebaseConflict] = [:]
}

extension StudyReader {
  public func rebases() throws -> RebaseRecord {
    var record = RebaseRecord()
    for recorded in try journal.events(ofKinds: ["candidateRebased", "rebaseConflicted"]) {
      switch recorded.event {
      case .candidateRebased(let rebased): record.onto[rebased.trial, default: []].append(rebased.onto)
      case .rebaseConflicted(let conflict) where conflict.stays != true: record.conflicts[conflict.trial] = conflict
      default: break
      }
    }
    return record
  }

  /// Returns every certification of the study, the oldest first.
  public func certifications() throws -> [CertificationRecord] {
    let configuration = try configuration()
    var starts: [(number: Int, candidate: TrialID, champion: TrialID, alpha: Double, at: Timestamp)] = []
    var failed: [Int: Breach?] = [:]
    for recorded in try journal.events(ofKinds: ["certificationStarted", "certificationFailed"]) {
      switch recorded.event {
      case .certificationStarted(let number, let candidate, let champion, let alpha):
        starts.append((number, candidate, champion, alpha, recorded.at))
      case .certificationFailed(let number, _, _, let breach): failed[number] = .some(breach)
      default: break
      }
    }
    let certified = Set(try certificates().map(\.number))
    var attempts: [TrialID: [AttemptSummary]] = [:]
    return try starts.map { start in
      let standing: CertificationRecord.Standing =
        certified.contains(start.number) ? .certified : failed[start.number] != nil ? .failed : .running
      return try record(start, standing, breach: failed[start.number] ?? nil, configuration, &attempts)
    }
  }

  /// Returns what a test of a higher rung, still under way, has shown so far.
  public func progress(of start: PromotionStart) throws -> CertificationRecord {
    var attempts: [TrialID: [AttemptSummary]] = [:]
    return try record(
      (start.number, start.promotion.through, start.champion, start.alpha, overview().lastEventAt), .running,
      breach: nil, try configuration(), &attempts)
  }

  private func record(
    _ start: (number: Int, candidate: TrialID, champion: TrialID, alpha: Double, at: Timestamp),
    _ standing: CertificationRecord.Standing, breach: Breach?, _ configuration: StudyConfiguration,
    _ attempts: inout [TrialID: [AttemptSummary]]
  ) throws -> CertificationRecord {
    var (count, seconds) = (0, 0.0)
    // The last attempt of a half is the one that counts: one that the sandbox could not start is made again.
    var halves: [Int: (candidate: Double??, champion: Double??)] = [:]
    for trial in [start.candidate, start.champion] {
      let made = try attempts[trial] ?? journal.attempts(of: trial)
      attempts[trial] = made
      for attempt in made {
        guard case .certification(start.number, let pair, let isCandidate) = attempt.request.purpose,
          let result = attempt.result
        else { continue }
        count += 1
        seconds += result.usage.wallSeconds
        var half = halves[pair] ?? (nil, nil)
        if isCandidate {
          half.candidate = .some(result.measurement)
        } else {
          half.champion = .some(result.measurement)
        }
        halves[pair] = half
      }
    }
    // It may have been made with more pairs than the study asks for (`pawl certify --pairs`).
    var rule = configuration.ratchet
    rule.maximumPairs = max(rule.maximumPairs, halves.count)
    var test = Certification(
      number: start.number, candidate: start.candidate, champion: start.champion, alpha: start.alpha, rule: rule,
      direction: configuration.metric.direction)
    for (pair, half) in halves.sorted(by: { $0.key < $1.key }) {
      test.record(pair: pair, candidate: half.candidate, champion: half.champion)
    }
    let interval = test.interval
    return CertificationRecord(
      number: start.number, candidate: start.candidate, champion: start.champion, startedAt: start.at,
      standing: standing, pairs: test.pairs.count, eValue: test.eValue, threshold: test.threshold,
      effect: test.effect, lower: interval?.lowerBound, upper: interval?.upperBound,
      breach: breach, attempts: count, wallSeconds: seconds)
  }
}
